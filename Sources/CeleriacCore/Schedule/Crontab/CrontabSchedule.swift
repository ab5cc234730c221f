/// Celery's five fields. Day of month and day of week must both match.
public struct CrontabSchedule: Hashable, Sendable {
    /// A field as it was written, so that an editor shows and stores it unchanged; a list of numbers stands as `1,2,3`.
    public let minute: String
    public let hour: String
    public let dayOfMonth: String
    public let monthOfYear: String
    public let dayOfWeek: String

    let minutes, hours, monthDays, months, weekdays: NumberSet
    /// Fields that were read from numbers or lists of them rather than text.
    let numeric: [CrontabField: Value]

    /// - Throws: for a field that Celery's grammar does not know, and when no month has such a day (31 February).
    public init(
        minute: String = "*", hour: String = "*", dayOfMonth: String = "*", monthOfYear: String = "*", dayOfWeek: String = "*"
    ) throws(CrontabError) {
        try self.init(minute: .string(minute), hour: .string(hour), dayOfMonth: .string(dayOfMonth), monthOfYear: .string(monthOfYear), dayOfWeek: .string(dayOfWeek))
    }

    /// From `m h dom mon dow`, with any blanks between.
    public init(_ text: String) throws(CrontabError) {
        let fields = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else { throw CrontabError(.value, nil, "a crontab has five fields (minute, hour, day of month, month, day of week), not \(fields.count)") }
        try self.init(minute: fields[0], hour: fields[1], dayOfMonth: fields[2], monthOfYear: fields[3], dayOfWeek: fields[4])
    }

    /// Each a text, a whole number or a list of these, as code and RedBeat give them.
    init(minute: Value, hour: Value, dayOfMonth: Value, monthOfYear: Value, dayOfWeek: Value) throws(CrontabError) {
        var numeric: [CrontabField: Value] = [:]
        func text(_ field: CrontabField, _ value: Value) throws(CrontabError) -> String {
            if let text = value.string { return text }
            numeric[field] = value
            if let number = value.integer { return String(number) }
            let numbers = value.array?.compactMap(\.integer) ?? []
            guard let items = value.array, numbers.count == items.count, !items.isEmpty else {
                throw CrontabError(.value, field, "neither a text, nor a number, nor numbers")
            }
            return numbers.map(String.init).joined(separator: ",")
        }
        self.minute = try text(.minute, minute)
        self.hour = try text(.hour, hour)
        self.dayOfMonth = try text(.dayOfMonth, dayOfMonth)
        self.monthOfYear = try text(.monthOfYear, monthOfYear)
        self.dayOfWeek = try text(.dayOfWeek, dayOfWeek)
        self.numeric = numeric
        // In Celery's order, as the first fault is the one that is told.
        hours = try CrontabParser(field: .hour).parse(self.hour)
        minutes = try CrontabParser(field: .minute).parse(self.minute)
        weekdays = try CrontabParser(field: .dayOfWeek).parse(self.dayOfWeek)
        monthDays = try CrontabParser(field: .dayOfMonth).parse(self.dayOfMonth)
        months = try CrontabParser(field: .monthOfYear).parse(self.monthOfYear)
        let longest = months.numbers.map { WallClock.daysInMonth(2000, $0) }.max() ?? 0
        guard let first = monthDays.first(from: 0), first <= longest else {
            throw CrontabError(.value, nil, "no month of \(self.monthOfYear) has a day \(self.dayOfMonth)")
        }
    }

    public subscript(field: CrontabField) -> String {
        switch field {
        case .minute: minute
        case .hour: hour
        case .dayOfMonth: dayOfMonth
        case .monthOfYear: monthOfYear
        case .dayOfWeek: dayOfWeek
        }
    }

    /// The numbers that a field stands for, rising.
    public func numbers(_ field: CrontabField) -> [Int] { set(field).numbers }

    func set(_ field: CrontabField) -> NumberSet {
        switch field {
        case .minute: minutes
        case .hour: hours
        case .dayOfMonth: monthDays
        case .monthOfYear: months
        case .dayOfWeek: weekdays
        }
    }

    /// The five fields in the usual order.
    public var text: String { CrontabField.allCases.map { self[$0] }.joined(separator: " ") }

    // A list and the text of the same numbers are one schedule.
    public static func == (a: Self, b: Self) -> Bool { CrontabField.allCases.allSatisfy { a[$0] == b[$0] } }
    public func hash(into hasher: inout Hasher) { for field in CrontabField.allCases { hasher.combine(self[field]) } }
}
