public import CeleriacCore

/// Code around each run and each message, the likes of Celery's signals. All parts are optional.
///
/// In a `process` pool the runs are seen in the child processes.
public struct TaskMiddleware: Sendable {
    /// Before a message is packed; may change it (`before_task_publish`).
    public var willSend: (@Sendable (inout TaskCall) -> Void)?
    /// Before the body, in the order in which they were added (`task_prerun`). What it throws is taken for the task's own error.
    public var willRun: (@Sendable (TaskContext) async throws -> Void)?
    /// After the body, in the reverse order, before anything is stored (`task_success`, `task_failure`, `task_retry`, `task_postrun`).
    public var didRun: (@Sendable (TaskContext, TaskOutcome) async -> Void)?

    public init(
        willSend: (@Sendable (inout TaskCall) -> Void)? = nil, willRun: (@Sendable (TaskContext) async throws -> Void)? = nil,
        didRun: (@Sendable (TaskContext, TaskOutcome) async -> Void)? = nil
    ) {
        self.willSend = willSend
        self.willRun = willRun
        self.didRun = didRun
    }
}
