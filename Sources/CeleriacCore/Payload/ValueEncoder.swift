import OrderedCollections

/// Makes values of anything `Encodable`: arguments and results on their way into a message.
///
/// Members keep the order in which the type encodes them. A `Value` inside passes untouched, integers beyond 64 bits keep their digits, `[UInt8]`
/// becomes an array of numbers, and a type decides itself how it encodes (`Date` as a number).
public struct ValueEncoder: Sendable {
    public init() {}

    /// - Throws: what the type's own `encode(to:)` throws, and `EncodingError` when it encodes nothing.
    public func encode(_ value: some Encodable) throws -> Value {
        let node = EncodingNode()
        try node.take(value, at: [])
        return node.value
    }
}

/// One value under construction. Containers are handed out by reference, and filled in any order.
private final class EncodingNode {
    private enum Content {
        case single(Value)
        case array([EncodingNode])
        case object(OrderedDictionary<String, EncodingNode>)
    }

    private var content: Content?

    var value: Value {
        switch content {
        case nil: .null
        case .single(let value)?: value
        case .array(let elements)?: .array(elements.map(\.value))
        case .object(let members)?: .object(members.mapValues(\.value))
        }
    }

    var count: Int { if case .array(let elements)? = content { elements.count } else { 0 } }

    func set(_ value: Value) { content = .single(value) }

    func set(_ integer: some BinaryInteger) { set(Int(exactly: integer).map(Value.integer) ?? .bigInteger(String(integer))) }

    func becomeArray() {
        if case .array? = content { return }
        content = .array([])
    }

    func becomeObject() {
        if case .object? = content { return }
        content = .object([:])
    }

    func appended() -> EncodingNode {
        let node = EncodingNode()
        if case .array(var elements)? = content {
            content = nil
            elements.append(node)
            content = .array(elements)
        }
        return node
    }

    func member(_ key: String) -> EncodingNode {
        let node = EncodingNode()
        if case .object(var members)? = content {
            content = nil
            members[key] = node
            content = .object(members)
        }
        return node
    }

    func take(_ value: some Encodable, at path: [any CodingKey]) throws {
        if let value = value as? Value { return set(value) }
        try value.encode(to: NodeEncoder(node: self, codingPath: path))
        if content == nil {
            throw EncodingError.invalidValue(value, EncodingError.Context(codingPath: path, debugDescription: "\(type(of: value)) encoded nothing"))
        }
    }
}

private struct NodeEncoder: Encoder {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.becomeObject()
        return KeyedEncodingContainer(KeyedNode(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.becomeArray()
        return UnkeyedNode(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleNode(node: node, codingPath: codingPath) }
}

private struct SingleNode: SingleValueEncodingContainer {
    let node: EncodingNode
    let codingPath: [any CodingKey]

    func encodeNil() { node.set(.null) }
    func encode(_ value: Bool) { node.set(.bool(value)) }
    func encode(_ value: String) { node.set(.string(value)) }
    func encode(_ value: Double) { node.set(.number(value)) }
    func encode(_ value: Float) { node.set(.number(Double(value))) }
    func encode(_ value: Int) { node.set(value) }
    func encode(_ value: Int8) { node.set(value) }
    func encode(_ value: Int16) { node.set(value) }
    func encode(_ value: Int32) { node.set(value) }
    func encode(_ value: Int64) { node.set(value) }
    func encode(_ value: UInt) { node.set(value) }
    func encode(_ value: UInt8) { node.set(value) }
    func encode(_ value: UInt16) { node.set(value) }
    func encode(_ value: UInt32) { node.set(value) }
    func encode(_ value: UInt64) { node.set(value) }
    func encode(_ value: some Encodable) throws { try node.take(value, at: codingPath) }
}

private struct UnkeyedNode: UnkeyedEncodingContainer {
    let node: EncodingNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    // Counted when the element is there already.
    private var next: SingleNode { SingleNode(node: node.appended(), codingPath: codingPath + [IndexKey(count - 1)]) }

    func encodeNil() { next.encodeNil() }
    func encode(_ value: Bool) { next.encode(value) }
    func encode(_ value: String) { next.encode(value) }
    func encode(_ value: Double) { next.encode(value) }
    func encode(_ value: Float) { next.encode(value) }
    func encode(_ value: Int) { next.encode(value) }
    func encode(_ value: Int8) { next.encode(value) }
    func encode(_ value: Int16) { next.encode(value) }
    func encode(_ value: Int32) { next.encode(value) }
    func encode(_ value: Int64) { next.encode(value) }
    func encode(_ value: UInt) { next.encode(value) }
    func encode(_ value: UInt8) { next.encode(value) }
    func encode(_ value: UInt16) { next.encode(value) }
    func encode(_ value: UInt32) { next.encode(value) }
    func encode(_ value: UInt64) { next.encode(value) }
    func encode(_ value: some Encodable) throws { try next.encode(value) }

    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> { nested.container(keyedBy: type) }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested.unkeyedContainer() }
    func superEncoder() -> any Encoder { nested }

    private var nested: NodeEncoder { NodeEncoder(node: node.appended(), codingPath: codingPath + [IndexKey(count - 1)]) }
}

private struct KeyedNode<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: EncodingNode
    let codingPath: [any CodingKey]

    private func single(_ key: Key) -> SingleNode { SingleNode(node: node.member(key.stringValue), codingPath: codingPath + [key]) }
    private func nested(_ key: any CodingKey) -> NodeEncoder { NodeEncoder(node: node.member(key.stringValue), codingPath: codingPath + [key]) }

    func encodeNil(forKey key: Key) { single(key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: String, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Double, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Float, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Int, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Int8, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Int16, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Int32, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: Int64, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: UInt, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: UInt8, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: UInt16, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: UInt32, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: UInt64, forKey key: Key) { single(key).encode(value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try single(key).encode(value) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        nested(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { nested(key).unkeyedContainer() }
    func superEncoder() -> any Encoder { nested(IndexKey.parent) }
    func superEncoder(forKey key: Key) -> any Encoder { nested(key) }
}
