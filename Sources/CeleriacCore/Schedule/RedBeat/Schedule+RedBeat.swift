import OrderedCollections

/// Why RedBeat's JSON is no schedule that beat could follow.
public struct ScheduleFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension Schedule {
    /// Reads the `schedule` of a RedBeat definition: an object whose `__type__` is interval, crontab or rrule.
    ///
    /// - Throws: also where RedBeat itself would drop the entry: an interval without `relative`, a name that its constructors do not know.
    public init(redBeat value: Value) throws(ScheduleFormatError) {
        guard let object = value.object else { throw ScheduleFormatError("the schedule is no object") }
        switch object["__type__"]?.string {
        case "interval": self = .interval(try IntervalSchedule(redBeat: object))
        case "crontab": self = .crontab(try CrontabSchedule(redBeat: object))
        case "rrule": self = .recurrence(try RecurrenceRule(redBeat: object))
        case let kind?: throw ScheduleFormatError("\"\(kind)\" is no kind of schedule that RedBeat stores")
        case nil: throw ScheduleFormatError("the schedule has no __type__")
        }
    }

    /// As RedBeat writes it; `nil` for kinds that it cannot store (solar, clocked).
    public var redBeatValue: Value? {
        switch self {
        case .interval(let interval): ["__type__": "interval", "every": .number(interval.every), "relative": .bool(interval.isRelative)]
        case .crontab(let crontab): crontab.redBeatValue
        case .recurrence(let rule): rule.redBeatValue
        case .solar, .clocked: nil
        }
    }
}

extension IntervalSchedule {
    init(redBeat object: OrderedDictionary<String, Value>) throws(ScheduleFormatError) {
        guard let every = object["every"]?.double else { throw ScheduleFormatError("an interval needs a number \"every\"") }
        guard every > 0, every < 1e11 else { throw ScheduleFormatError("an interval of \(every) s") }
        guard let relative = object["relative"] else { throw ScheduleFormatError("an interval needs \"relative\", true or false") }
        self.init(every: every, isRelative: relative.isTrue)
    }
}

extension CrontabSchedule {
    init(redBeat object: OrderedDictionary<String, Value>) throws(ScheduleFormatError) {
        let known = Set(CrontabField.allCases.map(\.name) + ["__type__"])
        if let stranger = object.keys.first(where: { !known.contains($0) }) { throw ScheduleFormatError("a crontab has no \"\(stranger)\"") }
        func value(_ field: CrontabField) -> Value { object[field.name] ?? "*" }
        do {
            try self.init(
                minute: value(.minute), hour: value(.hour), dayOfMonth: value(.dayOfMonth), monthOfYear: value(.monthOfYear), dayOfWeek: value(.dayOfWeek))
        } catch {
            throw ScheduleFormatError("\(error)")
        }
    }

    /// Numbers and lists stand as they were read.
    var redBeatValue: Value {
        var object: OrderedDictionary<String, Value> = ["__type__": "crontab"]
        for field in CrontabField.inCelerysOrder { object[field.name] = numeric[field] ?? .string(self[field]) }
        return .object(object)
    }
}

extension Value {
    /// Python's truth.
    var isTrue: Bool {
        switch self {
        case .null, .bool(false), .integer(0), .string(""), .array([]): false
        case .number(let number): number != 0
        case .object(let members): !members.isEmpty
        default: true
        }
    }
}
