/// Raw event messages as a broker delivered them, not yet decoded: the unit in which events travel from an edge to the fold.
public struct EventBatch: Sendable {
    /// How each payload is packed.
    public enum Form: Sendable, Hashable {
        /// kombu's JSON envelope around a base64 body (Redis and the other virtual transports).
        case envelope
        /// The bare body (AMQP), of this content type.
        case body(contentType: String)
    }

    /// Bytes that hold the payloads, and may hold protocol bytes between them.
    public var bytes: [UInt8]
    /// Where in `bytes` each payload lies, in order of arrival.
    public var payloads: [Range<Int>]
    public var form: Form
    /// Seconds since 1970 by the receiver's clock.
    public var receivedAt: Double
    /// Whole events that the edge let go unread because the backlog was full.
    public var dropped: Int

    public init(bytes: [UInt8], payloads: [Range<Int>], form: Form, receivedAt: Double, dropped: Int = 0) {
        self.bytes = bytes
        self.payloads = payloads
        self.form = form
        self.receivedAt = receivedAt
        self.dropped = dropped
    }
}

/// Whether the broker can be heard, as the header shows it.
public enum LinkState: Hashable, Sendable {
    case connecting
    /// Connected and subscribed.
    case live
    /// Waiting to try again at `retryAt` (seconds since 1970); unheard since `since`; `reason` in the server's or the system's words.
    case reconnecting(since: Double, retryAt: Double, reason: String)
}
