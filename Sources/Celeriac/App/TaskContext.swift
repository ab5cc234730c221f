public import CeleriacCore
import Synchronization

/// What a running task knows of its call, and can ask for. Valid while it runs.
///
/// Cancellation of the Swift task (`Task.isCancelled`, `CancellationError` from whatever it awaits) tells the body that its soft time limit is over, or
/// that it is being terminated.
public final class TaskContext: Sendable {
    /// Of the task that this code is part of; `nil` outside of one. What is sent with it set is recorded as the task's child.
    @TaskLocal public static var current: TaskContext?

    public let app: App
    /// The call as it came.
    public let request: TaskRequest
    let definition: TaskDefinition?
    private let state = Mutex(State())

    private struct State {
        var children: [AppliedResult] = []
        var isSoftLimitReached = false
    }

    init(app: App, request: TaskRequest, definition: TaskDefinition? = nil) {
        self.app = app
        self.request = request
        self.definition = definition
    }

    public var id: TaskID { request.id }
    /// How often it has been tried before.
    public var retries: Int { request.message.retries }
    /// How often it may be tried again; `nil` = endlessly.
    public var retryLimit: Int? { (definition?.options.retry ?? .never).limit }
    /// Whether it is to end: its soft time limit is over, or it is being terminated.
    public var isCancelled: Bool { Task.isCancelled }
    /// Whether the soft time limit is over; the body has until the hard one to clean up.
    public var isSoftLimitReached: Bool { state.withLock { $0.isSoftLimitReached } }

    func reachSoftLimit() { state.withLock { $0.isSoftLimitReached = true } }
    func record(child: AppliedResult) { state.withLock { $0.children.append(child) } }
    /// In Celery's tuple form, in the order in which they were sent.
    var children: [Value] { state.withLock { $0.children.map(\.tuple) } }
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
