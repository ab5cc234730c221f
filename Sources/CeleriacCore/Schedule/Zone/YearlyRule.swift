/// The `TZ` text of POSIX, at the end of a zone file: what holds every year from its last change on (RFC 8536 section 3.3).
struct YearlyRule: Hashable, Sendable {
    struct Summer: Hashable, Sendable {
        /// Seconds east of UTC.
        var offset: Int
        var start: YearDay
        var end: YearDay
    }

    /// Seconds east of UTC.
    var offset: Int
    var summer: Summer?

    /// `nil` when `text` is no such rule.
    init?(_ text: Substring) {
        var reader = RuleReader(text.utf8)
        guard reader.skipName(), let offset = reader.duration(24) else { return nil }
        self.offset = -offset
        if reader.isAtEnd { return }
        guard reader.skipName() else { return nil }
        var summerOffset = self.offset + 3600
        if !reader.take(",") {
            guard let offset = reader.duration(24), reader.take(",") else { return nil }
            summerOffset = -offset
        }
        guard let start = reader.yearDay(), reader.take(","), let end = reader.yearDay(), reader.isAtEnd else { return nil }
        summer = Summer(offset: summerOffset, start: start, end: end)
    }

    func offset(at second: Int) -> Int {
        guard let summer else { return offset }
        let year = WallClock(seconds: second + offset).date.year
        // The year before and the one after are looked at as well: times of change may lie up to a week off their day.
        return changes(from: year - 1, through: year + 1).last { $0.at <= Double(second) }?.after ?? summer.offset
    }

    /// In the order of time. Where an end and the next start fall together, summer time goes on and neither is listed.
    func changes(from first: Int, through last: Int) -> [ClockChange] {
        guard let summer else { return [] }
        var changes: [ClockChange] = []
        for year in first - 1...last + 1 {
            changes.append(ClockChange(at: Double(summer.start.seconds(in: year) - offset), before: offset, after: summer.offset))
            changes.append(ClockChange(at: Double(summer.end.seconds(in: year) - summer.offset), before: summer.offset, after: offset))
        }
        changes.sort { $0.at < $1.at }
        return changes.indices.dropFirst(2).dropLast(2)
            .filter { changes[$0].at != changes[$0 - 1].at && changes[$0].at != changes[$0 + 1].at }.map { changes[$0] }
    }
}

/// A day of every year, and the time of a change on it.
struct YearDay: Hashable, Sendable {
    enum Day: Hashable, Sendable {
        /// 1…365; 29 February is never counted.
        case withoutLeapDay(Int)
        /// 0…365.
        case counted(Int)
        /// Month, week (5 is the last), day of the week (0 is Sunday).
        case weekday(Int, Int, Int)
    }

    var day: Day
    /// Seconds after midnight, of either sign.
    var time: Int

    /// On the wall clock, since 1970.
    func seconds(in year: Int) -> Int { days(in: year) * 86_400 + time }

    private func days(in year: Int) -> Int {
        switch day {
        case .withoutLeapDay(let day): return ISOTime.days(year, 1, 1) + day - 1 + (WallClock.isLeap(year) && day >= 60 ? 1 : 0)
        case .counted(let day): return ISOTime.days(year, 1, 1) + day
        case .weekday(let month, let week, let weekday):
            let first = ISOTime.days(year, month, 1)
            let found = first + (weekday - 1 - WallClock.weekday(ofDay: first)).flooredRemainder(7) + (week - 1) * 7
            return found < first + WallClock.daysInMonth(year, month) ? found : found - 7
        }
    }
}

/// Reads the parts of a rule, one after the other.
private struct RuleReader {
    private var rest: Substring.UTF8View

    init(_ text: Substring.UTF8View) { rest = text }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let next = rest.first, UInt32(next) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    /// Letters, or anything in angle brackets.
    mutating func skipName() -> Bool {
        if take("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[rest.index(after: end)...]
            return true
        }
        let name = rest.prefix { ($0 | 0x20) &- UInt8(ascii: "a") < 26 }
        rest = rest.dropFirst(name.count)
        return !name.isEmpty
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { $0 &- UInt8(ascii: "0") < 10 }
        guard 1...4 ~= digits.count else { return nil }
        rest = rest.dropFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return range ~= value ? value : nil
    }

    /// Seconds of `[+-]h[:m[:s]]`.
    mutating func duration(_ hours: Int) -> Int? {
        let sign = take("-") ? -1 : take("+") ? 1 : 1
        guard var seconds = number(0...hours).map({ $0 * 3600 }) else { return nil }
        if take(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += minutes * 60
            if take(":") {
                guard let rest = number(0...59) else { return nil }
                seconds += rest
            }
        }
        return sign * seconds
    }

    mutating func yearDay() -> YearDay? {
        guard let day = day() else { return nil }
        guard take("/") else { return YearDay(day: day, time: 7200) }
        return duration(167).map { YearDay(day: day, time: $0) }
    }

    private mutating func day() -> YearDay.Day? {
        if take("J") { return number(1...365).map { .withoutLeapDay($0) } }
        guard take("M") else { return number(0...365).map { .counted($0) } }
        guard let month = number(1...12), take("."), let week = number(1...5), take("."), let weekday = number(0...6) else { return nil }
        return .weekday(month, week, weekday)
    }
}
