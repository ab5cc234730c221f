/// Why a text is no plain Python literal, and where.
public struct PythonLiteralError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: String, Hashable, Sendable {
        case notALiteral = "only plain values can be read: text, bytes, numbers, None, True, False, lists, tuples, dicts and sets of them"
        case cut = "the sender has cut this text (...)"
        case unexpectedEnd = "the text ends too early"
        case badEscape = "this escape cannot be read for sure"
        case set = "JSON, in which it would be sent, has no sets"
        case unsafeKey = "this key cannot become text without doubt"
        case trailingText = "something follows the value"
        case tooDeep = "too many containers inside each other"
        case tooLong = "the text is too long"
    }

    public var reason: Reason
    /// Bytes of UTF-8 before the place.
    public var offset: Int

    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "not readable at byte \(offset): \(reason.rawValue)" }
}
