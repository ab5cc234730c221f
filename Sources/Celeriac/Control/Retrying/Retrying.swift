public import CeleriacBroker
public import CeleriacCore
public import CeleriacFiles

/// Sends tasks: new ones, and old ones again with the arguments that are known for sure.
///
/// A task that is sent again is written to the journal before, so that a retry which was cut off can be begun again: those that were sent are left alone, and
/// those of which it is not known are sent under the id that they were to have, unless somebody has told of that id since.
public actor Retrying {
    private let finder: CallFinder
    private let permission: Permission
    private let endpoint: String
    private let journal: RetryJournal
    private let time: @Sendable () -> Double
    private let open: @Sendable () throws -> App
    /// Opened by the first task that is sent.
    private var app: App?
    private var seen = SeenMessages()

    /// Tasks that are sent at once; and messages looked for in queues, in one retry of many, of tasks that nothing else tells of.
    private static let batch = 100, searches = 20

    /// - Parameters:
    ///   - endpoint: of the broker, masked.
    ///   - time: seconds since 1970.
    ///   - open: makes the app that sends.
    public init(
        _ finder: CallFinder, permission: Permission, endpoint: String, journal: RetryJournal, time: @escaping @Sendable () -> Double, open: @escaping @Sendable () throws -> App
    ) {
        self.finder = finder
        self.permission = permission
        self.endpoint = endpoint
        self.journal = journal
        self.time = time
        self.open = open
    }

    public func close() async { await app?.close() }

    /// Remembers messages that were looked at.
    public func note(_ messages: [QueueSample.Message]) {
        let now = time()
        for message in messages {
            if let task = message.task { seen.note(task, in: message.kept.queue, size: message.size, at: now) }
        }
    }

    /// - Parameter wantsLinks: what follows it is wanted as well, which only its message tells.
    public func find(_ id: TaskID, wantsLinks: Bool = false) async -> KnownCall {
        await finder.find(id, seen: seen[id], searchesQueues: true, wantsLinks: wantsLinks)
    }

    /// Where its message lies, else as it was seen before. Reads whole queues.
    public func message(of id: TaskID) async -> CallEvidence.Answer<SeenMessage> {
        let answer = await finder.message(of: id)
        if case .missing = answer, let seen = seen[id] { return .found(seen) }
        return answer
    }

    // MARK: - One

    /// - Throws: `TransportError` of kind `.refused` when the task that is to be sent again has not ended, or runs again.
    public func send(_ order: CallOrder) async throws -> TaskID {
        let app = try producer(), now = time()
        guard let resending = order.resending, let known = order.known else {
            let id = TaskID(freshUUID())
            let call = order.known?.call(order.terms, id: id, keepsLinks: false) ?? order.terms.call(id: id).shownInFull
            try await app.send([call])
            note(call, now)
            return id
        }
        if let state = await finder.monitor?.task(known.id)?.state, !state.isFinal {
            throw TransportError(.refused, operation: "retry", endpoint: endpoint, cause: "\(known.id) is \(state) by now")
        }
        let id = resending.keepsID ? known.id : TaskID(freshUUID())
        _ = try await send(known.call(order.terms, id: id, keepsLinks: resending.keepsLinks), insteadOf: known.id) { _ in true }
        return id
    }

    /// Sends a task in the place of one that a worker holds, once that is revoked. Whatever ends the process in between, a retry of the old one sends it under the id of the new one.
    /// - Parameter revoke: whether workers have confirmed it.
    /// - Returns: `false`: they have not, and nothing was sent.
    public func send(_ call: TaskCall, insteadOf id: TaskID, revoke: @Sendable (TaskID) async -> Bool) async throws -> Bool {
        let app = try producer(), now = time(), entry = RetryJournal.Entry(id, as: call.id, at: now)
        try journal.begin([entry])
        guard await revoke(id) else { return false }
        try await app.send([call])
        try journal.finish([entry])
        note(call, now)
        return true
    }

    // MARK: - Many

    /// Sends those again that have ended, and whose arguments are known for sure. Cancelling the task stops between two batches.
    ///
    /// - Parameter progress: called after each batch: tasks looked at, of how many; found to be good to send, and sent.
    public func retry(_ ids: [TaskID], _ terms: ResendingTerms, progress: @Sendable (JobProgress) -> Void) async throws -> RetryReport {
        let app = try producer(), past = try journal.read()
        var report = RetryReport(), told = JobProgress(), searchesLeft = Self.searches
        told.total = ids.count
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            if Task.isCancelled { report.isStopped = true; break }
            let piece = Array(ids[start..<min(ids.count, start + Self.batch)]), found = await find(piece)
            var calls: [TaskCall] = [], entries: [RetryJournal.Entry] = [], now = time()
            for id in piece {
                guard var known = found[id] else { continue }
                if let state = known.state, !state.isFinal { report.unfinished += 1; continue }
                // In the first half of a retry's life nobody knows what became of it.
                let last = past[id], isOver = last.map { last in known.endedAt.map { $0 > last.at } ?? false } ?? true
                if let last, !isOver, last.isSent { report.before += 1; continue }
                if let last, !isOver, last.new != id, await finder.hasBeenTold(of: last.new) { report.before += 1; continue }
                if known.source == nil, searchesLeft > 0 {
                    searchesLeft -= 1
                    known = await finder.find(id, seen: seen[id], searchesQueues: true)
                }
                let new = terms.keepsID ? id : !isOver ? last?.new ?? TaskID(freshUUID()) : TaskID(freshUUID())
                guard let source = known.source, let call = known.call(id: new, keepsLinks: terms.keepsLinks) else {
                    let lack = known.lacks.last { $0.source == .shown } ?? known.lacks.last
                    report.unknown.append(RetryReport.Unknown(task: id, reason: known.name == nil ? "nobody told its name" : lack?.words ?? "?"))
                    continue
                }
                report.sources[source, default: 0] += 1
                calls.append(call)
                entries.append(RetryJournal.Entry(id, as: new, at: now))
            }
            told.looked += piece.count
            told.found += calls.count
            if !calls.isEmpty {
                do {
                    try journal.begin(entries)
                    try await app.send(calls)
                    try journal.finish(entries)
                } catch {
                    report.failure = "\(error)"
                    break
                }
                now = time()
                for call in calls { note(call, now) }
                report.sent += entries.map { RetryReport.Sent(task: $0.task, new: $0.new) }
                told.done += calls.count
            }
            progress(told)
        }
        return report
    }

    /// Several at once, without looking through queues.
    private func find(_ ids: [TaskID]) async -> [TaskID: KnownCall] {
        let finder = finder, seen = seen
        return await withTaskGroup(of: KnownCall.self) { group in
            var found: [TaskID: KnownCall] = [:], rest = ids[...]
            for id in rest.prefix(16) { group.addTask { await finder.find(id, seen: seen[id], searchesQueues: false) } }
            rest = rest.dropFirst(16)
            for await known in group {
                found[known.id] = known
                if let id = rest.popFirst() { group.addTask { await finder.find(id, seen: seen[id], searchesQueues: false) } }
            }
            return found
        }
    }

    // MARK: - Sending

    private func producer() throws -> App {
        guard permission == .act else {
            throw TransportError(.readOnly, operation: "send", endpoint: endpoint, cause: "not done: this session is \(permission == .passive ? "passive" : "read-only")")
        }
        if let app { return app }
        let opened = try open()
        app = opened
        return opened
    }

    /// What was sent from here is known whole as long as this runs.
    private func note(_ call: TaskCall, _ now: Double) {
        let envelope = call.envelope(now: now, replyTo: "", origin: "")
        if let message = try? TaskMessage(envelope) { seen.note(message, in: call.queue ?? "", size: envelope.body.count, at: now) }
    }
}
