public import CeleriacCore

/// A message handed to one consumer, not yet settled.
public struct Delivery: Sendable {
    /// What the broker knows this delivery by, until it is settled.
    public struct Tag: Hashable, Sendable {
        public let rawValue: String
        public init(_ rawValue: String) { self.rawValue = rawValue }
    }

    public var tag: Tag
    public var queue: QueueName
    /// The message; or why it could not be read, with its bytes as they came.
    public var content: Content

    public enum Content: Sendable {
        case envelope(Envelope)
        case unreadable(MessageError, raw: [UInt8])
    }

    public init(tag: Tag, queue: QueueName, content: Content) {
        self.tag = tag
        self.queue = queue
        self.content = content
    }
}

/// What becomes of a delivery. Settling one that is already settled, or that the broker has taken back, changes nothing and is no error.
public enum Settlement: Hashable, Sendable {
    /// Done with: the broker forgets it.
    case acknowledge(Delivery.Tag)
    /// Forgotten, or put back at the **end** of its queue, marked redelivered and counted (`x-celeriac-deliveries`).
    case reject(Delivery.Tag, requeue: Bool)
    /// Never begun: put back at the **front** of its queue, marked redelivered but not counted.
    case release(Delivery.Tag)
    /// Moved to the dead-letter queue (`<queue>.dead`), marked with `reason`.
    case bury(Delivery.Tag, reason: String)

    public var tag: Delivery.Tag {
        switch self {
        case .acknowledge(let tag), .reject(let tag, _), .release(let tag), .bury(let tag, _): tag
        }
    }
}

/// A message on its way to the broker.
public struct Publication: Sendable {
    /// Empty for the anonymous exchange, whose routing key is the queue.
    public var exchange: String
    public var routingKey: String
    /// Its `delivery_info`, `delivery_tag` and `body_encoding` are the transport's to write.
    public var envelope: Envelope

    public init(exchange: String = "", routingKey: String, envelope: Envelope) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.envelope = envelope
    }
}

/// A queue, and what binds it.
public struct Queue: Hashable, Sendable {
    public var name: QueueName
    /// `nil`: the queue's own name.
    public var exchange: String?
    public var exchangeType: ExchangeType
    /// `nil`: the queue's own name.
    public var routingKey: String?
    /// `x-max-priority`, `x-queue-type`, …
    public var arguments: [String: Value]
    /// Of a headers exchange: which headers a message must have (`x-match`, …). RabbitMQ alone heeds them.
    public var bindingArguments: [String: Value]
    /// What the broker is told of each consumer: `x-priority`, `x-stream-offset`. RabbitMQ alone heeds them.
    public var consumerArguments: [String: Value]
    /// Gone with its last consumer, where the broker does that.
    public var isAutoDelete: Bool

    public enum ExchangeType: String, Hashable, Sendable { case direct, topic, fanout, headers }

    public init(
        _ name: QueueName, exchange: String? = nil, exchangeType: ExchangeType = .direct, routingKey: String? = nil, arguments: [String: Value] = [:],
        bindingArguments: [String: Value] = [:], consumerArguments: [String: Value] = [:], isAutoDelete: Bool = false
    ) {
        self.name = name
        self.exchange = exchange
        self.exchangeType = exchangeType
        self.routingKey = routingKey
        self.arguments = arguments
        self.bindingArguments = bindingArguments
        self.consumerArguments = consumerArguments
        self.isAutoDelete = isAutoDelete
    }
}
