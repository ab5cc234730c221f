import OrderedCollections

/// Where a control request's answers are to go, and how they are recognised.
public struct ReplyAddress: Hashable, Sendable {
    /// Comes back in each reply's headers; a UUID.
    public var ticket: String
    /// `reply.celery.pidbox` unless the cluster's `control_exchange` differs.
    public var exchange: String
    /// Binding key of the reply queue.
    public var routingKey: String

    public init(ticket: String, exchange: String = "reply.celery.pidbox", routingKey: String) {
        self.ticket = ticket
        self.exchange = exchange
        self.routingKey = routingKey
    }
}

extension ControlRequest {
    /// The fanout exchange on which workers listen, unless the cluster's `control_exchange` differs.
    public static let exchange = "celery.pidbox"

    /// The message to be published to `exchange`.
    ///
    /// - Parameters:
    ///   - reply: `nil` when no answer is wanted.
    ///   - clock: Lamport time.
    ///   - expires: seconds since 1970 up to which answers are of use; 0 = always.
    ///   - deliveryTag: a fresh UUID.
    public func envelope(reply: ReplyAddress?, clock: Int, expires: Double, deliveryTag: String, exchange: String = Self.exchange) -> Envelope {
        Envelope(
            headers: ["clock": .integer(clock), "expires": expires == 0 ? 0 : .number(expires)],
            properties: [
                "delivery_mode": 2, "delivery_info": ["exchange": .string(exchange), "routing_key": ""], "priority": 0, "body_encoding": "base64",
                "delivery_tag": .string(deliveryTag),
            ],
            body: JSON.encode(body(reply: reply)))
    }

    /// The body alone, for brokers that have properties of their own.
    public func body(reply: ReplyAddress?) -> Value {
        var members: OrderedDictionary<String, Value> = [
            "method": .string(method), "arguments": .object(arguments), "destination": destination.map { .array($0.map { .string($0.rawValue) }) } ?? .null,
            "pattern": pattern.map(Value.string) ?? .null, "matcher": matcher.map(Value.string) ?? .null,
        ]
        if let reply {
            members["ticket"] = .string(reply.ticket)
            members["reply_to"] = ["exchange": .string(reply.exchange), "routing_key": .string(reply.routingKey)]
        }
        return .object(members)
    }

    /// Reads a request as a worker gets it, and where its answer is to go (`nil` = nowhere).
    public static func decode(_ envelope: Envelope) throws(MessageError) -> (request: ControlRequest, reply: ReplyAddress?) {
        let body = try envelope.content()
        guard let method = body["method"]?.string else { throw MessageError(.wrongShape, part: "control request", cause: "it names no method") }
        let request = ControlRequest(
            method, arguments: body["arguments"]?.object ?? [:], destination: body["destination"]?.array?.compactMap { $0.string.map(WorkerName.init(_:)) },
            pattern: body["pattern"]?.string, matcher: body["matcher"]?.string)
        guard let ticket = body["ticket"]?.string, let key = body["reply_to"]?["routing_key"]?.string, let exchange = body["reply_to"]?["exchange"]?.string
        else {
            return (request, nil)
        }
        return (request, ReplyAddress(ticket: ticket, exchange: exchange, routingKey: key))
    }
}

extension ControlReply {
    /// Reads a message from a reply queue: whose ticket it answers, and each worker's answer (in practice one).
    public static func decode(_ envelope: Envelope) throws(MessageError) -> (ticket: String?, replies: [ControlReply]) {
        guard case .object(let answers) = try envelope.content() else {
            throw MessageError(.wrongShape, part: "control reply", cause: "it is no map from worker to answer")
        }
        return (envelope.headers["ticket"]?.string, answers.map { ControlReply(worker: WorkerName($0.key), value: $0.value) })
    }

    /// The message with which a worker answers.
    public func envelope(to address: ReplyAddress, clock: Int, deliveryTag: String) -> Envelope {
        Envelope(
            headers: ["ticket": .string(address.ticket), "clock": .integer(clock)],
            properties: [
                "delivery_mode": 1, "delivery_info": ["exchange": .string(address.exchange), "routing_key": .string(address.routingKey)], "priority": 0,
                "body_encoding": "base64", "delivery_tag": .string(deliveryTag),
            ],
            body: JSON.encode([worker.rawValue: value]))
    }
}
