/// What messages and result records tell of groups, which events do not: who belongs together, and how far a chord has counted.
public struct GroupFacts: Hashable, Sendable {
    /// Seconds since 1970.
    public var at: Double
    public var memberships: [GroupMembership]
    public var chords: [ChordFacts]
    /// Tasks that were asked about and belong to no group, or have left no record that could tell.
    public var strangers: [TaskID]

    public init(at: Double, memberships: [GroupMembership] = [], chords: [ChordFacts] = [], strangers: [TaskID] = []) {
        self.at = at
        self.memberships = memberships
        self.chords = chords
        self.strangers = strangers
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
