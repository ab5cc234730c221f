public import CeleriacCore

/// What the engine needs of a broker. `VirtualTransport` builds it over a `QueueStore`; brokers with AMQP's own semantics have theirs.
public protocol Transport: Sendable {
    /// Masked: fit to be shown.
    var endpoint: String { get }
    var features: TransportFeatures { get }

    /// Returns when the broker has all of them (AMQP confirms, the reply of Redis, the commit of SQL); their order is kept.
    /// - Throws: some may then be in the broker and some not.
    func publish(_ publications: [Publication]) async throws(TransportError)

    /// Makes queues, their exchanges and bindings where they are missing.
    func declare(_ queues: [Queue]) async throws(TransportError)

    /// A consumer of its own, with no queue yet. `owner` is the node name: under it the broker's bookkeeping knows what this consumer holds.
    func consumer(owner: WorkerName) -> any TaskConsumer

    /// What is published to a broadcast exchange (fanout; topic for events), from now until the consumer stops listening. Reconnects by itself.
    /// - Parameter queue: name of the queue of its own that brokers with real queues make for it.
    func broadcasts(of exchange: String, queue: String) -> AsyncStream<BroadcastElement>

    /// Closes all connections; pending calls fail.
    func close() async
}

public struct TransportFeatures: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Broadcast exchanges work between processes: remote control, events, mingle.
    public static let broadcast = TransportFeatures(rawValue: 1)
    public static let priorities = TransportFeatures(rawValue: 2)
    /// 0 is served first, as kombu has it on Redis; otherwise the highest number is.
    public static let lowPriorityFirst = TransportFeatures(rawValue: 4)
    /// A queue has to be declared before anything can be sent to it, by whoever comes first.
    public static let declaredQueues = TransportFeatures(rawValue: 8)
}

public enum BroadcastElement: Sendable {
    case message(Envelope, routingKey: String)
    case unreadable(MessageError)
    case link(LinkState)
}

/// Takes messages off queues, no more unsettled at once than its prefetch allows. Used by one task at a time for `next`; all else from anywhere.
public protocol TaskConsumer: Sendable {
    /// Messages in the broker's order, as many as there are and the prefetch allows, at least one; waits for it. Empty once `stop` was called.
    ///
    /// After an error the next call connects again. What was held then may be delivered again, to anyone.
    func next() async throws(TransportError) -> [Delivery]

    /// Returns when the broker knows all of them settled. May be called while `next` waits.
    func settle(_ settlements: [Settlement]) async throws(TransportError)

    /// How many may be unsettled at once; 0 = any number. Takes effect with the next message.
    func setPrefetch(_ count: Int)

    /// Declares the queue and consumes from it too.
    func consume(_ queue: Queue) async throws(TransportError)
    func cancel(_ queue: QueueName) async throws(TransportError)

    /// No more deliveries; what is held stays held and can be settled.
    func stop()

    /// Releases what is still held to the front of its queue, then lets go of the broker.
    func close() async
}
