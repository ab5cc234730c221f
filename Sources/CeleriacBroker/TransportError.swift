/// Why an operation on a broker or result backend failed, fit to be shown as one line.
public struct TransportError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: String, Hashable, Sendable {
        /// No connection could be made, or it was lost.
        case unreachable
        /// User, password or certificate not accepted.
        case unauthorized
        /// The server said no, in its own words.
        case refused
        case timedOut
        /// The other side did not keep to the protocol.
        case garbled
        /// The URL or an option makes no sense.
        case misconfigured
        /// This connection was opened read-only, or passive.
        case readOnly
    }

    public var kind: Kind
    /// What was tried: `subscribe`, `open`, `LLEN`.
    public var operation: String
    /// Masked: never holds a password.
    public var endpoint: String
    public var cause: String
    public var hint: String?

    public init(_ kind: Kind, operation: String, endpoint: String, cause: String, hint: String? = nil) {
        self.kind = kind
        self.operation = operation
        self.endpoint = endpoint
        self.cause = cause
        self.hint = hint
    }

    public var description: String { "\(operation) at \(endpoint) failed: \(cause)" + (hint.map { " (\($0))" } ?? "") }
}
