/// How instants are written.
public enum TimeMode: String, CaseIterable, Hashable, Sendable {
    case relative, local, utc
}

/// The zone of the terminal's user, as the caller found it.
public struct Zone: Hashable, Sendable {
    /// Seconds east of Greenwich.
    public var offset: Int
    /// `CET`, `UTC`.
    public var name: String

    public init(offset: Int = 0, name: String = "UTC") {
        self.offset = offset
        self.name = name
    }

    public static let utc = Zone()
}

extension Formats {
    /// `14:32:05` in that zone.
    public static func clock(_ instant: Double, _ zone: Zone) -> String {
        guard let seconds = wholeSeconds(instant, zone) else { return "?" }
        let second = ((seconds % 86400) + 86400) % 86400
        return "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    }

    /// `2026-11-22 14:32:05` in that zone.
    public static func date(_ instant: Double, _ zone: Zone) -> String {
        guard let seconds = wholeSeconds(instant, zone) else { return "?" }
        let (year, month, day) = civil(days: Int((Double(seconds) / 86400).rounded(.down)))
        return "\(year)-\(two(month))-\(two(day)) " + clock(instant, zone)
    }

    /// The clock with milliseconds, to tell the steps of a task apart.
    public static func fineClock(_ instant: Double, _ zone: Zone) -> String {
        guard wholeSeconds(instant, zone) != nil else { return "?" }
        // Binary64 holds 0.52 s as a little less: the nearest thousandth is meant.
        let thousandths = (instant * 1000).rounded()
        let second = (thousandths / 1000).rounded(.down)
        let rest = String(max(0, min(999, Int(thousandths - second * 1000))))
        return clock(second, zone) + "." + String(repeating: "0", count: 3 - rest.count) + rest
    }

    private static func wholeSeconds(_ instant: Double, _ zone: Zone) -> Int? {
        // Beyond the year 9999 a time stamp is an error of its sender.
        guard instant.isFinite, instant.magnitude < 253_402_300_800 else { return nil }
        return Int(instant.rounded(.down)) + zone.offset
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// Year, month and day of the proleptic Gregorian calendar, counted from 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
    private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
