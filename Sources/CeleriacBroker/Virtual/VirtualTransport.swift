public import CeleriacCore
import OrderedCollections

/// Exchanges, bindings, prefetch and redelivery over a store that only knows queues: what kombu calls a virtual transport.
public final class VirtualTransport<Store: QueueStore>: Transport {
    private let store: Store
    private let router: VirtualRouter<Store>
    private let maintenance: Duration

    /// - Parameters:
    ///   - settings: `deadletter_queue` (for messages that no queue is bound for) and `body_encoding` among its transport options.
    ///   - maintenance: how often a consumer renews its hold on what it has taken.
    public init(_ store: Store, settings: BrokerSettings = BrokerSettings(), maintenance: Duration = .seconds(5)) {
        self.store = store
        self.maintenance = maintenance
        router = VirtualRouter(store, settings)
    }

    public var endpoint: String { store.endpoint }
    public var features: TransportFeatures { store.features }

    public func publish(_ publications: [Publication]) async throws(TransportError) {
        let routed = try await router.route(publications)
        if !routed.messages.isEmpty { try await store.publish(routed.messages) }
        for (exchange, messages) in routed.broadcasts { try await store.broadcast(messages, exchange: exchange) }
    }

    public func declare(_ queues: [Queue]) async throws(TransportError) {
        try await router.declare(queues)
    }

    public func consumer(owner: WorkerName) -> any TaskConsumer {
        VirtualConsumer(store, router, owner: owner, maintenance: maintenance)
    }

    public func broadcasts(of exchange: String, queue: String) -> AsyncStream<BroadcastElement> {
        store.broadcasts(of: exchange)
    }

    public func close() async {
        await store.close()
    }
}
