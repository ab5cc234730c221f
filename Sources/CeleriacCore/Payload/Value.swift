public import OrderedCollections

/// Data as it travels in messages: JSON's kinds, plus bytes (MessagePack, pickle) and integers beyond 64 bits.
public enum Value: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    /// Decimal digits, with a leading `-` when negative, of an integer that `Int` cannot hold.
    case bigInteger(String)
    /// Any binary64, NaN and the infinities included.
    case number(Double)
    case string(String)
    case bytes([UInt8])
    case array([Value])
    /// Members in order of first appearance; of a doubled key the last value counts, as in Python.
    case object(OrderedDictionary<String, Value>)
}

extension Value {
    /// The member `key` of an object; `nil` when there is none or this is no object.
    public subscript(key: String) -> Value? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    public var array: [Value]? { if case .array(let items) = self { items } else { nil } }
    public var object: OrderedDictionary<String, Value>? { if case .object(let members) = self { members } else { nil } }
    public var isNull: Bool { self == .null }

    /// `nil` for null. (Where a `Value?` is wanted, `isNull ? nil : self` can be null again: a `nil` literal is a value too.)
    public var ifNotNull: Value? { isNull ? Optional<Value>.none : .some(self) }

    /// An integer, or a number without a fraction that fits.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// Any number as binary64.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .bigInteger(let digits): Double(digits)
        default: nil
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(OrderedDictionary(elements, uniquingKeysWith: { _, last in last }))
    }
}
