import CeleriacCore
import OrderedCollections
import Synchronization

/// Decides which queues a message goes to, by the rules of kombu's virtual exchanges, and fills in what the transport owes an envelope.
final class VirtualRouter<Store: QueueStore>: Sendable {
    struct Routed {
        var messages: [StoredMessage] = []
        var broadcasts: OrderedDictionary<String, [(routingKey: String, envelope: Envelope)]> = [:]
    }

    private let store: Store
    private let bodyEncoding: Value
    private let deadLetterQueue: QueueName?
    /// Exchanges whose messages go to all who listen.
    private let broadcastExchanges: Mutex<Set<String>>

    init(_ store: Store, _ settings: BrokerSettings) {
        self.store = store
        bodyEncoding = settings.transportOptions["body_encoding"] ?? "base64"
        deadLetterQueue = settings.transportOptions["deadletter_queue"]?.string.map { QueueName($0) }
        broadcastExchanges = Mutex([settings.controlExchange + ".pidbox", settings.eventExchange])
    }

    // MARK: - Publishing

    /// Looks up each named exchange once. What no queue is bound for is dropped, as kombu does, unless there is a dead-letter queue.
    func route(_ publications: [Publication]) async throws(TransportError) -> Routed {
        var routed = Routed(), copies: [(queue: QueueName, publication: Publication)] = []
        copies.reserveCapacity(publications.count)
        var tables: [String: [Binding]] = [:]
        let broadcasts = broadcastExchanges.withLock { $0 }
        for publication in publications {
            if publication.exchange.isEmpty {
                copies.append((QueueName(publication.routingKey), publication))
            } else if broadcasts.contains(publication.exchange) {
                routed.broadcasts[publication.exchange, default: []].append((publication.routingKey, complete(publication)))
            } else {
                let table: [Binding]
                if let known = tables[publication.exchange] {
                    table = known
                } else {
                    table = try await store.bindings(of: publication.exchange)
                    tables[publication.exchange] = table
                }
                for queue in queues(for: publication.routingKey, in: table) { copies.append((queue, publication)) }
            }
        }
        // Each copy has a tag of its own: it is settled by itself.
        routed.messages = await mapMany(copies) { [self] queue, publication in StoredMessage(queue: queue, envelope: complete(publication)) }
        return routed
    }

    private func queues(for routingKey: String, in table: [Binding]) -> [QueueName] {
        var queues: OrderedSet<QueueName> = []
        for binding in table {
            let isBound =
                switch binding.type {
                case .topic: TopicPattern(binding.routingKey).matches(routingKey)
                case .fanout: true
                case .direct, .headers: binding.routingKey == routingKey
                }
            if isBound { queues.append(binding.queue) }
        }
        if queues.isEmpty, let deadLetterQueue { queues.append(deadLetterQueue) }
        return queues.elements
    }

    private func complete(_ publication: Publication) -> Envelope {
        var envelope = publication.envelope
        let place: Value = .object(["exchange": .string(publication.exchange), "routing_key": .string(publication.routingKey)])
        let position = envelope.properties.index(forKey: "priority") ?? envelope.properties.count
        envelope.properties.updateValue(place, forKey: "delivery_info", insertingAt: position)
        envelope.properties["body_encoding"] = bodyEncoding
        envelope.properties["delivery_tag"] = .string(freshUUID())
        return envelope
    }

    // MARK: - Declaring

    func declare(_ queues: [Queue]) async throws(TransportError) {
        var bindings: [Binding] = []
        for queue in queues {
            let exchange = queue.exchange ?? queue.name.rawValue
            switch queue.exchangeType {
            case .headers:
                throw TransportError(
                    .misconfigured, operation: "declare", endpoint: store.endpoint, cause: "\(queue.name) is bound to a headers exchange, which only AMQP has")
            case .fanout: broadcastExchanges.withLock { _ = $0.insert(exchange) }
            case .direct, .topic:
                // Whatever is published to the anonymous exchange finds its queue without a binding.
                if exchange.isEmpty { continue }
            }
            bindings.append(Binding(exchange: exchange, type: queue.exchangeType, routingKey: queue.routingKey ?? queue.name.rawValue, queue: queue.name))
        }
        if !bindings.isEmpty { try await store.bind(bindings) }
    }
}
