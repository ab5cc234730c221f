import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard
import Foundation
import OrderedCollections

/// Does what the dashboard asks of broker, workers and files, and reports each step as an action. Nothing here draws.
actor EffectRunner {
    private let broker: any BrokerConnection
    private let monitor: ClusterMonitor
    private let resultBackend: (any ResultBackend)?
    private let session: Session
    private let watch: ScheduleWatch?
    /// Opened by the first key that needs it.
    private var entryEffects: EntryEffects?
    private var retryEffects: RetryEffects?
    private let report: @Sendable (Action) -> Void
    private let looks: MessageLooks
    private var messageEffects: MessageEffects?
    private var revokedAgain: RevokedAgain?
    private var nextLog = 1

    /// - Parameter watch: of the schedule, when there is one.
    init(
        _ session: Session, broker: any BrokerConnection, monitor: ClusterMonitor, watch: ScheduleWatch?, resultBackend: (any ResultBackend)?,
        report: @escaping @Sendable (Action) -> Void
    ) {
        self.broker = broker
        self.monitor = monitor
        self.resultBackend = resultBackend
        self.session = session
        self.watch = watch
        let recorder = ActionRecorder(session, next: report)
        self.report = { recorder.pass($0) }
        looks = MessageLooks(broker, report: report)
    }

    func close() async {
        await revokedAgain?.close()
        await messageEffects?.close()
        await entryEffects?.close()
        await retryEffects?.close()
    }

    private var messages: MessageEffects {
        if let messageEffects { return messageEffects }
        let new = MessageEffects(session, broker, report: report) { [weak self] in await self?.takeLogNumber() ?? 0 }
        messageEffects = new
        return new
    }

    private var retries: RetryEffects {
        if let retryEffects { return retryEffects }
        let opened = RetryEffects(session, broker, monitor, results: resultBackend, report: report) { [weak self] in await self?.takeLogNumber() ?? 0 }
        retryEffects = opened
        return opened
    }

    /// `nil` without a schedule.
    private var entries: EntryEffects? {
        if entryEffects == nil, let watch {
            entryEffects = EntryEffects(session, watch, report: report) { [weak self] in await self?.takeLogNumber() ?? 0 }
        }
        return entryEffects
    }

    private func takeLogNumber() -> Int {
        defer { nextLog += 1 }
        return nextLog
    }

    /// Starts `effect` and returns at once: a slow worker must not hold up the keys.
    nonisolated func start(_ effect: Effect) {
        // Unstructured on purpose: an action goes on while the screen does, and ends with the process.
        Task { await self.perform(effect) }
    }

    func perform(_ effect: Effect) async {
        switch effect {
        case .refresh:
            await watch?.refresh()
            await monitor.refresh()
        case .askHeld: await monitor.askHeld()
        case .entries(let act, let targets): await entries?.perform(act, targets)
        case .undoEdit(let id, let title): await entries?.undo(id, of: title)
        case .revoke(let ids, let terminate, let signal): await revoke(ids, terminate: terminate, signal: signal)
        case .revokeMatching(let filter, let count, let terminate, let signal):
            await revoke(await monitor.ids(matching: filter, limit: count), terminate: terminate, signal: signal)
        case .findCall(let id, let use): await retries.find(id, for: use)
        case .findMessage(let id): await retries.findMessage(id)
        case .send(let order): await retries.send(order)
        case .retry(let deed, let terms): await retries.retry(deed, terms)
        case .askTaskNames: await retries.askNames()
        case .stop(let log): 
            await retries.stop(log)
            await messages.stop(log)
        case .control(let request): await converse(title: Self.title(request), request)
        case .fetchResult(let id): await fetch(id)
        case .inspect(let worker): await inspect(worker)
        case .peek(let queue, let first): await peek(queue, from: first)
        case .scan(let queue, let filter, let id): await looks.scan(queue, filter, id: id)
        case .stopScan(let queue): await looks.stopScan(queue)
        case .countTasks(let queue): await looks.count(queue)
        case .begin(let act): await messages.begin(act)
        case .editMessage(let message, let draft): await messages.edit(message, by: draft)
        case .findHeld(let id): await messages.find(id)
        case .sendInstead(let message, let draft): await retries.send(insteadOf: message, draft) { await self.revokeHeld($0) }
        case .listTrash(let isFirst): messages.listTrash(isFirst: isFirst)
        case .saveMessages(let messages, let kind): self.messages.save(messages, kind)
        case .askZone(let name): report(zone(name))
        case .saveEntry(let entry, let old): await entries?.save(entry, replacing: old)
        case .save, .quit, .suspend, .redraw, .copy, .theme, .openEditor: break
        }
    }

    // MARK: - Acting

    /// Reads each task's state again first: what has ended meanwhile is left alone, and told.
    private func revoke(_ ids: [TaskID], terminate: Bool, signal: String) async {
        var waiting: [TaskID] = []
        var ended: [TaskRow] = []
        for id in ids {
            if let row = await monitor.task(id), row.state.isFinal { ended.append(row) } else { waiting.append(id) }
        }
        guard !waiting.isEmpty else {
            let reason = ended.count == 1 ? "\(ended[0].id) is already \(ended[0].state)" : ids.isEmpty ? "no task matches any more" : "all \(ended.count) tasks have ended already"
            return report(.notify(ForeignText.safe("refused: \(reason)"), isError: true))
        }
        let noun = waiting.count == 1 ? "task \(waiting[0])" : "\(waiting.count) tasks"
        let title = ForeignText.safe(terminate ? "terminate \(noun) with \(signal)" : "revoke \(noun)")
        let done = (terminate ? "terminated " : "revoked ") + (waiting.count == 1 ? "1 task" : "\(waiting.count) tasks")
        let skipped = ended.isEmpty ? "" : ", \(ended.count) had ended already"
        await converse(title: title, target: waiting.map(\.rawValue), .revoke(waiting, terminate: terminate, signal: signal), done: done, remark: skipped)
        await remember(waiting)
    }

    /// Sends, gathers replies into the log, and sums up.
    /// - Returns: how many workers have confirmed it.
    @discardableResult
    private func converse(title: String, target: [String]? = nil, _ request: ControlRequest, done: String? = nil, remark: String = "") async -> Int {
        let log = takeLogNumber()
        report(.logged(LogEntry(id: log, at: Clock.now, title: title, command: request.celeryCommand(broker: session.broker).map { ForeignText.safe($0) } ?? "", target: Self.words(target ?? request.destination?.map(\.rawValue)))))
        let asked: [WorkerName]
        if let destination = request.destination { asked = destination } else { asked = await monitor.workerNames }
        var silent = Set(asked)
        var failures: [String] = []
        do {
            if request.method == "shutdown" {
                // Celery answers everything but this.
                let receivers = try await broker.send(request)
                report(.finished(log: log, summary: "\(title): sent\(receivers.map { " to \($0) listening" } ?? ""); workers do not reply to it", isError: false))
                return 0
            }
            for try await reply in broker.ask(request, timeout: .seconds(2)) {
                silent.remove(reply.worker)
                if let error = reply.error { failures.append(error) }
                report(.reply(log: log, reply))
                await monitor.take(reply, to: request.method)
            }
        } catch {
            report(.finished(log: log, summary: ForeignText.safe("\(title) failed: \(error)"), isError: true))
            return 0
        }
        let answered = asked.count - silent.count
        let silence = silent.isEmpty || answered == 0 ? "" : " (\(silent.map(\.rawValue).sorted().prefix(3).joined(separator: ", "))\(silent.count > 3 ? " and \(silent.count - 3) more" : "") silent)"
        let summary =
            if answered == 0 && !asked.isEmpty { "\(title): no worker answered" } else if let failure = failures.first { "\(title): \(failures.count) of \(answered) workers refused: \(failure)" } else {
                "\(done ?? title) on \(answered) of \(asked.count) \(asked.count == 1 ? "worker" : "workers")\(silence)\(remark)"
            }
        report(.finished(log: log, summary: ForeignText.safe(summary), isError: !failures.isEmpty || answered == 0))
        // The next look would come in half a minute, and until then dialogs would go by what has just been changed.
        if Self.reshaping.contains(request.method) { await monitor.refresh() }
        return answered - failures.count
    }

    /// The first of them, and how many more.
    static func words(_ targets: [String]?) -> String {
        guard let targets else { return "all workers" }
        return ForeignText.safe(targets.prefix(20).joined(separator: " ") + (targets.count > 20 ? " and \(targets.count - 20) more" : ""))
    }

    /// - Returns: whether a worker has confirmed it.
    private func revokeHeld(_ id: TaskID) async -> Bool {
        let request = ControlRequest.revoke([id], terminate: false, signal: "SIGTERM")
        await remember([id])
        return await converse(title: "revoke task \(ForeignText.safe(id.rawValue))", target: [id.rawValue], request, done: "revoked 1 task") > 0
    }

    /// Workers that come online later are told of these.
    private func remember(_ revoked: [TaskID]) async {
        let again = revokedAgain ?? RevokedAgain(monitor) { [weak self] worker, ids in await self?.revoke(ids, againOn: worker) ?? true }
        revokedAgain = again
        await again.note(revoked)
    }

    /// - Returns: `false`: the worker does not listen yet.
    private func revoke(_ ids: [TaskID], againOn worker: WorkerName) async -> Bool {
        var isListening = false
        do { for try await _ in broker.ask(ControlRequest("ping", destination: [worker]), timeout: .seconds(1)) { isListening = true } } catch {}
        guard isListening else { return false }
        var request = ControlRequest.revoke(ids, terminate: false, signal: "SIGTERM")
        request.destination = [worker]
        let noun = Formats.plural(ids.count, "task")
        return await converse(title: ForeignText.safe("revoke \(noun) on \(worker), which came online"), target: ids.map(\.rawValue), request, done: "revoked \(noun) again") > 0
    }

    /// Methods after which queues or pool of a worker are not what they were.
    private static let reshaping: Set<String> = ["add_consumer", "autoscale", "cancel_consumer", "pool_grow", "pool_restart", "pool_shrink"]

    private static func title(_ request: ControlRequest) -> String {
        let words = request.arguments.map { "\($0.key)=\($0.value.string ?? JSON.text($0.value))" }
        let target = request.destination.map { " on " + $0.map(\.rawValue).joined(separator: ", ") } ?? ""
        return ForeignText.safe(([request.method] + words).joined(separator: " ") + target)
    }

    // MARK: - Looking

    private func fetch(_ id: TaskID) async {
        guard let resultBackend else { return report(.resultFailed(id, session.lackOfResults)) }
        do { report(.result(id, try await resultBackend.record(of: id))) } catch { report(.resultFailed(id, ForeignText.safe(error.description))) }
    }

    private func peek(_ queue: QueueName, from first: Int) async {
        do throws(TransportError) {
            var sample = try await broker.peek(queue, from: first, limit: broker.peekingMarks ? DashboardState.sampledAtOnce : DashboardState.peekedAtOnce)
            // What the message does not tell, the event of its sending may have told; of a retry it is that of the first try.
            let untold = sample.messages.indices.filter { sample.messages[$0].sentAt == nil && sample.messages[$0].task?.retries == 0 }
            let sent = await monitor.sentTimes(of: untold.compactMap { sample.messages[$0].task?.id })
            for index in untold { sample.messages[index].sentAt = sample.messages[index].task.flatMap { sent[$0.id] } }
            report(.peeked(sample))
            await retries.note(sample.messages)
        } catch { report(.peekFailed(queue, ForeignText.safe(error.description))) }
    }

    private func inspect(_ worker: WorkerName) async {
        await withTaskGroup(of: Void.self) { group in
            for method in ["active", "reserved", "scheduled", "revoked", "stats", "conf"] {
                group.addTask {
                    do {
                        var isSilent = true
                        for try await reply in self.broker.ask(ControlRequest(method, destination: [worker]), timeout: .seconds(1)) {
                            isSilent = false
                            await self.monitor.take(reply, to: method)
                            self.report(.inspected(worker, method: method, reply.value))
                        }
                        if isSilent { self.report(.inspectFailed(worker, "no reply to \(method) within 1 s")) }
                    } catch { self.report(.inspectFailed(worker, ForeignText.safe("\(error)"))) }
                }
            }
        }
    }

    // MARK: - Files

    /// Writes all rows that the view's filter lets through into the working folder.
    nonisolated func save(_ table: PictureRequest, _ view: String, _ kind: Effect.TableFile) {
        Task { await self.write(table, view, kind) }
    }

    private func write(_ request: PictureRequest, _ view: String, _ kind: Effect.TableFile) async {
        let picture = await session.picture(request, of: monitor, watch)
        let values = (picture.tasks?.rows.map(Listing.value) ?? []) + (picture.queues?.rows.map(Listing.value) ?? []) + (picture.workers?.rows.map(Listing.value) ?? [])
            + (picture.workflows?.rows.map(Listing.value) ?? []) + (picture.beat?.rows.map(Listing.value) ?? []) + (picture.errors?.rows.map(Listing.value) ?? [])
        report(MessageEffects.saved(values, as: view, kind))
    }
}
