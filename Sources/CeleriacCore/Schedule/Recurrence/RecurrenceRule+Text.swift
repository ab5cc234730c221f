/// Why a text is no recurrence rule.
public struct RecurrenceTextError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
}

extension RecurrenceRule {
    private static let frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
    private static let days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    private static var lists: [(name: String, list: WritableKeyPath<Self, [Int]?>)] {
        [
            ("BYMONTH", \.months), ("BYWEEKNO", \.weekNumbers), ("BYYEARDAY", \.yearDays), ("BYMONTHDAY", \.monthDays), ("BYEASTER", \.easter), ("BYHOUR", \.hours),
            ("BYMINUTE", \.minutes), ("BYSECOND", \.seconds), ("BYSETPOS", \.setPositions),
        ]
    }
    private static let names = ["FREQ", "INTERVAL", "WKST", "COUNT", "BYDAY", "DTSTART", "UNTIL"] + lists.map(\.name)

    /// The parts of RFC 5545 on one line, `DTSTART` among them, with times in ISO 8601; `BYEASTER` is dateutil's.
    public var text: String {
        var parts = ["FREQ=" + Self.frequencies[frequency.rawValue]]
        if interval != 1 { parts.append("INTERVAL=\(interval)") }
        if weekStart != 0 { parts.append("WKST=" + Self.day(weekStart)) }
        if let weekdays { parts.append("BYDAY=" + weekdays.map { ($0.ordinal.map(String.init) ?? "") + Self.day($0.day) }.joined(separator: ",")) }
        for (name, list) in Self.lists { if let numbers = self[keyPath: list] { parts.append("\(name)=" + numbers.map(String.init).joined(separator: ",")) } }
        parts.append("DTSTART=" + Self.time(start, startOffset))
        if let count { parts.append("COUNT=\(count)") }
        if let until { parts.append("UNTIL=" + Self.time(until, untilOffset)) }
        return parts.joined(separator: ";")
    }

    /// From such a text; `DTSTART:…` and `RRULE:…` as calendars write them are understood too. Without an offset the clock of a time is UTC's.
    public init(_ text: String) throws(RecurrenceTextError) {
        var values: [String: String] = [:]
        for part in text.split(whereSeparator: { $0 == ";" || $0.isWhitespace }) {
            let part = part.uppercased().hasPrefix("RRULE:") ? part.dropFirst(6) : part
            guard let sign = part.firstIndex(where: { $0 == "=" || $0 == ":" }) else { throw Self.fault("\(part) is no part: NAME=VALUE is wanted") }
            var name = part[..<sign].uppercased()
            if name == "BYWEEKDAY" { name = "BYDAY" }
            guard Self.names.contains(name) else {
                let nearest = Nearest.match(for: name, in: Self.names).map { ": did you mean \($0)?" } ?? ", which has " + Self.names.joined(separator: ", ")
                throw Self.fault("\(name) is no part of a rule" + nearest)
            }
            guard values.updateValue(String(part[part.index(after: sign)...]), forKey: name) == nil else { throw Self.fault("\(name) stands twice") }
        }
        guard let word = values["FREQ"] else { throw Self.fault("FREQ is missing: one of " + Self.frequencies.joined(separator: ", ")) }
        guard let frequency = Self.frequencies.firstIndex(of: word.uppercased()).flatMap(Frequency.init(rawValue:)) else {
            throw Self.fault("FREQ is one of " + Self.frequencies.joined(separator: ", "))
        }
        guard let start = values["DTSTART"] else { throw Self.fault("DTSTART is missing: when it begins, as DTSTART=2030-01-31T12:00") }
        let begin = try Self.time("DTSTART", start)
        self.init(frequency, start: begin.seconds, startOffset: begin.offset)
        if let end = try values["UNTIL"].map({ text throws(RecurrenceTextError) in try Self.time("UNTIL", text) }) { (until, untilOffset) = end }
        if let text = values["INTERVAL"] { interval = try Self.number("INTERVAL", text) }
        if let text = values["COUNT"] { count = try Self.number("COUNT", text) }
        if let text = values["WKST"] { weekStart = try Self.weekday("WKST", text[...]).day }
        if let text = values["BYDAY"] {
            var days: [Weekday] = []
            for day in text.split(separator: ",") { days.append(try Self.weekday("BYDAY", day)) }
            weekdays = days
        }
        for (name, list) in Self.lists {
            guard let text = values[name] else { continue }
            var numbers: [Int] = []
            for number in text.split(separator: ",") { numbers.append(try Self.number(name, String(number))) }
            self[keyPath: list] = numbers
        }
        if let problem { throw Self.fault("a rule with " + problem) }
    }

    private static func fault(_ words: String) -> RecurrenceTextError { RecurrenceTextError(description: words) }

    private static func day(_ day: Int) -> String { days.indices ~= day ? days[day] : "\(day)" }

    private static func number(_ name: String, _ text: String) throws(RecurrenceTextError) -> Int {
        guard let number = Int(text) else { throw fault("\(name): \(text) is no whole number") }
        return number
    }

    private static func weekday(_ name: String, _ text: Substring) throws(RecurrenceTextError) -> Weekday {
        let ordinal = text.dropLast(2)
        guard let day = days.firstIndex(of: text.suffix(2).uppercased()), ordinal.isEmpty || Int(ordinal) != nil else {
            throw fault("\(name): \(text) is none of " + days.joined(separator: ", "))
        }
        return Weekday(day, ordinal: Int(ordinal))
    }

    /// The offset is not written when the rule has none.
    private static func time(_ seconds: Double, _ offset: Int?) -> String {
        guard let text = ISOTime.text(seconds, offset: offset ?? 0) else { return "\(seconds)" }
        return offset == nil ? String(text.dropLast(6)) : text
    }

    private static func time(_ name: String, _ text: String) throws(RecurrenceTextError) -> (seconds: Double, offset: Int?) {
        guard let seconds = TypedTime.seconds(text) else { throw fault("\(name): \(text) is no time, as 2030-01-31T12:00+01:00") }
        guard let clock = text.firstIndex(where: { $0 == "T" || $0 == "t" }),
            let sign = text[clock...].firstIndex(where: { "+-Zz".contains($0) }), let local = ISOTime.parse(String(text[..<sign]))
        else { return (seconds, nil) }
        return (seconds, Int(((local - seconds) / 60).rounded()))
    }
}
