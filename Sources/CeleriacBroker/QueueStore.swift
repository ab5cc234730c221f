public import CeleriacCore

/// A store of messages without AMQP's semantics. Exchanges, bindings, prefetch and fanout are built once above it, by `VirtualTransport`.
///
/// Batches throughout: a round trip per message is the speed limit.
public protocol QueueStore: Sendable {
    /// Masked: fit to be shown.
    var endpoint: String { get }
    var features: TransportFeatures { get }

    /// Returns when all are stored. Their tags are already in their properties.
    func publish(_ messages: [StoredMessage]) async throws(TransportError)

    /// Takes at most `count` messages, most urgent first, then oldest first, fairly among the queues, and hides them until they are settled. Waits up to
    /// `wait` for the first one; empty when none came.
    ///
    /// Atomic: a crash of either side at any moment leaves a message waiting or held, never gone. Held messages are known as `owner`'s. Cancelling the
    /// task ends only the wait: what has been taken is returned all the same.
    func claim(from queues: [QueueName], upTo count: Int, owner: WorkerName, wait: Duration) async throws(TransportError) -> [Delivery]

    func settle(_ settlements: [Settlement], owner: WorkerName) async throws(TransportError)

    /// Renews the hold on all that `owner` claimed here and did not settle, and gives back what owners held that have not called this for 30 s, marked
    /// redelivered and counted. Called every few seconds while a consumer lives.
    func maintain(owner: WorkerName) async throws(TransportError)

    func sizes(of queues: [QueueName]) async throws(TransportError) -> [QueueName: Int]
    func queues() async throws(TransportError) -> [QueueName]
    /// Removes all waiting messages; returns how many there were.
    func purge(_ queue: QueueName) async throws(TransportError) -> Int
    func delete(_ queue: QueueName) async throws(TransportError)

    func bind(_ bindings: [Binding]) async throws(TransportError)
    func bindings(of exchange: String) async throws(TransportError) -> [Binding]

    /// Hands `messages` to whoever listens to `exchange` now; nobody is no error.
    func broadcast(_ messages: [(routingKey: String, envelope: Envelope)], exchange: String) async throws(TransportError)
    func broadcasts(of exchange: String) -> AsyncStream<BroadcastElement>

    func close() async
}

/// A message for one queue, as a store keeps it.
public struct StoredMessage: Sendable {
    public var queue: QueueName
    /// Complete, with `delivery_info`, `delivery_tag` and `body_encoding`.
    public var envelope: Envelope

    public init(queue: QueueName, envelope: Envelope) {
        self.queue = queue
        self.envelope = envelope
    }
}

/// What makes an exchange put a message in a queue.
public struct Binding: Hashable, Sendable {
    public var exchange: String
    /// Of the exchange.
    public var type: Queue.ExchangeType
    public var routingKey: String
    public var queue: QueueName

    public init(exchange: String, type: Queue.ExchangeType, routingKey: String, queue: QueueName) {
        self.exchange = exchange
        self.type = type
        self.routingKey = routingKey
        self.queue = queue
    }
}
