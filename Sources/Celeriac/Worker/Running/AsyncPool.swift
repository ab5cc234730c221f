import CeleriacCore
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs tasks in this process, as Swift tasks; what ends them before their time is cancellation, to which a body has to pay heed.
///
/// A run that was terminated, or reached its hard limit, ends at once. A body that goes on nevertheless is counted in `abandoned` until it returns.
final class AsyncPool: Pool {
    private struct State {
        var size: Int
        var runs: [TaskID: AsyncRun] = [:]
    }

    let implementation = "celeriac.pool.async"
    private let app: App
    private let log: Logger
    private let state: Mutex<State>
    /// Bodies that still run although their runs have ended.
    private let abandonedCount = Atomic(0)

    init(app: App, size: Int, log: Logger) {
        self.app = app
        self.log = log
        state = Mutex(State(size: max(1, size)))
    }

    var size: Int { state.withLock { $0.size } }
    var processIDs: [Int32] { [getpid()] }
    var abandoned: Int { abandonedCount.load(ordering: .relaxed) }

    func run(_ job: Job, started: @Sendable (_ process: Int32) -> Void) async -> TaskRun {
        started(getpid())
        let id = job.request.id
        let run = AsyncRun()
        state.withLock { $0.runs[id] = run }
        // The body must be able to outlive its run: that rules out a child task.
        run.attach(Task { if !run.finish(await app.execute(job)) { abandonedCount.subtract(1, ordering: .relaxed) } })
        let limits = job.request.limits
        let timers = limits.soft == nil && limits.hard == nil ? nil : watch(run, limits, job.request)
        let result = await run.value()
        timers?.cancel()
        state.withLock { if $0.runs[id] === run { $0.runs[id] = nil } }
        return result
    }

    /// One timer for both limits.
    private func watch(_ run: AsyncRun, _ limits: TimeLimits, _ request: TaskRequest) -> Task<Void, any Error> {
        let start = ContinuousClock.now
        return Task {
            let shown = "\(ForeignText.safe(request.message.name))[\(ForeignText.safe(request.id.rawValue))]"
            if let soft = limits.soft, limits.hard.map({ soft < $0 }) ?? true {
                try await Task.sleep(until: start + soft, clock: .continuous)
                if run.passSoftLimit() { log.warning("Soft time limit (\(soft.seconds)s) exceeded for \(shown)") }
            }
            guard let hard = limits.hard else { return }
            try await Task.sleep(until: start + hard, clock: .continuous)
            guard abandon(run, .timedOut(limit: hard)) else { return }
            log.error("Hard time limit (\(hard.seconds)s) exceeded for \(shown)")
        }
    }

    /// Ends a run without waiting for its body; `false` when it has ended already.
    @discardableResult
    private func abandon(_ run: AsyncRun, _ outcome: TaskOutcome) -> Bool {
        // Counted first: the body may end at any moment.
        abandonedCount.add(1, ordering: .relaxed)
        guard run.abandon(outcome) else {
            abandonedCount.subtract(1, ordering: .relaxed)
            return false
        }
        return true
    }

    func terminate(_ id: TaskID, signal: Int32) {
        if let run = state.withLock({ $0.runs[id] }) { abandon(run, .terminated(signal: signal)) }
    }

    func cancel(_ id: TaskID) {
        if let run = state.withLock({ $0.runs[id] }) { abandon(run, .lost("cancelled")) }
    }

    func grow(by count: Int) { state.withLock { $0.size += max(0, count) } }
    func shrink(by count: Int) { state.withLock { $0.size = max(1, $0.size - max(0, count)) } }
    func restart() {}

    func close() async {
        let left = abandoned
        if left > 0 { log.warning("\(left) tasks did not heed their cancellation and end with the process") }
    }
}

/// One run: ended by its body, or before it.
private final class AsyncRun: Sendable {
    private struct State {
        var result: TaskRun?
        var waiting: CheckedContinuation<TaskRun, Never>?
        var body: Task<Void, Never>?
        var isPastSoftLimit = false
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    func attach(_ body: Task<Void, Never>) {
        let isOver = state.withLock { state in
            state.body = body
            return state.result != nil
        }
        // Abandoned while it was being set up; for a body that has returned this does nothing.
        if isOver { body.cancel() }
    }

    func value() async -> TaskRun {
        await withCheckedContinuation { continuation in
            let result = state.withLock { state in
                if state.result == nil { state.waiting = continuation }
                return state.result
            }
            if let result { continuation.resume(returning: result) }
        }
    }

    /// The body has returned; `false` when the run had ended before.
    func finish(_ run: TaskRun) -> Bool {
        state.withLock { state in
            guard state.result == nil else { return false }
            let result = state.isPastSoftLimit ? run.afterSoftLimit : run
            state.result = result
            // Resuming only makes the waiting task ready: nothing of it runs under the lock.
            state.waiting?.resume(returning: result)
            state.waiting = nil
            return true
        }
    }

    /// Ends the run and cancels the body; `false` when it has ended.
    func abandon(_ outcome: TaskOutcome) -> Bool {
        let run = TaskRun(outcome: outcome, runtime: ContinuousClock.now - start, children: [])
        guard finish(run) else { return false }
        state.withLock { $0.body }?.cancel()
        return true
    }

    /// Cancels the body, which may still end well; `false` when it has ended.
    func passSoftLimit() -> Bool {
        let body = state.withLock { state -> Task<Void, Never>? in
            guard state.result == nil else { return nil }
            state.isPastSoftLimit = true
            return state.body
        }
        body?.cancel()
        return body != nil
    }
}

extension TaskRun {
    /// A body that let its cancellation through failed by the soft limit.
    fileprivate var afterSoftLimit: TaskRun {
        guard case .failure(let exception, let traceback) = outcome, exception.type == "CancellationError" else { return self }
        let limit = StoredException(type: "SoftTimeLimitExceeded", module: "billiard.exceptions", arguments: [])
        var run = self
        run.outcome = .failure(limit, traceback: traceback.isEmpty ? limit.text : traceback)
        return run
    }
}
