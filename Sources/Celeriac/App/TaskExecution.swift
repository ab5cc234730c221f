import CeleriacCore
import Glibc

extension App {
    /// Runs the body of a task in this process: makes an outcome of what it throws, applies its retry policy, ends it at the soft limit. Cancelling
    /// the calling task is how `terminate` reaches the body.
    func execute(_ job: Job) async -> TaskRun {
        let context = TaskContext(app: self, request: job.request, definition: job.definition)
        let clock = ContinuousClock(), start = clock.now
        let outcome: TaskOutcome = await TaskContext.$current.withValue(context) { await self.outcome(of: job, context) }
        return TaskRun(outcome: outcome, runtime: clock.now - start, children: context.children)
    }

    private func outcome(of job: Job, _ context: TaskContext) async -> TaskOutcome {
        let hooks = middleware
        var outcome: TaskOutcome
        do {
            for hook in hooks { try await hook.willRun?(context) }
            outcome = .success(try await run(job, context))
        } catch {
            var random = SystemRandomNumberGenerator()
            outcome = TaskOutcome(error, context, job.definition.options.retry, now: time(), random: &random)
        }
        for hook in hooks.reversed() { await hook.didRun?(context, outcome) }
        return outcome
    }

    private func run(_ job: Job, _ context: TaskContext) async throws -> Value {
        guard let limit = job.request.limits.soft else { return try await job.definition.body(job.args, job.kwargs, context) }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await job.definition.body(job.args, job.kwargs, context) }
            group.addTask {
                try await Task.sleep(for: limit)
                context.reachSoftLimit()
                return nil
            }
            defer { group.cancelAll() }
            while let end = try await group.next() {
                if let value = end { return value }
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}

extension TaskOutcome {
    /// What an error that left a task's body leads to.
    /// - Parameter now: seconds since 1970.
    init(_ error: any Error, _ context: TaskContext, _ policy: RetryPolicy, now: Double, random: inout some RandomNumberGenerator) {
        switch error {
        case TaskSignal.retry(let retry): self = .retry(retry)
        case TaskSignal.reject(let reason, let requeue): self = .rejected(reason: reason, requeue: requeue)
        case TaskSignal.ignore: self = .ignored
        case TaskSignal.failure(let exception): self = .failure(exception, traceback: exception.text)
        // Only whoever terminates cancels, and it knows better by which signal.
        case is CancellationError where !context.isSoftLimitReached && Task.isCancelled: self = .terminated(signal: SIGTERM)
        default:
            let isLate = error is CancellationError && context.isSoftLimitReached
            let exception = isLate ? .softTimeLimit : StoredException(error)
            let traceback = (error as? any CeleryError)?.traceback ?? exception.text
            guard policy.isAutomatic, (error as? any CeleryError)?.isRetryable ?? true, context.retries < policy.limit ?? .max else {
                self = .failure(exception, traceback: traceback)
                return
            }
            let pause = policy.pause(before: context.retries, using: &random)
            self = .retry(Retry(eta: pause > .zero ? now + pause.seconds : nil, exception: exception, traceback: traceback))
        }
    }
}

extension RetryPolicy {
    /// How long to wait before the next retry, after `retries` of them (`celery.utils.time.get_exponential_backoff_interval`).
    func pause(before retries: Int, using random: inout some RandomNumberGenerator) -> Duration {
        guard backsOff else { return delay }
        let first = max(1, delay.seconds.rounded(.down)), longest = max(0, maxDelay.seconds)
        // 2^62 s is longer than any limit.
        let seconds = min(longest, first * Double(UInt64(1) << UInt64(min(max(retries, 0), 62))))
        let whole = Int(exactly: seconds.rounded(.down)) ?? Int.max
        return .seconds(hasJitter ? Int.random(in: 0...whole, using: &random) : whole)
    }
}
