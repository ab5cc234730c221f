/// What joins the tasks of a workflow, as far as it can be seen from outside.
public enum WorkflowKind: String, Hashable, Sendable {
    /// One after the other. Inferred: a task that sends another one by itself looks the same.
    case chain
    /// Side by side, with one group id.
    case group
    /// A group whose end starts another task.
    case chord
    /// A task that sent several others.
    case tree
}

/// How many tasks of a workflow stand where.
public struct WorkflowCounts: Hashable, Sendable {
    public var total = 0
    public var done = 0
    /// Failed, revoked and rejected ones.
    public var failed = 0
    public var running = 0
    /// Sent, received, or waiting for a retry.
    public var waiting = 0

    public init() {}

    mutating func add(_ state: StateID) {
        total += 1
        switch state {
        case .success: done += 1
        case .failure, .revoked, .rejected: failed += 1
        case .pending, .received, .retry: waiting += 1
        default: running += 1
        }
    }
}

/// Tasks that belong together, as one row.
public struct WorkflowRow: Hashable, Sendable {
    /// Tasks of one level: how many, and the name of the first.
    public struct Step: Hashable, Sendable {
        public var name: String
        public var count: Int
        /// Names other than the first one occur too.
        public var isMixed: Bool

        public init(name: String, count: Int, isMixed: Bool = false) {
            self.name = name
            self.count = count
            self.isMixed = isMixed
        }
    }

    /// Id of the first task: the root, or the member of the group that appeared first.
    public var id: TaskID
    public var kind: Fact<WorkflowKind>
    /// Level by level, the first ones only.
    public var steps: [Step]
    /// There are more levels than `steps` holds.
    public var hasMoreSteps: Bool
    public var counts: WorkflowCounts
    /// Members that the backend's counter expects; `nil` when it was not asked or counts none.
    public var expected: Int?
    /// The worst state of any task in it: a failure before all else, success only when all have succeeded.
    public var state: TaskState
    /// The task that has that state; of several failures the first.
    public var worst: TaskRow?
    /// Why a chord in it has not sent its body; `nil` when there is none.
    public var chord: ChordVerdict?
    /// Seconds since 1970 of the first sign of it.
    public var startedAt: Double
    /// Seconds from there to its end, or until now.
    public var elapsed: Double

    public var isFinished: Bool { counts.running == 0 && counts.waiting == 0 }

    public init(id: TaskID, kind: Fact<WorkflowKind> = .noAnswer(last: nil, at: nil), state: TaskState = .pending, startedAt: Double = 0) {
        self.id = id
        self.kind = kind
        self.state = state
        self.startedAt = startedAt
        steps = []
        hasMoreSteps = false
        counts = WorkflowCounts()
        elapsed = 0
    }
}

extension StateID {
    /// How bad it is to have a task in this state, the worst highest.
    var severity: Int {
        switch self {
        case .success: 0
        case .pending: 1
        case .received: 2
        case .retry: 4
        case .revoked, .rejected: 5
        case .failure: 6
        default: 3
        }
    }
}
