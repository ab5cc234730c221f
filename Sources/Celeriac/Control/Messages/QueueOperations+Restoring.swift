public import CeleriacBroker
public import CeleriacCore
import CeleriacFiles

extension QueueOperations {
    /// Puts back what an act took away, where it was: at the front of its queue, in the old order. What was moved or edited is taken back if it is still
    /// there unchanged; what has been served meanwhile is left alone.
    ///
    /// Nothing is doubled: wherever it is in doubt whether a message was taken out at all, the queues are looked through first.
    public func restore(_ id: TrashID, progress: Progress = { _ in }) async throws(TransportError) -> JobReport {
        let file = try trash.open(id), entry = file.entry
        try file.lock()
        func refused(_ cause: String) -> TransportError { TransportError(.refused, operation: "restore", endpoint: endpoint, cause: cause) }
        if entry.restoredAt != nil { throw refused("it was put back already") }
        guard !entry.act.hasPrefix("move to ") else { throw refused("they are on another broker now (\(ForeignText.safe(entry.act))): move them back from there") }
        guard entry.broker == endpoint else { throw refused("these messages are of another broker: \(ForeignText.safe(entry.broker))") }
        let writer = try file.writer(), restoring = Restoring(broker: broker, file: file, writer: writer)
        let isDoubtful = file.wasRestoring || file.batches.contains { $0.left == nil || ($0.hasArrived == false && entry.target != nil) }
        var report = JobReport()
        report.trash = id
        let present = isDoubtful ? try await restoring.present(in: Set([entry.queue, entry.target].compactMap { $0 })) : []
        try writer.noteRestoring(at: time())
        var state = JobProgress()
        state.total = entry.count
        // Each comes to the front, the last ones first, or else to the end; in as few steps as memory allows, since each may take a walk.
        let groups = file.groups(of: Self.mostBytes)
        for batches in broker.editing.contains(.noFront) ? groups : groups.reversed() {
            if Task.isCancelled {
                report.isStopped = true
                break
            }
            let (done, gone) = try await restoring.putBack(batches, present)
            report.done += done
            report.gone += gone
            state.looked += batches.reduce(0) { $0 + $1.count }
            (state.found, state.done) = (state.looked, report.done)
            progress(state)
        }
        if !report.isStopped { try writer.noteRestored(report.done, at: time()) }
        return report
    }

    private struct Restoring {
        let broker: any QueueEditing
        let file: TrashReader
        let writer: TrashWriter

        /// All that waits in these queues.
        func present(in queues: Set<QueueName>) async throws(TransportError) -> Set<Digest> {
            var present: Set<Digest> = []
            for queue in queues {
                let walk = try await broker.walk(queue, needle: [])
                do throws(TransportError) {
                    while let piece = try await walk.next(limit: QueueOperations.step) { present.formUnion(piece.messages.map { Digest(queue, $0.bytes) }) }
                    await walk.close()
                } catch {
                    await walk.close()
                    throw error
                }
            }
            return present
        }

        func putBack(_ batches: [TrashReader.Batch], _ present: Set<Digest>) async throws(TransportError) -> (done: Int, gone: Int) {
            let entry = file.entry
            var copies: [Copy] = []
            for batch in batches {
                for (number, copy) in try file.messages(batch).enumerated() {
                    let isDone = batch.left?.contains(number) ?? false || file.putBack.contains(batch.first + number)
                    // What is in its queue is left there; but for what may have another place in it.
                    if isDone || (entry.target != entry.queue && present.contains(Digest(entry.queue, copy.message.bytes))) { continue }
                    copies.append(Copy(number: batch.first + number, message: copy.message, successor: copy.successor, hasArrived: batch.hasArrived))
                }
            }
            guard entry.target != nil || copies.contains(where: { $0.successor != nil }) else {
                try await insert(copies)
                return (copies.count, 0)
            }
            // Where they went, and what they were made there.
            let target = entry.target ?? entry.queue
            let walk = try await broker.walk(target, needle: [])
            do throws(TransportError) {
                let (done, gone) = try await takeBack(copies, walk, from: target, present)
                await walk.close()
                return (done, gone)
            } catch {
                await walk.close()
                throw error
            }
        }

        private struct Copy {
            let number: Int
            let message: KeptMessage
            let successor: KeptMessage?
            let hasArrived: Bool
        }

        private func takeBack(
            _ copies: [Copy], _ walk: any QueueWalk, from target: QueueName, _ present: Set<Digest>
        ) async throws(TransportError) -> (done: Int, gone: Int) {
            // Each as it is there, wherever that is.
            let isSame = target == file.entry.queue
            let moved = copies.map { KeptMessage(queue: target, bytes: $0.successor?.bytes ?? (isSame ? $0.message : $0.message.readdressed(to: target)).bytes) }
            let wanted = Dictionary(moved.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
            var met: [Int: KeptMessage] = [:]
            while met.count < wanted.count, let piece = try await walk.next(limit: QueueOperations.step) {
                for message in piece.messages {
                    if let index = wanted[KeptMessage(queue: target, bytes: message.bytes)] { met[index] = message }
                }
            }
            guard file.entry.target != nil else {
                // An edit in its place.
                guard let index = met.keys.first, let message = met[index] else { return (0, copies.count) }
                return try await walk.replace(message, with: copies[index].message) ? (1, 0) : (0, 1)
            }
            let order = met.keys.sorted()
            try writer.noteTakingBack(order.map { copies[$0].number })
            let removed = try await walk.remove(order.compactMap { met[$0] }, areFront: false)
            let back = copies.indices.filter { index in
                if let message = met[index] { return removed.contains(message) }
                // It was taken out, but never came to the target; or was taken out of there before, but never came back.
                let isOnItsWay = !copies[index].hasArrived || file.takenBack.contains(copies[index].number)
                return isOnItsWay && !present.contains(Digest(target, moved[index].bytes))
            }
            try await insert(back.map { copies[$0] })
            return (back.count, copies.count - back.count)
        }

        private func insert(_ copies: [Copy]) async throws(TransportError) {
            try await broker.insert(copies.map(\.message), at: .front)
            try writer.notePuttingBack(copies.map(\.number))
        }
    }
}

/// Tells one message in a queue from others, in 16 bytes.
private struct Digest: Hashable {
    private let high: Int, low: Int

    init(_ queue: QueueName, _ bytes: [UInt8]) {
        var first = Hasher(), second = Hasher()
        first.combine(queue)
        second.combine(1)
        second.combine(queue)
        bytes.withUnsafeBytes { content in
            first.combine(bytes: content)
            second.combine(bytes: content)
        }
        (high, low) = (first.finalize(), second.finalize())
    }
}
