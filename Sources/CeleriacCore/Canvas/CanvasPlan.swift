/// What applying a signature takes, in the order in which it has to happen, and what its result is known by.
public struct CanvasPlan: Hashable, Sendable {
    public enum Step: Hashable, Sendable {
        case send(TaskCall)
        /// A group's record, which keeps the nesting of a chord's header, or lets others restore the group.
        case saveGroup(String, members: Value)
        /// Before the last member of the header is sent.
        case openChord(group: String, size: Int)
    }

    public var steps: [Step]
    public var result: AppliedResult

    public init(steps: [Step], result: AppliedResult) {
        self.steps = steps
        self.result = result
    }
}

/// What the result of an applied signature is known by: a task, or a group of them, after an earlier one.
public indirect enum AppliedResult: Hashable, Sendable {
    case task(TaskID, parent: AppliedResult?)
    case group(String, members: [AppliedResult], parent: AppliedResult?)
}
