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
        guard entry.broker == endpoint else { throw refused("these messages are of another broker: \(ForeignText.safe(entry.broker))") }
        let restoring = Restoring(broker: broker, file: file)
        let isDoubtful = file.wasRestoring || file.batches.contains { $0.left == nil || ($0.hasArrived == false && entry.target != nil) }
        var report = JobReport()
        report.trash = id
        let present = isDoubtful ? try await restoring.present(in: [entry.queue, entry.target].compactMap { $0 }) : []
        let writer = try file.writer()
        try writer.noteRestoring(at: time())
        var state = JobProgress()
        state.total = entry.count
        // Each comes to the front, the last ones first; in as few steps as memory allows, since each may take a walk.
        for batches in file.groups(of: Self.mostBytes).reversed() {
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

        /// All that waits in these queues.
        func present(in queues: [QueueName]) async throws(TransportError) -> Set<Digest> {
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
                for (number, copy) in try file.messages(batch).enumerated() where !(batch.left?.contains(number) ?? false) && !present.contains(Digest(entry.queue, copy.message.bytes)) {
                    copies.append(Copy(message: copy.message, successor: copy.successor, hasArrived: batch.hasArrived))
                }
            }
            guard entry.target != nil || copies.contains(where: { $0.successor != nil }) else {
                try await broker.insert(copies.map(\.message), at: .front)
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
            let message: KeptMessage
            let successor: KeptMessage?
            let hasArrived: Bool
        }

        private func takeBack(
            _ copies: [Copy], _ walk: any QueueWalk, from target: QueueName, _ present: Set<Digest>
        ) async throws(TransportError) -> (done: Int, gone: Int) {
            var wanted: [KeptMessage: Int] = [:]
            for (index, copy) in copies.enumerated() {
                let moved = copy.successor.map { KeptMessage(queue: target, bytes: $0.bytes) } ?? copy.message.readdressed(to: target)
                wanted[KeptMessage(queue: target, bytes: moved.bytes)] = index
            }
            var met: [Int: KeptMessage] = [:]
            while met.count < wanted.count, let piece = try await walk.next(limit: QueueOperations.step) {
                for message in piece.messages {
                    if let index = wanted[KeptMessage(queue: target, bytes: message.bytes)] { met[index] = message }
                }
            }
            if target == file.entry.queue, let index = met.keys.first, met.count == 1, copies.count == 1 {
                // An edit.
                return try await walk.replace(met[index] ?? copies[index].message, with: copies[index].message) ? (1, 0) : (0, 1)
            }
            let removed = try await walk.remove(Array(met.values), areFront: false)
            let back = copies.indices.filter { index in
                if let message = met[index] { return removed.contains(message) }
                // It was taken out, but never came to the target.
                return !copies[index].hasArrived && copies[index].successor == nil && !present.contains(Digest(target, copies[index].message.readdressed(to: target).bytes))
            }
            try await broker.insert(back.map { copies[$0].message }, at: .front)
            return (back.count, copies.count - back.count)
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
