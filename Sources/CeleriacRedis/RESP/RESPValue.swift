/// One reply, or one pushed message, of a Redis server (RESP2 and RESP3, redis.io "Redis serialization protocol specification").
enum RESPValue: Hashable, Sendable {
    /// `_`, and RESP2's `$-1` and `*-1`.
    case null
    case simple(String)
    /// `-` or `!`: the server says no, in its own words. A value, not a thrown error: it answers one command of a pipeline and the others go on.
    case error(String)
    case integer(Int)
    case bulk([UInt8])
    case double(Double)
    case boolean(Bool)
    /// Decimal digits, with a leading `-` when negative.
    case bigNumber(String)
    /// `format` has three letters: `txt` or `mkd`.
    case verbatim(format: String, [UInt8])
    case array([RESPValue])
    case set([RESPValue])
    /// Key, value, key, value, …
    case map([RESPValue])
    /// Out of band: belongs to no command.
    case push([RESPValue])
}

extension RESPValue {
    /// The text of any kind of string; broken UTF-8 is mended with U+FFFD.
    var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes), .verbatim(_, let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The bytes of any kind of string.
    var bytes: [UInt8]? {
        switch self {
        case .simple(let text): Array(text.utf8)
        case .bulk(let bytes), .verbatim(_, let bytes): bytes
        default: nil
        }
    }

    /// An integer, be it sent as a number or as text.
    var integer: Int? {
        switch self {
        case .integer(let value): value
        case .simple, .bulk: text.flatMap { Int($0) }
        default: nil
        }
    }

    /// The members of any aggregate.
    var items: [RESPValue]? {
        switch self {
        case .array(let items), .set(let items), .map(let items), .push(let items): items
        default: nil
        }
    }

    var errorText: String? { if case .error(let text) = self { text } else { nil } }
}

/// Why bytes are no RESP. The connection they came from cannot be used any more: where the next reply begins is unknown.
enum RESPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A reply began with a byte that announces no type.
    case unknownType(UInt8)
    /// A number, length or line that does not read as one.
    case malformed(String)
    case beyondLimit(String)

    var description: String {
        switch self {
        case .unknownType(let byte):
            let shown = (0x21...0x7E).contains(byte) ? "`\(Character(UnicodeScalar(byte)))`" : "byte \(byte)"
            return "a reply begins with \(shown), which is not Redis' protocol"
        case .malformed(let what): return "malformed \(what)"
        case .beyondLimit(let what): return "\(what) beyond the limit"
        }
    }
}
