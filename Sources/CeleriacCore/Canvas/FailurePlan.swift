import OrderedCollections

/// What the failure of a task, or of a chord's header, leaves to be done. Whatever of it cannot be done does not keep the rest from being done.
public struct FailurePlan: Hashable, Sendable {
    public var errbacks: [CanvasPlan] = []
    /// To be stored with the same exception, and counted where they are in a chord themselves.
    public var failures: [FailedSignature] = []
    /// To be told to the workers, after the failures are stored.
    public var revoked: [TaskID] = []
    /// The body is a group: its members are stored with what the header's task raised, not with the chord's error (`chord_error_from_stack`).
    public var bearsCause = false
    /// Why errbacks, or a body, could not be applied.
    public var problems: [CanvasError] = []

    init() {}
}

/// A signature that will never run, because what it waited for has failed. Its result is to be stored as failed with the same exception.
public struct FailedSignature: Hashable, Sendable {
    /// `nil` for one that was never given an id: there is nothing to store.
    public var id: TaskID?
    public var name: String
    /// When it is a member of a chord's header, and has not failed before: to be counted there as a failed part.
    public var group: String?
    public var groupIndex: Int?
    public var chord: Value?

    init(id: TaskID, name: String) {
        self.id = id
        self.name = name
    }

    init(_ signature: Value) {
        let options = signature["options"]?.object ?? [:]
        id = options["task_id"]?.string.map(TaskID.init(_:))
        name = signature["task"]?.string ?? ""
        group = options["group_id"]?.string
        groupIndex = options["group_index"]?.integer
        chord = options["chord"]?.ifNotNull
    }

    /// The rest of a chain, in the order in which Celery stores it. Of a chord also the body, for which later steps wait; and so on, if that is a chord.
    static func all(in chain: [Value]) -> [FailedSignature] {
        var pending = chain, failures: [FailedSignature] = []
        var position = 0
        while position < pending.count {
            let signature = pending[position]
            position += 1
            failures.append(FailedSignature(signature))
            if signature["subtask_type"] == "chord", let body = signature["kwargs"]?["body"]?.ifNotNull { pending.append(body) }
        }
        return failures
    }
}
