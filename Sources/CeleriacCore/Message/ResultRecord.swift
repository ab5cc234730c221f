/// What a result backend keeps of one task (`results.md`, "Record").
public struct ResultRecord: Hashable, Sendable {
    public var id: TaskID
    public var state: TaskState
    public var result: Value
    public var traceback: String?
    public var children: Value
    /// ISO 8601 text as stored.
    public var dateDone: String?
    public var parent: TaskID?
    public var group: String?
    /// Where the task's sender wants to be told of it. Not part of what is kept.
    public var replyTo: String?
    // With `result_extended` only:
    public var name: String?
    public var args: Value?
    public var kwargs: Value?
    public var worker: WorkerName?
    public var retries: Int?
    public var queue: QueueName?

    public init(id: TaskID, state: TaskState, result: Value = .null) {
        self.id = id
        self.state = state
        self.result = result
        children = .null
    }
}
