/// Why bytes are no JSON text, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, Hashable, Sendable {
        case unexpectedEnd = "the text ends too early"
        case unexpectedByte = "this byte may not stand here"
        case trailingBytes = "something follows the value"
        case byteOrderMark = "the text begins with a byte order mark"
        case badEscape = "no such escape in a string"
        case controlCharacter = "a control character stands unescaped in a string"
        case badNumber = "no such number"
        case badUTF8 = "a string is not UTF-8"
        case tooDeep = "more than 512 containers inside each other"
    }

    public var reason: Reason
    /// Bytes before the one that was refused.
    public var offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "no JSON at byte \(offset): \(reason.rawValue)" }
}
