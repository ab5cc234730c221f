/// Why a message, reply or result record could not be read.
public struct MessageError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        case notJSON(JSONError)
        /// JSON, but not of the shape that the part must have.
        case wrongShape
        /// The body's base 64 is broken.
        case badBase64
        /// Neither headers nor body name a task.
        case notATask
        /// Of a content type, or compressed in a way, that is not read here.
        case unreadableContent
    }

    public var kind: Kind
    /// What could not be read: `envelope`, `body`, `result record`.
    public var part: String
    /// In words; may quote foreign text, **not yet made safe to show**.
    public var cause: String

    public init(_ kind: Kind, part: String, cause: String) {
        self.kind = kind
        self.part = part
        self.cause = cause
    }

    init(_ error: JSONError, part: String) {
        self.init(.notJSON(error), part: part, cause: error.description)
    }

    public var description: String { "unreadable \(part): \(cause)" }
}
