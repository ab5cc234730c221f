/// ISO 8601 texts and seconds since 1970, by the proleptic Gregorian calendar (RFC 3339 and the forms that `dateutil.parser.isoparse` reads).
public enum ISOTime {
    /// Seconds since 1970 of a date, or a date and time after `T` or a space, with an offset or `Z`; without one the time is UTC.
    ///
    /// Extended (`2024-01-02T03:04:05.5+01:00`) and basic (`20240102T030405Z`) forms, reduced precision (`2024`, `2024-01`,
    /// `2024-01-02T03`), ordinal dates (`2024-060`) and week dates (`2024-W09-4`). `24:00` is the end of the day. `nil` for anything else.
    public static func parse(_ text: String) -> Double? {
        var cursor = DigitCursor(text)
        guard let days = cursor.date() else { return nil }
        var seconds = Double(days * 86_400)
        if cursor.isAtEnd { return seconds }
        guard cursor.take("T") || cursor.take("t") || cursor.take(" "), let time = cursor.time() else { return nil }
        seconds += time.seconds + time.fraction
        if let offset = cursor.offset() { seconds -= Double(offset) }
        return cursor.isAtEnd ? seconds : nil
    }

    /// As Python's `isoformat` of an aware time: microseconds only when there are any, `+00:00` for UTC, never `Z`.
    ///
    /// `offset` is minutes east of UTC, less than a day. `nil` for a time that is not finite or outside the years 1…9999.
    public static func text(_ seconds: Double, offset: Int = 0) -> String? {
        guard seconds.magnitude < 1e12, offset.magnitude < 1440 else { return nil }
        let shifted = seconds + Double(offset * 60)
        var whole = Int(shifted.rounded(.down))
        var microseconds = Int(((shifted - Double(whole)) * 1e6).rounded())
        if microseconds == 1_000_000 {
            whole += 1
            microseconds = 0
        }
        let days = whole.quotient(flooredBy: 86_400)
        let (year, month, day) = civil(days)
        guard 1...9999 ~= year else { return nil }
        let second = whole - days * 86_400
        return "\(padded(year, 4))-\(padded(month))-\(padded(day))T\(padded(second / 3600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
            + (microseconds == 0 ? "" : "." + padded(microseconds, 6))
            + (offset < 0 ? "-" : "+") + "\(padded(abs(offset) / 60)):\(padded(abs(offset) % 60))"
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days from 1970-01-01 to the first day of a month; months beyond 1…12 count on. The year is taken to begin in March, so that the leap day is its last.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.quotient(flooredBy: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// Year, month and day of a day since 1970-01-01: the inverse of `days`.
    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted.quotient(flooredBy: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int {
    /// The quotient rounded towards negative infinity; `divisor` is positive.
    fileprivate func quotient(flooredBy divisor: Int) -> Int {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
