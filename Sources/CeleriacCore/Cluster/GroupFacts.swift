/// What messages and result records tell of groups, which events do not: who belongs together, and how far a chord has counted.
public struct GroupFacts: Hashable, Sendable {
    /// Seconds since 1970.
    public var at: Double
    public var memberships: [GroupMembership]
    public var outcomes: [StoredOutcome]
    public var chords: [ChordFacts]
    /// Tasks that were asked about and have left no record.
    public var unrecorded: [TaskID]

    public init(at: Double, memberships: [GroupMembership] = [], outcomes: [StoredOutcome] = [], chords: [ChordFacts] = [], unrecorded: [TaskID] = []) {
        self.at = at
        self.memberships = memberships
        self.outcomes = outcomes
        self.chords = chords
        self.unrecorded = unrecorded
    }
}

/// A task and the group that its message or its result record names. A chord's body names the group of its header too.
public struct GroupMembership: Hashable, Sendable {
    public var task: TaskID
    public var group: String

    public init(task: TaskID, group: String) {
        self.task = task
        self.group = group
    }
}

/// The little that workflows need of a stored result record.
public struct StoredOutcome: Hashable, Sendable {
    public var id: TaskID
    public var group: String?
    /// `nil` when only the end of the record was read.
    public var state: TaskState?
    /// Seconds since 1970.
    public var doneAt: Double?
    /// As Python's `repr` of it.
    public var exception: String?
    public var worker: WorkerName?

    public init(id: TaskID, group: String? = nil, state: TaskState? = nil) {
        self.id = id
        self.group = group
        self.state = state
    }

    public init(_ record: ResultRecord) {
        self.init(id: record.id, group: record.group, state: record.state)
        doneAt = record.doneAt
        exception = record.exception?.text
        worker = record.worker
    }
}

/// What a result backend has counted of one chord.
public struct ChordFacts: Hashable, Sendable {
    /// Whether somebody has taken it on to send the body.
    public enum Claim: Hashable, Sendable {
        case none
        /// A worker holds the claim and is about to send the body.
        case taken
        /// The body was sent.
        case done
    }

    public var group: String
    /// Completions that the body waits for, those added later included; `nil` when the backend keeps no such number: no chord, or one that is over.
    public var size: Int?
    public var counted: Int
    /// Ids of the members counted so far; `nil` when they were not read.
    public var members: [TaskID]?
    public var claim: Claim

    public init(group: String, size: Int? = nil, counted: Int = 0, members: [TaskID]? = nil, claim: Claim = .none) {
        self.group = group
        self.size = size
        self.counted = counted
        self.members = members
        self.claim = claim
    }
}
