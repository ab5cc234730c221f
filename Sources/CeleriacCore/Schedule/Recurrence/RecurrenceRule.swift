/// A recurrence rule of RFC 5545 as python-dateutil's `rrule` and RedBeat's `definition` name its parts; `nil` is absent there.
public struct RecurrenceRule: Hashable, Sendable {
    public enum Frequency: Int, Sendable { case yearly = 0, monthly, weekly, daily, hourly, minutely, secondly }

    public struct Weekday: Hashable, Sendable {
        /// 0 is Monday.
        public var day: Int
        /// The n-th of its month or year, from the end when negative; RedBeat loses it.
        public var ordinal: Int?

        public init(_ day: Int, ordinal: Int? = nil) {
            self.day = day
            self.ordinal = ordinal
        }
    }

    public var frequency: Frequency
    public var interval = 1
    /// 0 is Monday.
    public var weekStart = 0
    public var count: Int?
    public var setPositions: [Int]?
    public var months: [Int]?
    public var monthDays: [Int]?
    public var yearDays: [Int]?
    public var easter: [Int]?
    public var weekNumbers: [Int]?
    public var weekdays: [Weekday]?
    public var hours: [Int]?
    public var minutes: [Int]?
    public var seconds: [Int]?
    /// Seconds since 1970, and minutes east of UTC in which the wall clock is meant.
    public var start: Double
    public var startOffset: Int?
    public var until: Double?
    public var untilOffset: Int?
    /// Parts as they were read where they are written otherwise than ours (a lone number for a list of one), under their names there.
    var written: [String: Value] = [:]

    public init(_ frequency: Frequency, start: Double, startOffset: Int? = nil) {
        self.frequency = frequency
        self.start = start
        self.startOffset = startOffset
    }

    // How it was written does not make it another.
    public static func == (a: Self, b: Self) -> Bool { a.parts == b.parts && a.lists == b.lists && a.weekdays == b.weekdays && a.start == b.start && a.until == b.until }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(parts)
        hasher.combine(lists)
        hasher.combine(weekdays)
        hasher.combine(start)
        hasher.combine(until)
    }

    private var parts: [Int?] { [frequency.rawValue, interval, weekStart, count, startOffset, untilOffset] }
    private var lists: [[Int]?] { [setPositions, months, monthDays, yearDays, easter, weekNumbers, hours, minutes, seconds] }

    /// Why it can never be followed, in words; `nil` when it can.
    public var problem: String? {
        if !(1...1_000_000_000 ~= interval) { return "an interval of \(interval)" }
        if !(0...6 ~= weekStart) { return "a week that begins on day \(weekStart)" }
        if !(-6.2e10...2.53e11 ~= start) { return "a start outside of the years 1 to 9999" }
        if (startOffset ?? 0).magnitude >= 1440 { return "an offset of \(startOffset ?? 0) minutes" }
        if setPositions?.contains(where: { $0 == 0 || $0.magnitude > 366 }) == true { return "bysetpos must be between 1 and 366, or between -366 and -1" }
        if weekdays?.contains(where: { !(0...6 ~= $0.day) || $0.ordinal == 0 }) == true { return "a weekday beyond 0 to 6" }
        let begin = WallClock(seconds: Int(secondAtOrBefore: start) + (startOffset ?? 0) * 60)
        for (name, list, limit, frequency, now) in [
            ("byhour", hours, 24, Frequency.hourly, begin.hour), ("byminute", minutes, 60, .minutely, begin.minute), ("bysecond", seconds, 60, .secondly, begin.second),
        ] {
            guard let list, !list.isEmpty else { continue }
            if list.contains(where: { !(0..<limit ~= $0) }) { return "\(name) must be within 0 and \(limit - 1)" }
            // A step of two hours from an even one never meets an odd one.
            let reached = stride(from: 0, to: limit, by: 1).map { (now + $0 * (interval % limit)) % limit }
            if frequency == self.frequency, !list.contains(where: reached.contains) { return "\(name) is never reached in steps of \(interval)" }
        }
        return nil
    }
}
