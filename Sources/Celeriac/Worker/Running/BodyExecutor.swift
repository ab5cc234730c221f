import Dispatch

/// Where the bodies of tasks run: on threads of their own.
///
/// A body that blocks its thread, as many do that call what knows no `await`, must not keep the worker from renewing its hold on messages, beating and
/// answering, all of which run on the few threads of the concurrency runtime. Dispatch adds threads when those it has are blocked.
final class BodyExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "celeriac.pool.async", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
