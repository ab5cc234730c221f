public import OrderedCollections

/// A periodic task: what is sent, and when.
public struct ScheduleEntry: Hashable, Sendable {
    /// Unique in its store.
    public var name: String
    public var task: String
    public var args: [Value]
    public var kwargs: OrderedDictionary<String, Value>
    /// Options of publication under Celery's names: `queue`, `priority`, `expires`, `headers`, …
    public var options: OrderedDictionary<String, Value>
    public var schedule: Schedule
    /// IANA name of the zone that the schedule's wall clock stands in; `nil`: beat's own.
    public var zone: String?
    public var isEnabled: Bool
    /// Disabled after its first run.
    public var isOneOff: Bool
    /// Not before, and never after; seconds since 1970.
    public var start: Double?
    public var end: Double?
    /// Seconds since 1970; `nil`: never ran.
    public var lastRun: Double?
    public var runs: Int
    public var note: String

    public init(
        _ name: String, task: String, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: OrderedDictionary<String, Value> = [:],
        schedule: Schedule, zone: String? = nil, isEnabled: Bool = true, isOneOff: Bool = false, start: Double? = nil, end: Double? = nil,
        lastRun: Double? = nil, runs: Int = 0, note: String = ""
    ) {
        self.name = name
        self.task = task
        self.args = args
        self.kwargs = kwargs
        self.options = options
        self.schedule = schedule
        self.zone = zone
        self.isEnabled = isEnabled
        self.isOneOff = isOneOff
        self.start = start
        self.end = end
        self.lastRun = lastRun
        self.runs = runs
        self.note = note
    }
}
