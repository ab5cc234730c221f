import CeleriacBroker
import CeleriacCore
import OrderedCollections

extension StorePlace {
    /// A transport over a handle of its own.
    func transport(_ settings: BrokerSettings = BrokerSettings(), maintenance: Duration = .milliseconds(100)) throws -> any Transport {
        Self.transport(over: try open(), settings, maintenance)
    }

    private static func transport(over store: some QueueStore, _ settings: BrokerSettings, _ maintenance: Duration) -> any Transport {
        VirtualTransport(store, settings: settings, maintenance: maintenance)
    }
}

/// A publication to the anonymous exchange, told apart by `text`.
func publication(_ text: String, to queue: String = "q", exchange: String = "", priority: Int = 0) -> Publication {
    Publication(
        exchange: exchange, routingKey: queue,
        envelope: Envelope(
            headers: ["id": .string(text), "task": "shop.add"], properties: ["correlation_id": .string(text), "delivery_mode": 2, "priority": .integer(priority)],
            body: Array(text.utf8)))
}
