public import CeleriacCore

/// What a task ended with, instead of a result; thrown to whoever waits for it.
public struct TaskError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The task that failed: an earlier one, when that is why this one will never run.
    public var task: TaskID
    /// FAILURE or REVOKED.
    public var state: TaskState
    public var exception: StoredException
    public var traceback: String?

    public init(task: TaskID, state: TaskState, exception: StoredException, traceback: String? = nil) {
        self.task = task
        self.state = state
        self.exception = exception
        self.traceback = traceback
    }

    /// - Returns: `nil` when the record is of no failed task.
    init?(_ record: ResultRecord) {
        guard record.state == .failure || record.state == .revoked else { return nil }
        let exception = record.exception ?? StoredException(type: "Exception", module: "builtins", arguments: [record.result])
        self.init(task: record.id, state: record.state, exception: exception, traceback: record.traceback)
    }

    /// Without the exception's arguments, which may be confidential: those are in `exception`.
    public var description: String {
        "task \(ForeignText.safe(task.rawValue)) ended as \(ForeignText.safe(state.rawValue)): \(ForeignText.safe(exception.type))"
    }
}
