import CeleriacCore
import OrderedCollections

extension DashboardState {
    /// Commands that change something in the cluster; each opens a question. `nil` for others.
    mutating func act(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect]? {
        switch command {
        case .remove:
            guard let deed = deed(picture) else { return [] }
            askToRevoke(deed, signal: nil, picture, now)
        case .removeHard:
            if let deed = deed(picture) {
                chooseSignal(deed, now)
            } else if case .worker(let worker) = focus(picture) {
                askToShutDown(worker, now)
            }
        case .shrink, .grow:
            guard case .worker(let worker) = focus(picture) else { return [] }
            askToResize(worker, grows: command == .grow, now)
        case .consumers:
            guard case .worker(let worker) = focus(picture) else { return [] }
            modals.append(.form(ConsumerForm(worker: worker.name, consumed: worker.queues.value, openedAt: now)))
        case .events: askAboutEvents(picture, now)
        case .peek: return peek(picture, now)
        default: return nil
        }
        return []
    }

    var place: String { "in context \(safe(context))" + (isProduction ? " (production)" : "") + (endpoint.isEmpty ? "" : ", \(safe(endpoint))") }

    mutating func askToPeek(_ queue: QueueName, ready: Int?, _ now: Double) {
        let ready = ready.map { ", \(Formats.count($0)) ready" } ?? ""
        ask(
            "Peek at up to \(Self.sampledAtOnce) messages",
            facts: [
                safe(queue.rawValue) + ready, place, "The foremost are taken out and given back to their places, with the flag", "redelivered set: the broker shows them in no other way.",
            ], verb: "peek", need: need(count: 1), effect: .peek(queue, from: 0), now: now)
    }

    /// Celery's signals for terminating, the mildest first.
    static let signals = [
        ("SIGTERM", "ends the process, default"), ("SIGKILL", "ends it without a chance to tidy up"), ("SIGINT", "as Ctrl-C"),
        ("SIGQUIT", "cold end"), ("SIGUSR1", "raises SoftTimeLimitExceeded"),
    ]

    private mutating func chooseSignal(_ deed: Deed, _ now: Double) {
        let items = Self.signals.map { Menu.Item($0.0, note: $0.1, .terminate(deed, signal: $0.0)) }
        modals.append(.menu(Menu("Terminate \(Formats.plural(deed.count, "task")) with", items, openedAt: now)))
    }

    /// `signal`: terminate with it; `nil`: only revoke.
    mutating func askToRevoke(_ deed: Deed, signal: String?, _ picture: Picture, _ now: Double) {
        let verb = signal == nil ? "revoke" : "terminate"
        let title = "\(signal == nil ? "Revoke" : "Terminate") \(Formats.plural(deed.count, "task"))" + (signal.map { " with \($0)" } ?? "")
        var facts: [String] = []
        let effect: Effect
        switch deed {
        case .tasks(let ids):
            facts = ids.prefix(5).map { describe($0, picture) }
            if ids.count > 5 { facts.append("and \(Formats.grouped(ids.count - 5)) more") }
            let ended = (picture.tasks?.rows ?? []).filter { $0.state.isFinal && ids.contains($0.id) }.count
            if ended > 0 { facts.append("\(Formats.grouped(ended)) of them \(ended == 1 ? "has" : "have") ended and will be left alone") }
            effect = .revoke(ids, terminate: signal != nil, signal: signal ?? "SIGTERM")
        case .matching(let filter, let count):
            facts = ["all \(Formats.grouped(count)) that match \(safe(filter.text))"]
            effect = .revokeMatching(filter, count: count, terminate: signal != nil, signal: signal ?? "SIGTERM")
        }
        facts += [place, signal == nil ? "Workers skip them when they come up; running ones go on." : "Running ones are ended by the signal, waiting ones are skipped."]
        ask(title, facts: facts, verb: verb, need: need(count: deed.count), effect: effect, now: now)
    }

    func describe(_ id: TaskID, _ picture: Picture) -> String {
        let known = picture.task(id)
        let words = [known?.name, known?.state.rawValue, known?.worker.map { "on " + $0.short }].compactMap { $0 }.map { safe($0, limit: 60) }
        return ([safe(id.rawValue, limit: 40)] + words).joined(separator: "  ")
    }

    private mutating func askToShutDown(_ worker: WorkerRow, _ now: Double) {
        let name = safe(worker.name.rawValue)
        var facts = ["\(name), \(worker.state.rawValue)"]
        if let active = worker.active.value { facts.append("\(Formats.plural(active, "task")) running; the worker waits for what runs (warm shutdown)") }
        facts += [place, "Nothing starts it again from here."]
        ask("Shut down 1 worker", facts: facts, verb: "shut down", need: need(count: 1, name: name), effect: .control(ControlRequest("shutdown", destination: [worker.name])), now: now)
    }

    private mutating func askToResize(_ worker: WorkerRow, grows: Bool, _ now: Double) {
        let size = worker.concurrency.value.map { "\($0) → \($0 + (grows ? 1 : -1)) processes" } ?? "by one process"
        ask(
            "\(grows ? "Grow" : "Shrink") the pool of 1 worker", facts: ["\(safe(worker.name.rawValue))  \(size)", place], verb: grows ? "grow" : "shrink", need: need(count: 1),
            effect: .control(ControlRequest(grows ? "pool_grow" : "pool_shrink", arguments: ["n": 1], destination: [worker.name])), now: now)
    }

    /// Switches events on where they are missing, else where they are not known to be on; off everywhere when they are on everywhere.
    private mutating func askAboutEvents(_ picture: Picture, _ now: Double) {
        let missing = picture.header.workersWithoutEvents + picture.header.workersUnsureOfEvents
        let alive = max(1, picture.header.workersAlive)
        guard missing > 0 else {
            return ask(
                "Switch task events off on \(Formats.plural(alive, "worker"))", facts: [place, "Tasks will no longer be seen here."], verb: "switch off",
                need: need(count: alive), effect: .control(ControlRequest("disable_events")), now: now)
        }
        let reachable = (picture.workers?.rows ?? []).filter { $0.state != .offline && $0.state != .lost }
        let without = reachable.filter { $0.sendsTaskEvents.value == false }
        let names = (without.isEmpty ? reachable.filter { $0.sendsTaskEvents.value == nil } : without).map(\.name)
        guard !names.isEmpty else { return tell("workers are being asked whether they send events: try again in a moment") }
        let shown = names.prefix(6).map { safe($0.rawValue, limit: 60) } + (names.count > 6 ? ["and \(names.count - 6) more"] : [])
        ask(
            "Switch task events on, on \(Formats.plural(names.count, "worker"))", facts: shown + [place], verb: "switch on", need: need(count: names.count),
            effect: .control(ControlRequest("enable_events", destination: names)), now: now)
    }

    mutating func askToConsume(_ form: ConsumerForm, _ queue: QueueName, _ now: Double) {
        let words = form.adds ? "start" : "stop"
        ask(
            "\(form.adds ? "Start" : "Stop") consuming on 1 worker", facts: ["\(safe(form.worker.rawValue)) \(words)s consuming \(safe(queue.rawValue))", place], verb: words,
            need: need(count: 1),
            effect: .control(ControlRequest(form.adds ? "add_consumer" : "cancel_consumer", arguments: ["queue": .string(queue.rawValue)], destination: [form.worker])), now: now)
    }
}
