public import CeleriacBroker
public import CeleriacCore

/// RabbitMQ, by AMQP 0-9-1: exchanges, queues and messages as Celery and py-amqp have them.
///
/// Messages go out over one connection, each confirmed by the broker, and come in over another. Nothing is connected before the first call; what is lost is
/// connected again by the next one, to the next of several hosts when one does not answer.
public final class AMQPTransport: Transport {
    public let endpoint: String
    private let topology: Topology
    private let publisher: PublishingLink
    private let link: ConsumingLink

    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, settings: BrokerSettings = BrokerSettings()) throws(TransportError) {
        let address = try AMQPAddress(url)
        topology = Topology(settings)
        endpoint = address.shown
        publisher = PublishingLink(address, topology)
        link = ConsumingLink(address, topology, purpose: "consuming")
    }

    public var features: TransportFeatures { [.broadcast, .priorities, .declaredQueues] }

    public func publish(_ publications: [Publication]) async throws(TransportError) { try await publisher.publish(publications) }

    public func declare(_ queues: [Queue]) async throws(TransportError) { try await publisher.declare(queues) }

    public func consumer(owner: WorkerName) -> any TaskConsumer { AMQPConsumer(link, publisher) }

    public func broadcasts(of exchange: String, queue: String) -> AsyncStream<BroadcastElement> {
        let (stream, continuation) = AsyncStream<BroadcastElement>.makeStream()
        let listener = ChannelListener(exchange, queue: queue, routingKey: topology.routingKey(exchange)) { envelopes in
            for envelope in envelopes { continuation.yield(.message(envelope, routingKey: envelope.routingKey ?? "")) }
        }
        // Of its own, since it connects again by itself.
        let task = Task { [link] in
            await listener.run(link) { continuation.yield(.link($0)) }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    public func close() async {
        await link.close()
        await publisher.close()
    }
}
