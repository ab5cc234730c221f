/// One of the five fields of a crontab.
public enum CrontabField: Int, CaseIterable, Sendable {
    case minute, hour, dayOfMonth, monthOfYear, dayOfWeek

    /// Of weekdays 0 is Sunday; 7 is none.
    public var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .monthOfYear: 1...12
        case .dayOfWeek: 0...6
        }
    }

    /// Celery's name of it.
    public var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day_of_month"
        case .monthOfYear: "month_of_year"
        case .dayOfWeek: "day_of_week"
        }
    }

    /// In the order of the arguments of Celery's constructor.
    static let inCelerysOrder: [Self] = [.minute, .hour, .dayOfWeek, .dayOfMonth, .monthOfYear]
}

/// Why a crontab is none.
public struct CrontabError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The exception that Celery raises.
    public enum Kind: String, Sendable { case parse = "ParseException", value = "ValueError" }

    public let kind: Kind
    /// `nil`: not one field alone is at fault.
    public let field: CrontabField?
    /// Characters before the faulty part of the field.
    public let column: Int?
    public let reason: String

    init(_ kind: Kind, _ field: CrontabField? = nil, column: Int? = nil, _ reason: String) {
        self.kind = kind
        self.field = field
        self.column = column
        self.reason = reason
    }

    public var description: String {
        guard let field else { return reason }
        return field.name + (column.map { $0 == 0 ? "" : ", column \($0 + 1)" } ?? "") + ": " + reason
    }
}

/// Numbers from 0 to 63.
struct NumberSet: Hashable, Sendable, ExpressibleByArrayLiteral {
    private var bits: UInt64 = 0

    init(arrayLiteral elements: Int...) { for element in elements { insert(element) } }

    /// Numbers that it cannot hold are left out.
    mutating func insert(_ number: Int) { if 0...63 ~= number { bits |= 1 << UInt64(number) } }

    mutating func formUnion(_ other: Self) { bits |= other.bits }

    func contains(_ number: Int) -> Bool { 0...63 ~= number && bits >> UInt64(number) & 1 == 1 }

    /// The least number that is `number` or greater.
    func first(from number: Int) -> Int? {
        guard number <= 63 else { return nil }
        let rest = bits >> UInt64(max(0, number))
        return rest == 0 ? nil : max(0, number) + rest.trailingZeroBitCount
    }

    var isEmpty: Bool { bits == 0 }
    var count: Int { bits.nonzeroBitCount }
    /// Rising.
    var numbers: [Int] { (0...63).filter(contains) }
}
