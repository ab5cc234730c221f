import OrderedCollections

/// Makes anything `Decodable` of a value: arguments and results on their way out of a message.
///
/// As lenient between numbers as Python's senders need it: an integer decodes as `Double`, and `2.0` as `Int`; nothing else is converted. An integer
/// that does not fit is refused. Bytes decode as an array of `UInt8`. A `Value` inside passes untouched.
public struct ValueDecoder: Sendable {
    public init() {}

    /// - Throws: `DecodingError`, whose path says where in the value it is, and what the type's own `init(from:)` throws.
    public func decode<T: Decodable>(_ type: T.Type = T.self, from value: Value) throws -> T {
        try ValueReader(value: value, codingPath: []).decode(type)
    }
}

/// A position in an array, or the place of a superclass.
struct IndexKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ index: Int) {
        stringValue = "\(index)"
        intValue = index
    }

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) { self.init(intValue) }

    static let parent = IndexKey(stringValue: "super")
}

private struct ValueReader: Decoder, SingleValueDecodingContainer {
    let value: Value
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = value else { throw mismatch("an object", OrderedDictionary<String, Value>.self) }
        return KeyedDecodingContainer(KeyedReader(members: members, codingPath: codingPath))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        switch value {
        case .array(let elements): return UnkeyedReader(elements: elements, codingPath: codingPath)
        case .bytes(let bytes): return UnkeyedReader(elements: bytes.map { .integer(Int($0)) }, codingPath: codingPath)
        default: throw mismatch("an array", [Value].self)
        }
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { value.isNull }

    func decode(_ type: Bool.Type) throws -> Bool {
        guard let flag = value.bool else { throw mismatch("true or false", type) }
        return flag
    }

    func decode(_ type: String.Type) throws -> String {
        guard let text = value.string else { throw mismatch("text", type) }
        return text
    }

    func decode(_ type: Double.Type) throws -> Double {
        guard let number = value.double else { throw mismatch("a number", type) }
        return number
    }

    func decode(_ type: Float.Type) throws -> Float {
        guard let number = value.double else { throw mismatch("a number", type) }
        return Float(number)
    }

    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        // Bytes come as bytes, as they do in Python.
        if type == Value.self, let own = ExtendedJSON.lifted(value) as? T { return own }
        return try type.init(from: self)
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        let exact: T?
        switch value {
        case .integer(let integer): exact = T(exactly: integer)
        case .number(let number): exact = T(exactly: number)
        case .bigInteger(let digits): exact = T(digits)
        default: throw mismatch("an integer", type)
        }
        guard let exact else {
            throw DecodingError.dataCorrupted(.init(codingPath: codingPath, debugDescription: "the number here is no integer that fits \(type)"))
        }
        return exact
    }

    private func mismatch(_ wanted: String, _ type: any Any.Type) -> DecodingError {
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "\(wanted) is wanted here, there is \(value.kind)")
        return value.isNull ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }
}

private struct UnkeyedReader: UnkeyedDecodingContainer {
    let elements: [Value]
    let codingPath: [any CodingKey]
    private(set) var currentIndex = 0

    init(elements: [Value], codingPath: [any CodingKey]) {
        self.elements = elements
        self.codingPath = codingPath
    }

    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    private func reader(_ type: any Any.Type) throws -> ValueReader {
        let path = codingPath + [IndexKey(currentIndex)]
        guard !isAtEnd else { throw DecodingError.valueNotFound(type, .init(codingPath: path, debugDescription: "the array ends before it")) }
        return ValueReader(value: elements[currentIndex], codingPath: path)
    }

    /// Steps on only when `decode` did not throw.
    private mutating func step<T>(_ type: any Any.Type, _ decode: (ValueReader) throws -> T) throws -> T {
        let decoded = try decode(reader(type))
        currentIndex += 1
        return decoded
    }

    mutating func decodeNil() throws -> Bool {
        guard try reader(Value.self).decodeNil() else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try step(type) { try $0.decode(type) } }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try step(OrderedDictionary<String, Value>.self) { try $0.container(keyedBy: type) }
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try step([Value].self) { try $0.unkeyedContainer() } }
    mutating func superDecoder() throws -> any Decoder { try step(Value.self) { $0 } }
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: OrderedDictionary<String, Value>
    let codingPath: [any CodingKey]

    var allKeys: [Key] { members.keys.compactMap(Key.init(stringValue:)) }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }

    private func reader(_ key: any CodingKey) throws -> ValueReader {
        guard let value = members[key.stringValue] else {
            throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: "there is no \"\(key.stringValue)\""))
        }
        return ValueReader(value: value, codingPath: codingPath + [key])
    }

    func decodeNil(forKey key: Key) throws -> Bool { try reader(key).decodeNil() }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try reader(key).decode(type) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try reader(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try reader(key).unkeyedContainer() }
    /// Of a superclass that encoded nothing of its own, an empty place.
    func superDecoder() -> any Decoder {
        ValueReader(value: members[IndexKey.parent.stringValue] ?? .null, codingPath: codingPath + [IndexKey.parent])
    }
    func superDecoder(forKey key: Key) throws -> any Decoder { try reader(key) }
}
