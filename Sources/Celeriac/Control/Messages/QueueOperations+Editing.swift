public import CeleriacBroker
public import CeleriacCore
import CeleriacFiles

/// What became of an edit.
public enum EditOutcome: Hashable, Sendable {
    /// It waits as this now; the old one is in the trash.
    case edited(KeptMessage, trash: TrashID)
    /// A worker took it meanwhile, or somebody changed it: nothing was changed.
    case gone
    /// It makes no sense, in words.
    case refused(String)
}

extension QueueOperations {
    /// Changes a waiting message as `draft`, which was made of it, says. In another queue it comes to the end.
    public func edit(_ message: KeptMessage, by draft: MessageDraft) async throws(TransportError) -> EditOutcome {
        let now = time(), reading = draft.read(now: now)
        guard let terms = reading.terms else {
            return .refused(reading.faults.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue): \($0.value)" }.joined(separator: "; "))
        }
        guard draft.isChanged else { return .refused("nothing was changed") }
        let changed: Envelope
        do { changed = try terms.applied(to: Envelope(decoding: message.bytes), changing: draft, now: now) } catch { return .refused(error.description) }
        let queue = terms.queue ?? message.queue
        let new = KeptMessage(queue: queue, place: queue == message.queue ? message.place : "", bytes: changed.encoded())
        let walk = try await broker.walk(message.queue, needle: [])
        do throws(TransportError) {
            let outcome = try await edit(message, new, walk, at: now)
            await walk.close()
            return outcome
        } catch {
            await walk.close()
            throw error
        }
    }

    private func edit(_ old: KeptMessage, _ new: KeptMessage, _ walk: any QueueWalk, at now: Double) async throws(TransportError) -> EditOutcome {
        if broker.editing.contains(.holds), try await !isMet(old, walk) { return .gone }
        let writer = try trash.begin(
            TrashEntry(id: TrashID(rawValue: ""), at: now, act: "edit", broker: endpoint, queue: old.queue, target: new.queue == old.queue ? nil : new.queue, who: who))
        try writer.keep([old])
        try writer.keep(successor: new)
        let isDone = if new.queue == old.queue { try await walk.replace(old, with: new) } else { try await !walk.remove([old], areFront: false).isEmpty }
        guard isDone else {
            writer.discard()
            return .gone
        }
        try writer.noteRemoval(left: [])
        if new.queue != old.queue {
            do throws(TransportError) { try await broker.insert([new], at: .back) } catch {
                try? await broker.insert([old], at: .front)
                throw error
            }
            try writer.noteArrival()
        }
        try writer.noteEnd(done: 1, isStopped: false)
        return .edited(new, trash: writer.entry.id)
    }

    /// Brokers that hand messages out know those only that a walk has met.
    private func isMet(_ message: KeptMessage, _ walk: any QueueWalk) async throws(TransportError) -> Bool {
        while let piece = try await walk.next(limit: Self.batch) {
            if piece.messages.contains(message) { return true }
        }
        return false
    }
}
