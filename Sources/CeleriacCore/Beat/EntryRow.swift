/// What is known of one schedule entry. Texts are as the store has them, **not yet made safe to show**.
public struct EntryRow: Hashable, Sendable {
    public var stored: StoredEntry
    /// The schedule in words.
    public var words: String
    /// Of the zone that its wall clock stands in.
    public var zoneName: String
    public var state: EntryState
    /// Seconds since 1970; `nil`: never ran, or a skip has overwritten it.
    public var lastRun: Double?
    /// Seconds since 1970, maybe over already; inferred where nothing tells when the entry's time began.
    public var next: Fact<Double>
    public var outcome: Fact<EntryOutcome>
    /// What beat made of the last edit from here.
    public var verdict: EditVerdict?

    public init(_ stored: StoredEntry, words: String = "", zoneName: String = "UTC", state: EntryState = .scheduled, next: Fact<Double> = .notApplicable) {
        self.stored = stored
        self.words = words
        self.zoneName = zoneName
        self.state = state
        self.next = next
        lastRun = stored.entry.lastRun
        outcome = .notApplicable
    }

    public var entry: ScheduleEntry { stored.entry }
    public var name: String { stored.entry.name }
}

/// How an entry stands, the worst first.
public enum EntryState: Hashable, Sendable {
    /// Beat cannot run it, for this reason.
    case broken(String)
    /// So many runs within so many seconds, more than twice as many as its schedule has.
    case storm(runs: Int, seconds: Double)
    /// So many runs were due and none was recorded; at most `missedLimit` are counted.
    case missed(Int)
    /// Seconds since it was due.
    case late(Double)
    case neverRan
    /// Its last run is said to be in the future: it waits until after that.
    case skipping
    case scheduled
    /// Enabled, but no run is to come.
    case ended
    case disabled

    public static let missedLimit = 99

    /// One word, for filters and scripts.
    public var name: String { Self.names[rank] }
    static let names = ["broken", "storm", "missed", "late", "never", "skipping", "on", "ended", "off"]

    /// 0 is the worst.
    public var rank: Int {
        switch self {
        case .broken: 0
        case .storm: 1
        case .missed: 2
        case .late: 3
        case .neverRan: 4
        case .skipping: 5
        case .scheduled: 6
        case .ended: 7
        case .disabled: 8
        }
    }

    public var isTrouble: Bool { rank <= 3 }
}

/// How the task of an entry's last run went.
public struct EntryOutcome: Hashable, Sendable {
    public var task: TaskID
    public var state: TaskState
    /// Seconds it ran, or has been running.
    public var runtime: Double?
    public var exception: String?
    /// Joined by name, arguments and time; else its message named the entry.
    public var isInferred: Bool

    public init(task: TaskID, state: TaskState, runtime: Double? = nil, exception: String? = nil, isInferred: Bool = true) {
        self.task = task
        self.state = state
        self.runtime = runtime
        self.exception = exception
        self.isInferred = isInferred
    }
}

/// A run as the store recorded it.
public struct RunSample: Hashable, Sendable {
    /// Seconds since 1970.
    public var at: Double
    /// How many there were in all.
    public var runs: Int
    /// Runs that were due between the one before and this one, and did not happen.
    public var missed: Int

    public init(at: Double, runs: Int, missed: Int = 0) {
        self.at = at
        self.runs = runs
        self.missed = missed
    }
}

/// A task that an entry's run sent.
public struct EntryRun: Hashable, Sendable {
    public var task: TaskRow
    /// Known by name, arguments and time only.
    public var isInferred: Bool
    /// The recorded run that it belongs to, in seconds since 1970.
    public var recordedAt: Double?
    /// Sent from here, beside the schedule.
    public var isTriggered: Bool

    public init(task: TaskRow, isInferred: Bool, recordedAt: Double? = nil, isTriggered: Bool = false) {
        self.task = task
        self.isInferred = isInferred
        self.recordedAt = recordedAt
        self.isTriggered = isTriggered
    }
}

/// One entry, whole.
public struct EntryDetail: Hashable, Sendable {
    public var row: EntryRow
    /// Seconds since 1970, at most twenty.
    public var upcoming: [Double]
    /// The entry's own zone, and that of whoever looks.
    public var zone: ZoneRules
    public var localZone: ZoneRules
    public var warnings: [ClockWarning]
    /// Newest first: runs that the store recorded while we looked, and tasks that they may have sent.
    public var samples: [RunSample]
    public var runs: [EntryRun]

    public init(
        row: EntryRow, upcoming: [Double] = [], zone: ZoneRules = .utc, localZone: ZoneRules = .utc, warnings: [ClockWarning] = [], samples: [RunSample] = [], runs: [EntryRun] = []
    ) {
        self.row = row
        self.upcoming = upcoming
        self.zone = zone
        self.localZone = localZone
        self.warnings = warnings
        self.samples = samples
        self.runs = runs
    }
}

/// One entry that is to be changed.
public struct EntryTarget: Hashable, Sendable {
    public var name: String
    /// As it was shown to whoever wants it changed; `nil`: it was not.
    public var seen: StoredEntry?

    public init(_ name: String, seen: StoredEntry? = nil) {
        self.name = name
        self.seen = seen
    }
}
