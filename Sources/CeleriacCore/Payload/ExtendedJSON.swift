import OrderedCollections

/// kombu's markers for what JSON has no word for: `{"__type__": "datetime", "__value__": "2024-01-02T03:04:05"}` (`kombu.utils.json`).
///
/// Decoding leaves markers as the objects they are, so that a message written back is the message that was read.
public enum ExtendedJSON {
    /// The two parts of a marker: an object with exactly these two keys, of which the type is text; `nil` for anything else.
    public static func marker(_ value: Value) -> (type: String, value: Value)? {
        guard case .object(let members) = value, members.count == 2, let type = members["__type__"]?.string, let content = members["__value__"] else {
            return nil
        }
        return (type, content)
    }

    /// The value with every `bytes` and `base64` marker in it made bytes; other markers stay. What `JSON.encode` writes of it reads the same.
    public static func lifted(_ value: Value) -> Value {
        switch value {
        case .array(let elements): return .array(elements.map(lifted))
        case .object(let members):
            switch marker(value) {
            case ("bytes", .string(let text))?: return .bytes(Array(text.utf8))
            case ("base64", .string(let text))?: return Base64.decode(text.utf8).map(Value.bytes) ?? value
            default: return .object(members.mapValues(lifted))
            }
        default: return value
        }
    }

    /// The value for people to read: markers of times, decimals and UUIDs become their plain text, bytes are lifted.
    public static func readable(_ value: Value) -> Value {
        switch lifted(value) {
        case .array(let elements): return .array(elements.map(readable))
        case .object(let members):
            switch marker(value) {
            case ("datetime", .string(let text))?, ("date", .string(let text))?, ("time", .string(let text))?, ("decimal", .string(let text))?:
                return .string(text)
            case ("uuid", let content)?: return content["hex"]?.string.map { .string(hyphenated($0)) } ?? value
            default: return .object(members.mapValues(readable))
            }
        case let plain: return plain
        }
    }

    /// The marker that kombu writes: `bytes` when they are UTF-8, else `base64`.
    static func marker(for bytes: [UInt8]) -> Value {
        if let text = String(validating: bytes, as: UTF8.self) { return ["__type__": "bytes", "__value__": .string(text)] }
        return ["__type__": "base64", "__value__": .string(String(decoding: Base64.encode(bytes), as: UTF8.self))]
    }

    private static func hyphenated(_ hex: String) -> String {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy({ hexDigit($0) != nil }) else { return hex }
        var text = ""
        for (index, digit) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }
}
