extension Schedule {
    /// In words, as in `every weekday at 09:30 Europe/Berlin`; where no words say exactly the same, the fields themselves.
    public func words(zone: ZoneRules) -> String {
        switch self {
        case .interval(let interval): interval.words(zone)
        case .crontab(let crontab): CrontabWords(crontab, zone.name).text
        case .solar(let solar): "at \(solar.event.words) at \(degrees(solar.latitude, "N", "S")), \(degrees(solar.longitude, "E", "W"))"
        case .clocked(let time): "once at \(zone.dateAndTime(time)) \(zone.name)"
        case .recurrence(let rule): rule.words
        }
    }

    private func degrees(_ angle: Double, _ positive: String, _ negative: String) -> String { "\(plain(abs(angle)))° \(angle < 0 ? negative : positive)" }
}

extension ZoneRules {
    /// `2026-03-29 03:30`, with seconds when there are any; the number itself when it is no time of the years 1 to 9999.
    public func dateAndTime(_ instant: Double) -> String {
        guard -6.2e10...2.53e11 ~= instant else { return "\(instant)" }
        let wall = wallClock(at: instant)
        return wall.dateText + " " + wall.timeText
    }

    /// `Mon` to `Sun`.
    public func weekday(_ instant: Double) -> String { ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][wallClock(at: instant).weekday] }
}

extension WallClock {
    var dateText: String {
        let date = date
        return String(repeating: "0", count: max(0, 4 - String(date.year).count)) + "\(date.year)-\(twoDigits(date.month))-\(twoDigits(date.day))"
    }

    /// Without seconds when there are none.
    var timeText: String { "\(twoDigits(hour)):\(twoDigits(minute))" + (second == 0 ? "" : ":\(twoDigits(second))") }
}

extension IntervalSchedule {
    fileprivate func words(_ zone: ZoneRules) -> String {
        let every = "every " + duration
        guard isRelative else { return every }
        let unit = self.every >= 86_400 ? 86_400.0 : self.every >= 3600 ? 3600 : self.every >= 60 ? 60 : 1
        let isMultiple = self.every.truncatingRemainder(dividingBy: unit) == 0
        switch unit {
        case 86_400: return every + (isMultiple ? ", at midnight \(zone.name)" : ", brought back to midnight \(zone.name)")
        case 3600: return every + (isMultiple ? ", at the full hour" : ", brought back to the full hour")
        case 60: return every + (isMultiple ? ", at the full minute" : ", brought back to the full minute")
        default: return every + ", at full seconds"
        }
    }

    private var duration: String {
        for (unit, name) in [(86_400.0, "days"), (3600, "h"), (60, "min")] where every >= unit * (name == "days" ? 2 : 1) && every.truncatingRemainder(dividingBy: unit) == 0 {
            return "\(plain(every / unit)) \(name)"
        }
        return "\(plain(every)) s"
    }
}

extension RecurrenceRule {
    fileprivate var words: String {
        let names = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"]
        let units = ["yearly", "monthly", "weekly", "daily", "hourly", "every minute", "every second"]
        var words = interval == 1 ? units[frequency.rawValue] : "every \(interval) \(names[frequency.rawValue])"
        let parts: [(String, [Int]?)] = [
            ("bymonth", months), ("bymonthday", monthDays), ("byyearday", yearDays), ("byeaster", easter), ("byweekno", weekNumbers), ("byhour", hours),
            ("byminute", minutes), ("bysecond", seconds), ("bysetpos", setPositions),
        ]
        if let weekdays {
            let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
            let named = weekdays.map { ($0.ordinal.map { "\($0). " } ?? "") + (days.indices ~= $0.day ? days[$0.day] : "\($0.day)") }
            words += ", byweekday " + named.joined(separator: ",")
        }
        for (name, list) in parts { if let list { words += ", \(name) " + list.map(String.init).joined(separator: ",") } }
        if weekStart != 0 { words += ", wkst \(weekStart)" }
        let zone = ZoneRules(offset: (startOffset ?? 0).magnitude < 1440 ? (startOffset ?? 0) * 60 : 0, name: (startOffset ?? 0) == 0 ? "UTC" : nil) ?? .utc
        words += ", from \(zone.dateAndTime(start)) \(zone.name)"
        if let count { words += ", \(count) times" }
        if let until { words += ", until \(zone.dateAndTime(until))" }
        return words
    }
}

/// Without a fraction when there is none.
func plain(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
