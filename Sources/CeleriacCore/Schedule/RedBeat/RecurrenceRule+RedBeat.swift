import OrderedCollections

extension RecurrenceRule {
    init(redBeat object: OrderedDictionary<String, Value>) throws(ScheduleFormatError) {
        if let stranger = object.keys.first(where: { !Self.names.contains($0) }) { throw ScheduleFormatError("an rrule has no \"\(stranger)\"") }
        let frequency = try Self.frequency(object["freq"] ?? nil)
        guard let start = object["dtstart"]?.double else { throw ScheduleFormatError("an rrule needs a number \"dtstart\", else it begins anew with every start of beat") }
        self.init(frequency, start: start, startOffset: try Self.integer(object["dtstart_tz"]))
        until = object["until"]?.double
        untilOffset = try Self.integer(object["until_tz"])
        interval = try Self.integer(object["interval"]) ?? 1
        weekStart = try Self.integer(object["wkst"]?["wkday"] ?? object["wkst"]) ?? 0
        count = try Self.integer(object["count"])
        for (name, list) in Self.lists { self[keyPath: list] = try Self.integers(object[name]) }
        weekdays = try Self.weekdays(object["byweekday"])
        written = Dictionary(uniqueKeysWithValues: object.map { ($0.key, $0.value) })
        if let problem { throw ScheduleFormatError("an rrule with " + problem) }
    }

    /// Parts stand as they were read as long as they say the same.
    var redBeatValue: Value {
        var object: OrderedDictionary<String, Value> = ["__type__": "rrule"]
        func add(_ name: String, _ value: Value, _ isAsWritten: (Value) -> Bool) {
            if let old = written[name], isAsWritten(old) { object[name] = old } else { object[name] = value }
        }
        func add(_ name: String, _ number: Int?) { add(name, number.map { .integer($0) } ?? nil) { $0.integer == number && ($0.isNull || number != nil) } }
        add("freq", .integer(frequency.rawValue)) { (try? Self.frequency($0)) == frequency }
        add("interval", interval)
        add("wkst", weekStart == 0 ? nil : .integer(weekStart)) { ($0["wkday"]?.integer ?? $0.integer ?? 0) == weekStart }
        add("count", count)
        for (name, list) in Self.lists {
            if name == "byhour" { add("byweekday", weekdays.map { .array($0.map(\.redBeatValue)) } ?? nil) { (try? Self.weekdays($0)) == .some(weekdays) } }
            let numbers = self[keyPath: list]
            add(name, numbers.map { .array($0.map { .integer($0) }) } ?? nil) { (try? Self.integers($0)) == .some(numbers) }
        }
        add("dtstart", start.redBeatSeconds) { $0.double == start }
        add("dtstart_tz", startOffset ?? 0)
        if let until {
            add("until", until.redBeatSeconds) { $0.double == until }
            add("until_tz", untilOffset ?? 0)
        }
        return .object(object)
    }

    /// In the order of RedBeat's encoder; weekdays stand before hours.
    private static var lists: [(String, WritableKeyPath<Self, [Int]?>)] {
        [
            ("bysetpos", \.setPositions), ("bymonth", \.months), ("bymonthday", \.monthDays), ("byyearday", \.yearDays), ("byeaster", \.easter),
            ("byweekno", \.weekNumbers), ("byhour", \.hours), ("byminute", \.minutes), ("bysecond", \.seconds),
        ]
    }

    private static let names = Set(
        lists.map(\.0) + ["__type__", "freq", "interval", "wkst", "count", "byweekday", "dtstart", "dtstart_tz", "until", "until_tz"])

    private static func frequency(_ value: Value) throws(ScheduleFormatError) -> Frequency {
        let names = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
        let number = value.integer ?? value.string.flatMap { names.firstIndex(of: $0.uppercased()) }
        guard let frequency = number.flatMap(Frequency.init(rawValue:)) else { throw ScheduleFormatError("an rrule needs \"freq\", 0 (yearly) to 6 (secondly), or its name") }
        return frequency
    }

    private static func integer(_ value: Value?) throws(ScheduleFormatError) -> Int? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.integer else { throw ScheduleFormatError("an rrule with what should be a whole number and is none") }
        return number
    }

    private static func integers(_ value: Value?) throws(ScheduleFormatError) -> [Int]? {
        guard let value, !value.isNull else { return nil }
        let items = value.array ?? [value]
        let numbers = items.compactMap(\.integer)
        guard numbers.count == items.count else { throw ScheduleFormatError("an rrule with a list of what are no whole numbers") }
        return numbers
    }

    private static func weekdays(_ value: Value?) throws(ScheduleFormatError) -> [Weekday]? {
        guard let value, !value.isNull else { return nil }
        var weekdays: [Weekday] = []
        for item in value.array ?? [value] {
            guard let day = item.integer ?? item["wkday"]?.integer else { throw ScheduleFormatError("an rrule with a weekday that is none") }
            weekdays.append(Weekday(day, ordinal: item["n"]?.integer))
        }
        return weekdays
    }
}

extension RecurrenceRule.Weekday {
    /// RedBeat reads an ordinal as `n`, although it never writes one.
    fileprivate var redBeatValue: Value {
        var object: OrderedDictionary<String, Value> = ["__type__": "weekday", "wkday": .integer(day)]
        if let ordinal { object["n"] = .integer(ordinal) }
        return .object(object)
    }
}

extension Double {
    /// Whole seconds as an integer.
    fileprivate var redBeatSeconds: Value { Int(exactly: self).map { .integer($0) } ?? .number(self) }
}
