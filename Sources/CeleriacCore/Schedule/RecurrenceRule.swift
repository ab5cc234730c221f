/// A recurrence rule of RFC 5545 as python-dateutil's `rrule` and RedBeat's `definition` name its parts; `nil` is absent there.
public struct RecurrenceRule: Hashable, Sendable {
    public enum Frequency: Int, Sendable { case yearly = 0, monthly, weekly, daily, hourly, minutely, secondly }

    public struct Weekday: Hashable, Sendable {
        /// 0 is Monday.
        public var day: Int
        /// The n-th of its month or year, from the end when negative; RedBeat loses it.
        public var ordinal: Int?
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
}
