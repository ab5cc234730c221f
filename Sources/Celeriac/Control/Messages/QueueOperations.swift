public import CeleriacBroker
public import CeleriacCore
public import CeleriacFiles

/// Takes waiting messages away, moves, changes and puts them back, each as it was shown to whoever asked for it.
///
/// The order is always the same: a copy in the trash, on the disk; then out of the queue, if it is still there unchanged; then where it is to go. Whatever
/// ends the process, a message is in its queue, in the target or in the trash. Cancelling the task stops between two batches.
public struct QueueOperations: Sendable {
    let broker: any QueueEditing
    let endpoint: String
    let trash: Trash
    let who: String
    let time: @Sendable () -> Double

    /// Called now and then, on the task that does the work.
    public typealias Progress = (JobProgress) -> Void

    /// Messages taken at once from the front of a queue.
    static let batch = 1000
    /// Messages looked at in one step of a search; and bytes of messages found that are held at once.
    static let step = 2000, mostBytes = 256 << 20

    /// - Parameters:
    ///   - endpoint: of the broker, masked.
    ///   - who: user@host, for the trash.
    ///   - time: seconds since 1970.
    public init(_ broker: any QueueEditing, endpoint: String, trash: Trash, who: String, time: @escaping @Sendable () -> Double) {
        self.broker = broker
        self.endpoint = endpoint
        self.trash = trash
        self.who = who
        self.time = time
    }

    // MARK: - Finding

    /// Messages of a queue that match, the one served next first, at most `limit` of the oldest; nothing is changed, but for what a walk does on the broker.
    public func find(_ selection: MessageSelection, in queue: QueueName, limit: Int = .max, progress: Progress = { _ in }) async throws(TransportError) -> [KeptMessage] {
        let walk = try await broker.walk(queue, needle: selection.needle)
        do throws(TransportError) {
            let found = try await gather(selection, walk, limit: limit, bytes: .max, progress).messages
            await walk.close()
            return found
        } catch {
            await walk.close()
            throw error
        }
    }

    // MARK: - Taking away

    /// - Parameter act: what the trash calls it: `delete` or `purge`.
    public func delete(_ selection: MessageSelection, in queue: QueueName, as act: String = "delete", progress: Progress = { _ in }) async throws(TransportError) -> JobReport {
        try await takeOut(selection, queue, act: act, to: nil, progress)
    }

    /// To the end of another queue of the same broker.
    public func move(_ selection: MessageSelection, from queue: QueueName, to target: QueueName, progress: Progress = { _ in }) async throws(TransportError) -> JobReport {
        try await move(selection, from: queue, to: target, on: nil, progress: progress)
    }

    /// - Parameter other: the broker of the target, and its masked endpoint, when it is another one.
    public func move(
        _ selection: MessageSelection, from queue: QueueName, to target: QueueName, on other: (broker: any QueueEditing, endpoint: String)?, progress: Progress = { _ in }
    ) async throws(TransportError) -> JobReport {
        guard target != queue || other != nil else {
            throw TransportError(.refused, operation: "move", endpoint: endpoint, cause: "they are in \(ForeignText.safe(queue.rawValue)) already")
        }
        return try await takeOut(selection, queue, act: other == nil ? "move" : "move to \(other?.endpoint ?? "")", to: Target(queue: target, broker: other?.broker ?? broker), progress)
    }

    /// To one end of their own queue, in the order that they have; at the front, before all that waits with the same priority.
    /// - Parameter selection: not `.all`. Those that match are held in memory, and refused when they are more than 256 MB.
    /// - Throws: kind `.refused` for the front of a queue on a broker that has none.
    public func reorder(_ selection: MessageSelection, in queue: QueueName, to end: QueueEnd, progress: Progress = { _ in }) async throws(TransportError) -> JobReport {
        func refused(_ cause: String) -> TransportError { TransportError(.refused, operation: "reorder", endpoint: endpoint, cause: cause) }
        if case .all = selection { throw refused("all of them are in their order already") }
        if end == .front, broker.editing.contains(.noFront) { throw refused("this broker can put nothing at the front of a queue") }
        return try await takeOut(selection, queue, act: "reorder", to: Target(queue: queue, broker: broker, end: end, isSource: true), progress)
    }

    private struct Target {
        let queue: QueueName
        let broker: any QueueEditing
        var end = QueueEnd.back
        /// They come from there.
        var isSource = false

        func put(_ messages: [KeptMessage]) async throws(TransportError) {
            if isSource { return try await broker.insert(messages.map { KeptMessage(queue: queue, bytes: $0.bytes) }, at: end) }
            // From AMQP's real properties into kombu's envelope: Python's workers want a tag there.
            let needsTag = !broker.editing.contains(.holds)
            let addressed = await mapMany(messages) { [queue] message in
                let message = message.readdressed(to: queue)
                return needsTag ? message.tagged(freshUUID()) : message
            }
            try await broker.insert(addressed, at: end)
        }
    }

    private func takeOut(
        _ selection: MessageSelection, _ queue: QueueName, act: String, to target: Target?, _ progress: Progress
    ) async throws(TransportError) -> JobReport {
        let walk = try await broker.walk(queue, needle: selection.needle)
        var job = Job(walk: walk, target: target, total: walk.total)
        do throws(TransportError) {
            let about = TrashEntry(id: TrashID(rawValue: ""), at: time(), act: act, broker: endpoint, queue: queue, target: target?.queue, who: who)
            switch selection {
            case .all:
                while !job.isStopped, job.progress.looked < walk.total {
                    let messages = try await walk.front(limit: min(Self.batch, walk.total - job.progress.looked))
                    if messages.isEmpty { break }
                    job.progress.looked += messages.count
                    try await job.take(messages, areFront: true, trash, about, broker)
                    progress(job.progress)
                }
            case .messages(let messages) where !broker.editing.contains(.holds):
                // What comes to the front in one step keeps its order there.
                let size = target?.isSource == true ? max(1, messages.count) : Self.batch
                for start in stride(from: 0, to: messages.count, by: size) where !job.isStopped {
                    try await job.take(Array(messages[start..<min(start + size, messages.count)]), areFront: false, trash, about, broker)
                    progress(job.progress)
                }
            default:
                // In as many rounds as it takes with a limited memory; what has been taken out is not found again.
                while !job.isStopped {
                    let (messages, isWhole) = try await gather(selection, job.walk, limit: .max, bytes: Self.mostBytes) { step in
                        job.progress.looked = step.looked
                        job.progress.total = step.total
                        job.progress.found = job.progress.done + step.found
                        progress(job.progress)
                    }
                    job.progress.found = job.progress.done
                    // What has been put back into the queue would be found again.
                    if target?.isSource == true, !isWhole, !Task.isCancelled {
                        throw TransportError(.refused, operation: "reorder", endpoint: endpoint, cause: "more than \(Self.mostBytes >> 20) MB of messages match", hint: "narrow the filter")
                    }
                    if !messages.isEmpty, !Task.isCancelled { try await job.take(messages, areFront: false, trash, about, broker) }
                    progress(job.progress)
                    if isWhole || messages.isEmpty || target?.isSource == true { break }
                    await job.walk.close()
                    job.walk = try await broker.walk(queue, needle: selection.needle)
                }
            }
            await job.walk.close()
        } catch {
            await job.walk.close()
            // Nothing can have been taken away then.
            if error.kind == .readOnly { job.discard() }
            throw error
        }
        let report = try job.end()
        if case .messages(let messages) = selection {
            var report = report
            report.gone = messages.count - report.done
            return report
        }
        return report
    }

    /// One act under way.
    private struct Job {
        var walk: any QueueWalk
        let target: Target?
        var progress = JobProgress()
        var report = JobReport()
        private var writer: TrashWriter?

        init(walk: any QueueWalk, target: Target?, total: Int) {
            self.walk = walk
            self.target = target
            progress.total = total
        }

        var isStopped: Bool { Task.isCancelled }

        mutating func take(_ messages: [KeptMessage], areFront: Bool, _ trash: Trash, _ about: TrashEntry, _ source: any QueueEditing) async throws(TransportError) {
            let writer: TrashWriter
            if let begun = self.writer { writer = begun } else { writer = try trash.begin(about) }
            self.writer = writer
            report.trash = writer.entry.id
            progress.found += messages.count
            try writer.keep(messages)
            let removed = try await walk.remove(messages, areFront: areFront)
            let taken = messages.filter(removed.contains)
            try writer.noteRemoval(left: messages.indices.filter { !removed.contains(messages[$0]) })
            if let target {
                do throws(TransportError) { try await target.put(taken) } catch {
                    // Some may have come there; then they are twice, never gone.
                    try? await source.insert(taken, at: .front)
                    throw error
                }
                try writer.noteArrival()
            }
            progress.done += taken.count
            report.gone += messages.count - taken.count
        }

        func discard() { writer?.discard() }

        mutating func end() throws(TransportError) -> JobReport {
            report.done = progress.done
            report.isStopped = isStopped
            if report.done == 0, let writer {
                writer.discard()
                report.trash = nil
            } else {
                try writer?.noteEnd(done: report.done, isStopped: isStopped)
            }
            return report
        }
    }

    /// Walks on until enough is found.
    /// - Returns: what matches, the one served next first; whether the walk came to its end.
    private func gather(
        _ selection: MessageSelection, _ walk: any QueueWalk, limit: Int, bytes: Int, _ progress: Progress
    ) async throws(TransportError) -> (messages: [KeptMessage], isWhole: Bool) {
        var test = SelectionTest(selection, now: time())
        var found: [KeptMessage] = [], state = JobProgress(), size = 0, isWhole = true
        // Messages that came twice, in adjoining pieces.
        var before: Set<KeptMessage> = []
        state.total = walk.total
        while let piece = try await walk.next(limit: Self.step) {
            if Task.isCancelled { isWhole = false; break }
            let matching = test.matching(piece.messages, from: walk.isOldestFirst ? state.looked : nil)
            let here = matching.map { KeptMessage(queue: $0.queue, bytes: $0.bytes) }
            let fresh = walk.isOldestFirst || before.isEmpty ? matching : zip(matching, here).filter { !before.contains($0.1) }.map(\.0)
            before = Set(here)
            found += fresh
            size += fresh.reduce(0) { $0 + $1.bytes.count }
            state.looked = min(state.looked + piece.passed, walk.total)
            state.found = found.count
            progress(state)
            if size > bytes || (walk.isOldestFirst && found.count >= limit) || test.isDone {
                isWhole = false
                break
            }
        }
        if !walk.isOldestFirst { found.reverse() }
        return (Array(found.prefix(limit)), isWhole)
    }
}

