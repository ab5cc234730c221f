import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// Gives tasks to the pool as slots become free, and sees each to its end.
struct TaskRunner: Sendable {
    let state: WorkerState
    private let succession: Succession

    init(_ state: WorkerState) {
        self.state = state
        succession = Succession(state: state)
    }

    /// Moves on all that may move now: what was held until now, what waits for a slot. Called after every change.
    func advance() {
        let runs = settleNext()
        // A slot is a task of its own that goes on for as long as there is work: whoever brings the work does not wait for it.
        for task in runs { Task { await occupySlot(task) } }
    }

    private func occupySlot(_ first: Reservation) async {
        var next: Reservation? = first
        while let task = next {
            await run(task)
            state.books.withLock { $0.finished(task) }
            let runs = settleNext()
            next = runs.first
            for task in runs.dropFirst() { Task { await occupySlot(task) } }
        }
        if state.books.withLock({ $0.isClosed && $0.active.isEmpty }) { state.signals.send(.idle) }
    }

    /// The tasks that are to begin; those that are not to be run at all are settled.
    private func settleNext() -> [Reservation] {
        let now = state.time()
        let (next, alarm) = state.books.withLock { ($0.advance(now: now), $0.nextAlarm(now: now)) }
        for (task, why) in next.discards { discard(task, why) }
        if let alarm { state.alarm.set(alarm) { advance() } } else { state.alarm.cancel() }
        state.updatePrefetch()
        return next.runs
    }

    // MARK: - One task

    private func run(_ task: Reservation) async {
        if let stored = await storedSuccess(task) {
            // It ran before, and only its acknowledgement was lost; its callbacks may be lost too and are sent again.
            state.log.info("\(state.shown(task)) succeeded before, and is not run again")
            await conclude(task, TaskRun(outcome: .success(stored.result), runtime: .zero, children: stored.children.array ?? []), stores: false)
            return
        }
        let run = await state.pool.run(task.job) { process in started(task, process) }
        await conclude(task, run)
    }

    private func started(_ task: Reservation, _ process: Int32) {
        state.books.withLock { $0.started(task, process: process, now: state.time()) }
        let events = task.policy.sendsEvents && state.events.sendsTasks ? [TaskEvent.started(task.id)] : []
        if !task.policy.acksLate {
            state.completions.push(Completion(settlement: .acknowledge(task.tag), events: events))
        } else {
            state.events.send(events)
        }
        if task.policy.tracksStarted {
            let result: Value = ["pid": .integer(Int(process)), "hostname": .string(state.node.rawValue)]
            state.completions.push(Completion(record: record(of: task, Ending.Record(state: .started, result: result), children: [])))
        }
        state.log.debug("Task accepted: \(state.shown(task)) pid:\(process)")
    }

    /// The record of a redelivered task that has succeeded already.
    private func storedSuccess(_ task: Reservation) async -> ResultRecord? {
        guard task.message.isRedelivered, task.policy.acksLate, task.policy.storesResult, let results = state.results else { return nil }
        // A backend that does not answer must not keep the task from running: that may at worst be its second time.
        guard let record = try? await results.record(of: task.id), record.state == .success else { return nil }
        return record
    }

    // MARK: - The end of a task

    /// - Parameter stores: false when its result is stored already.
    private func conclude(_ task: Reservation, _ run: TaskRun, stores: Bool = true) async {
        var run = run
        let isCancelled = state.books.withLock { $0.isCancelling }
        var ending = Ending(run.outcome, policy: task.policy, tag: task.tag, isCancelled: isCancelled)
        switch ending.consequence {
        case .success(let value):
            do { run.children += try await succession.sendSuccessors(of: task, result: value) } catch {
                let exception = StoredException(type: "OperationalError", module: "kombu.exceptions", arguments: [.string("\(error)")])
                ending = Ending(.failure(exception, traceback: exception.text), policy: task.policy, tag: task.tag)
            }
        case .retry(let retry):
            do {
                try await succession.sendRetry(of: task, retry)
                // As in Celery, where the retry is sent from within the run, and so is its child.
                run.children.append([[.string(task.id.rawValue), nil], nil])
            } catch {
                ending = Ending(.rejected(reason: "\(error)", requeue: false), policy: task.policy, tag: task.tag)
            }
        case .none, .failure, .revocation: break
        }
        note(task, ending, run)
        await finish(task, ending, run, stores: stores)
    }

    private func finish(_ task: Reservation, _ ending: Ending, _ run: TaskRun, stores: Bool = true) async {
        let record = stores ? ending.record.map { self.record(of: task, $0, children: run.children) } : nil
        var completion = Completion(record: record, settlement: ending.settlement)
        if task.policy.sendsEvents, state.events.sendsTasks {
            completion.events = ending.announcements.map { .of($0, task.id, runtime: run.runtime) }
        }
        if succession.follows(ending.consequence, task) {
            // What follows must find the result stored, and comes before the message is let go.
            if let record { await state.completions.store(record) }
            completion.record = nil
            await succession.follow(ending.consequence, task)
        }
        state.completions.push(completion)
    }

    /// A task that is not run.
    func discard(_ task: Reservation, _ why: Books.Discard) {
        state.log.info("Discarding \(why == .expired ? "expired" : "revoked") task: \(state.named(task))")
        let ending = Ending(revoked: why == .expired ? "expired" : "revoked", policy: task.policy, tag: task.tag)
        let run = TaskRun(outcome: .ignored, runtime: .zero, children: [])
        guard succession.follows(ending.consequence, task) else {
            var completion = Completion(record: ending.record.map { record(of: task, $0, children: []) }, settlement: ending.settlement)
            if task.policy.sendsEvents { completion.events = ending.announcements.map { .of($0, task.id, runtime: .zero) } }
            state.completions.push(completion)
            return
        }
        // The receipt of messages does not wait for a chord.
        Task { await finish(task, ending, run) }
    }

    private func record(of task: Reservation, _ ending: Ending.Record, children: [Value]) -> ResultRecord {
        ResultRecord(ending, of: task, children: children, node: state.node, isExtended: state.configuration.resultsAreExtended, now: state.time())
    }

    /// One line for the log, in Celery's words.
    private func note(_ task: Reservation, _ ending: Ending, _ run: TaskRun) {
        let runtime = run.runtime.seconds
        for announcement in ending.announcements {
            switch announcement {
            case .succeeded(let value):
                state.log.info("\(state.shown(task)) succeeded in \(runtime)s: \(ForeignText.safe(PythonRepr.text(value)))")
            case .failed(let exception, let traceback):
                state.log.error(
                    "\(state.shown(task)) raised unexpected: \(ForeignText.safe(exception))\n\(ForeignText.safe(traceback, newlines: .keep))")
            case .retried(let exception, _): state.log.info("\(state.shown(task)) retry: \(ForeignText.safe(exception))")
            case .rejected(let requeue): state.log.info("\(state.shown(task)) rejected\(requeue ? ", and requeued" : "")")
            case .revoked: state.log.info("\(state.shown(task)) terminated")
            case .cancelled: state.log.warning("\(state.shown(task)) cancelled")
            }
        }
        if ending.announcements.isEmpty { state.log.info("\(state.shown(task)) ignored") }
    }
}
