import CeleriacCore

extension App {
    /// Runs the body of a task in this process: binds arguments, makes an outcome of what it throws, applies its retry policy. Cancelling the
    /// calling task is how the soft limit and `terminate` reach the body.
    func execute(_ job: Job) async -> TaskRun {
        let context = TaskContext(app: self, request: job.request)
        let clock = ContinuousClock(), start = clock.now
        do {
            let value = try await job.definition.body(job.args, job.kwargs, context)
            return TaskRun(outcome: .success(value), runtime: clock.now - start, children: [])
        } catch {
            let exception = StoredException(type: String(describing: Swift.type(of: error)), module: nil, arguments: [.string(String(describing: error))])
            return TaskRun(outcome: .failure(exception, traceback: exception.text), runtime: clock.now - start, children: [])
        }
    }
}
