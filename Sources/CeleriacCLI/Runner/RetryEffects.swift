import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard

/// Sends tasks, new ones and old ones again, as the dashboard asks, and reports each step as an action.
actor RetryEffects {
    private let session: Session
    private let broker: any BrokerConnection
    private let monitor: ClusterMonitor
    private let retrying: Retrying
    private let report: @Sendable (Action) -> Void
    private let nextLog: @Sendable () async -> Int
    /// Retries of many that go on, by their lines of the log.
    private var jobs: [Int: Task<Void, Never>] = [:]

    /// - Parameter nextLog: numbers the lines of the log.
    init(
        _ session: Session, _ broker: any BrokerConnection, _ monitor: ClusterMonitor, results: (any ResultBackend)?, report: @escaping @Sendable (Action) -> Void,
        nextLog: @escaping @Sendable () async -> Int
    ) {
        self.session = session
        self.broker = broker
        self.monitor = monitor
        retrying = session.retrying(broker, results: results, monitor: monitor)
        self.report = report
        self.nextLog = nextLog
    }

    func close() async {
        for job in jobs.values { job.cancel() }
        for job in jobs.values { await job.value }
        await retrying.close()
    }

    func note(_ messages: [QueueSample.Message]) async { await retrying.note(messages) }

    func find(_ id: TaskID, for use: CallUse) async { report(.callFound(await retrying.find(id), use)) }

    func findMessage(_ id: TaskID) async { report(.messageFound(id, await retrying.message(of: id))) }

    /// Registered with workers, where those may be asked, and seen in events.
    func askNames() async {
        var names = Set(await monitor.taskNames)
        report(.taskNames(names.sorted()))
        guard session.permission != .passive else { return }
        do {
            for try await reply in broker.ask(ControlRequest("registered"), timeout: .seconds(1)) {
                // With options behind it, as `shop.add [rate_limit=30/s]`.
                names.formUnion((reply.value.array ?? []).compactMap { $0.string.map { String($0.prefix { $0 != " " }) } })
            }
        } catch { return report(.notify(ForeignText.safe("workers could not be asked for their tasks: \(error)"), isError: false)) }
        report(.taskNames(names.sorted()))
    }

    // MARK: - Sending

    func send(_ order: CallOrder) async {
        let title = order.resending == nil ? "send \(order.terms.name)" : "retry task \(order.known?.id ?? "")"
        let log = await begin(title, order.known?.id.rawValue ?? order.terms.name, command(order))
        do {
            let id = try await retrying.send(order)
            let source = order.resending == nil ? nil : order.known?.source
            let done = order.resending == nil ? "sent \(order.terms.name) as \(id)" : "retried \(order.known?.id ?? "") as \(id)"
            report(.sent(id))
            report(.finished(log: log, summary: ForeignText.safe(done + (source.map { ", arguments \($0.brief)" } ?? "")), isError: false))
        } catch {
            let reason = ForeignText.safe("\((error as? TransportError).flatMap { $0.kind == .refused ? $0.cause : nil } ?? "\(error)")")
            report(.sendRefused(reason))
            report(.finished(log: log, summary: ForeignText.safe("\(title) refused: ") + reason, isError: true))
        }
    }

    /// Revokes what a worker holds, then sends what the draft says in its place, under a new id.
    /// - Parameter revoke: whether workers have confirmed it.
    func send(insteadOf message: TaskMessage, _ draft: MessageDraft, revoke: @Sendable (TaskID) async -> Bool) async {
        let queue = draft.differences.first { $0.field == .queue }?.before ?? draft[.queue]
        let log = await begin(
            "send \(message.name) \(message.id) again, changed", message.id.rawValue, draft.command(message.id.rawValue, QueueName(queue), session.broker.description) + " --held")
        func refuse(_ reason: String) {
            let words = ForeignText.safe(reason)
            report(.messageEdited(.refused(words)))
            report(.finished(log: log, summary: "refused: \(words)", isError: true))
        }
        do {
            guard let call = try draft.call(insteadOf: message, id: TaskID(freshUUID()), now: Clock.now) else { return refuse("it is not said what is to be sent") }
            guard try await retrying.send(call, insteadOf: message.id, revoke: revoke) else { return refuse("no worker has confirmed that it revoked \(message.id): nothing was sent") }
            report(.messageEdited(.sentAgain(call.id)))
            report(.finished(log: log, summary: ForeignText.safe("revoked \(message.id), sent \(call.id) in its place"), isError: false))
        } catch { refuse("\(message.id) may be revoked, and the changed one was not sent: \(error)") }
    }

    func retry(_ deed: Deed, _ terms: ResendingTerms) async {
        let ids: [TaskID] = switch deed {
        case .tasks(let ids): ids
        case .matching(let filter, let count): await monitor.ids(matching: filter, limit: count)
        }
        guard !ids.isEmpty else { return report(.notify("refused: no task matches any more", isError: true)) }
        let log = await begin("retry \(Formats.plural(ids.count, "task"))" + (terms.keepsID ? " under their own ids" : ""), EffectRunner.words(ids.map(\.rawValue)), command(deed, terms))
        // Unstructured on purpose: it goes on while the screen does, and is stopped by its key, or with the process.
        jobs[log] = Task {
            await self.run(ids, terms, log)
            self.jobs[log] = nil
        }
    }

    func stop(_ log: Int) { jobs[log]?.cancel() }

    private func run(_ ids: [TaskID], _ terms: ResendingTerms, _ log: Int) async {
        let began = ContinuousClock.now
        do {
            let outcome = try await retrying.retry(ids, terms) { [report] progress in
                let seconds = began.duration(to: .now).seconds, rate = Double(progress.looked) / max(0.001, seconds)
                let left = Formats.duration((Double(progress.total - progress.looked) / max(rate, 0.001)).rounded(.up))
                let words = "retried \(Formats.grouped(progress.done)) of \(Formats.grouped(progress.total)), \(Formats.count(Int(rate))) /s, \(left) left"
                if progress.looked < progress.total { report(.progressed(log: log, words)) }
            }
            let isError = outcome.failure != nil || outcome.isStopped || outcome.sent.isEmpty || !outcome.unknown.isEmpty
            report(.finished(log: log, summary: ForeignText.safe(outcome.words), isError: isError))
        } catch { report(.finished(log: log, summary: ForeignText.safe("nothing was retried: \(error)"), isError: true)) }
    }

    // MARK: - Telling

    private func begin(_ title: String, _ target: String, _ command: String) async -> Int {
        let log = await nextLog()
        report(.logged(LogEntry(id: log, at: Clock.now, title: ForeignText.safe(title), command: ForeignText.safe(command), target: ForeignText.safe(target))))
        return log
    }

    private var program: String { "celeriac -b \(session.broker.description.quotedForShell)" + (session.resultBackend.map { " -r \($0.description.quotedForShell)" } ?? "") }

    private func command(_ order: CallOrder) -> String {
        if let known = order.known, let resending = order.resending { return "\(program) retry \(known.id.rawValue.quotedForShell)" + (resending.keepsID ? " --same-id" : "") }
        let terms = order.terms
        var words = ["celeriac -b \(session.broker.description.quotedForShell) call", terms.name.quotedForShell]
        if let queue = terms.queue { words += ["-Q", queue.rawValue.quotedForShell] }
        if let args = terms.args, !args.isEmpty { words += ["-a", JSON.text(.array(args)).quotedForShell] }
        if let kwargs = terms.kwargs { words += ["-k", JSON.text(.object(kwargs)).quotedForShell] }
        let line = words.joined(separator: " ")
        return line.utf8.count > 4_000 ? String(line.prefix(4_000)) + " …" : line
    }

    private func command(_ deed: Deed, _ terms: ResendingTerms) -> String {
        let flags = terms.keepsID ? " --same-id" : ""
        switch deed {
        case .tasks(let ids): return "\(program) retry\(flags) " + ids.prefix(20).map(\.rawValue.quotedForShell).joined(separator: " ") + (ids.count > 20 ? " …" : "")
        case .matching(let filter, _): return "\(program) retry\(flags) --match \(filter.text.quotedForShell) --for 60"
        }
    }
}

extension CallSource {
    /// For a line of the log.
    var brief: String {
        switch self {
        case .record: "from the stored record"
        case .message: "from the message"
        case .history: "from the message as it was seen"
        case .shown: "from the text that the sender showed"
        }
    }
}
