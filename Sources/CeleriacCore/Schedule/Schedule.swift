/// When a periodic task runs.
public enum Schedule: Hashable, Sendable {
    case interval(IntervalSchedule)
    // Elsewhere, lest all entries be as large as the largest.
    indirect case crontab(CrontabSchedule)
    case solar(SolarSchedule)
    /// Once, at a time in seconds since 1970.
    case clocked(Double)
    /// RFC 5545, as RedBeat stores it.
    indirect case recurrence(RecurrenceRule)
}

/// Every so many seconds.
public struct IntervalSchedule: Hashable, Sendable {
    /// Seconds.
    public var every: Double
    /// Runs at full days, hours, minutes or seconds of the zone instead of `every` after the last run (Celery's `relative`).
    public var isRelative: Bool

    public init(every: Double, isRelative: Bool = false) {
        self.every = every
        self.isRelative = isRelative
    }
}
