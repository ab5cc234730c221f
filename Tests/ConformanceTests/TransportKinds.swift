import CeleriacAMQP
import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// A kind of transport that has to pass the suite.
struct TransportKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes an empty place for messages, whose owners' holds last `lease` where holds end.
    let place: @Sendable (_ lease: Duration) async throws -> TransportPlace

    static let all: [TransportKind] = virtual + (RabbitServer.isThere ? [rabbit] : [])

    /// Those over a queue store.
    static let virtual: [TransportKind] = StoreKind.all.map { kind in
        TransportKind(testDescription: kind.testDescription) { lease in
            let place = try await kind.place(lease)
            return TransportPlace(place) { try place.transport($0) }
        }
    }

    static let rabbit = TransportKind(testDescription: "RabbitMQ") { _ in
        let server = try await SharedServer.rabbit.server()
        // A place of its own on a server for all.
        let url = try BrokerURL(try await server.virtualHost())
        return TransportPlace(server) { try AMQPTransport(url, settings: $0) }
    }
}

/// A place where messages lie, and transports to it, as different processes would have them.
struct TransportPlace: Sendable {
    private let server: any Sendable
    private let open: @Sendable (BrokerSettings) throws -> any Transport

    /// - Parameter server: kept alive as long as the place.
    init(_ server: any Sendable, open: @escaping @Sendable (BrokerSettings) throws -> any Transport) {
        self.server = server
        self.open = open
    }

    func transport(_ settings: BrokerSettings = BrokerSettings()) throws -> any Transport { try open(settings) }

    /// To be the last that is done with them: the place has to live until then.
    func close(_ transport: any Transport) async {
        await transport.close()
        withExtendedLifetime(server) {}
    }
}

extension StorePlace {
    /// A transport over a handle of its own.
    func transport(_ settings: BrokerSettings = BrokerSettings(), maintenance: Duration = .milliseconds(100)) throws -> any Transport {
        Self.transport(over: try open(), settings, maintenance)
    }

    private static func transport(over store: some QueueStore, _ settings: BrokerSettings, _ maintenance: Duration) -> any Transport {
        VirtualTransport(store, settings: settings, maintenance: maintenance)
    }
}

extension TaskConsumer {
    /// Exactly `count` messages: a broker that pushes them may hand them out in several pieces.
    func take(_ count: Int) async throws -> [Delivery] {
        var deliveries: [Delivery] = []
        while deliveries.count < count {
            let more = try await next()
            if more.isEmpty { break }
            deliveries += more
        }
        return deliveries
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
