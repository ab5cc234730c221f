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
    private let executor = BodyExecutor()
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
        run.attach(
            Task(executorPreference: executor) {
                if !run.finish(await self.app.execute(job)) { self.abandonedCount.subtract(1, ordering: .relaxed) }
            })
        let timer = job.request.limits.hard.map { watch(run, $0, job.request) }
        let result = await run.value()
        timer?.cancel()
        state.withLock { if $0.runs[id] === run { $0.runs[id] = nil } }
        return result
    }

    /// The soft limit is the body's own affair (`App.execute`).
    private func watch(_ run: AsyncRun, _ limit: Duration, _ request: TaskRequest) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: limit)
            guard abandon(run, .timedOut(limit: limit)) else { return }
            let shown = "\(ForeignText.safe(request.message.name))[\(ForeignText.safe(request.id.rawValue))]"
            log.error("Hard time limit (\(limit.seconds)s) exceeded for \(shown); \(abandoned) tasks have yet to heed their cancellation")
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
            state.result = run
            // Resuming only makes the waiting task ready: nothing of it runs under the lock.
            state.waiting?.resume(returning: run)
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
}
