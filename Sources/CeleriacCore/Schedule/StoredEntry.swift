/// An entry as it was read.
public struct StoredEntry: Hashable, Sendable {
    public var entry: ScheduleEntry
    /// Opaque: what compare-and-swap compares.
    public var version: String
    /// Written again by beat from its own settings at its next start (RedBeat's statics, `beat_schedule`).
    public var isStatic: Bool
    /// Why beat cannot run it (a broken definition), else `nil`. Its `schedule` is then of no meaning.
    public var problem: String?

    public init(_ entry: ScheduleEntry, version: String, isStatic: Bool = false, problem: String? = nil) {
        self.entry = entry
        self.version = version
        self.isStatic = isStatic
        self.problem = problem
    }
}

public enum ScheduleWrite: Hashable, Sendable {
    case done(StoredEntry)
    /// Somebody changed it meanwhile; as it is now, `nil` when it is gone. For an addition: the name is taken.
    case conflict(StoredEntry?)
}

public struct ScheduleLeader: Hashable, Sendable {
    /// A token, or a worker's name; as the store has it.
    public var owner: String
    /// Seconds until its lease ends.
    public var remaining: Double?

    public init(owner: String, remaining: Double?) {
        self.owner = owner
        self.remaining = remaining
    }
}
