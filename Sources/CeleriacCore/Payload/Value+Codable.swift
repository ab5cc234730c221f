import OrderedCollections

/// For foreign coders: JSON's kinds as they are, bytes as kombu's marker, integers beyond 64 bits as text. `ValueEncoder` and `ValueDecoder` pass
/// values through untouched instead.
extension Value: Codable {
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: IndexKey.self) {
            var members: OrderedDictionary<String, Value> = [:]
            // Foundation gives the keys in no order; a fixed one makes equal texts equal values.
            for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
                members[key.stringValue] = try container.decode(Value.self, forKey: key)
            }
            self = ExtendedJSON.lifted(.object(members))
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [Value] = []
            while !container.isAtEnd { elements.append(try container.decode(Value.self)) }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .bool(flag)
            } else if let integer = try? container.decode(Int.self) {
                self = .integer(integer)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .string(try container.decode(String.self))
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        case .object(let members):
            var container = encoder.container(keyedBy: IndexKey.self)
            for (key, member) in members { try container.encode(member, forKey: IndexKey(stringValue: key)) }
        case .bytes(let bytes): try ExtendedJSON.marker(for: bytes).encode(to: encoder)
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let flag): try container.encode(flag)
            case .integer(let integer): try container.encode(integer)
            case .bigInteger(let text), .string(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            default: try container.encodeNil()
            }
        }
    }

    /// What it is, in words for errors.
    var kind: String {
        switch self {
        case .null: "nothing"
        case .bool: "true or false"
        case .integer, .bigInteger: "an integer"
        case .number: "a number"
        case .string: "text"
        case .bytes: "bytes"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
