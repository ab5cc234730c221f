/// Which waiting messages of a queue an action is about, fixed when it was asked for.
public enum MessageSelection: Hashable, Sendable {
    case all
    /// All that match when they are come to.
    case matching(Filter)
    /// These, as they were then: what has changed or gone meanwhile is left alone.
    case messages([KeptMessage])
    /// All messages of these tasks.
    case tasks([TaskID])
}

/// How far an act on many messages has come.
public struct JobProgress: Hashable, Sendable {
    /// Messages looked at, of how many.
    public var looked = 0
    public var total = 0
    /// Messages found, and those that it is done with.
    public var found = 0
    public var done = 0

    public init() {}
}

/// How an act on messages ended.
public struct JobReport: Hashable, Sendable {
    /// Messages taken away, moved or put back.
    public var done = 0
    /// Messages that were meant, but were not there any more, or not as they had been.
    public var gone = 0
    /// Where copies are, when any were made.
    public var trash: TrashID?
    /// It was stopped before its end.
    public var isStopped = false

    public init() {}
}

/// Names one act's copies in the trash; sorts by time.
public struct TrashID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public var description: String { rawValue }
}

/// What is in the trash of one act.
public struct TrashEntry: Hashable, Sendable {
    public var id: TrashID
    /// Seconds since 1970.
    public var at: Double
    /// `delete`, `move`, `purge`, `edit`.
    public var act: String
    /// Masked endpoint of the broker that the messages were on.
    public var broker: String
    public var queue: QueueName
    /// Where they were moved to.
    public var target: QueueName?
    /// Who did it: user@host.
    public var who: String
    /// Messages copied, and bytes of the file.
    public var count: Int
    public var bytes: Int
    /// It came to its end; otherwise some of the messages may still be where they were.
    public var isFinished: Bool
    /// When they were put back, in seconds since 1970.
    public var restoredAt: Double?

    public init(id: TrashID, at: Double, act: String, broker: String, queue: QueueName, target: QueueName? = nil, who: String, count: Int = 0, bytes: Int = 0, isFinished: Bool = false, restoredAt: Double? = nil) {
        self.id = id
        self.at = at
        self.act = act
        self.broker = broker
        self.queue = queue
        self.target = target
        self.who = who
        self.count = count
        self.bytes = bytes
        self.isFinished = isFinished
        self.restoredAt = restoredAt
    }
}
