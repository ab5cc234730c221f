public import CeleriacCore

/// What a running task knows of its call, and can ask for. Valid while it runs.
public final class TaskContext: Sendable {
    public let app: App
    /// The call as it came.
    public let request: TaskRequest

    init(app: App, request: TaskRequest) {
        self.app = app
        self.request = request
    }
}

/// One run of a task: its message, and who runs it.
public struct TaskRequest: Hashable, Sendable {
    public var message: TaskMessage
    public var worker: WorkerName
    /// After the task's own options and the worker's were asked.
    public var limits: TimeLimits

    public var id: TaskID { message.id }
    public var root: TaskID { message.root ?? message.id }

    public init(message: TaskMessage, worker: WorkerName, limits: TimeLimits = TimeLimits()) {
        self.message = message
        self.worker = worker
        self.limits = limits
    }
}
