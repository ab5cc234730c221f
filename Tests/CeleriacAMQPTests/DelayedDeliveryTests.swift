import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacAMQP

@Suite struct DelayedDeliveryTests {
    /// Keys that kombu 5.7 made (`logic/delayed_routing_key.jsonl`).
    @Test func keysAreKombus() {
        let vectors = logicRows("delayed_routing_key")
        #expect(!vectors.isEmpty)
        for vector in vectors {
            let key = DelayedDelivery.routingKey(vector["countdown"]?.double ?? 0, vector["routing_key"]?.string ?? "")
            #expect(key == vector["result"]?.string)
        }
    }

    @Test func whatIsNotWorthItIsNotDelayed() {
        #expect(DelayedDelivery.routingKey(0.9, "a") == nil && DelayedDelivery.routingKey(-5, "a") == nil && DelayedDelivery.routingKey(.nan, "a") == nil)
        #expect(DelayedDelivery.routingKey(1e9, "a") == nil)
        // Delayed again, it has one delay.
        let once = DelayedDelivery.routingKey(5, "a.b") ?? ""
        #expect(DelayedDelivery.routingKey(5, once) == once)
    }

    @Test(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .timeLimit(.minutes(2))) func theBrokerHoldsAMessageUntilItsTime() async throws {
        let server = try await SharedServer.rabbit.server()
        let transport = try AMQPTransport(try BrokerURL(try await server.virtualHost())), consumer = transport.consumer(owner: "w@test")
        let queue = Queue("q", exchange: "shop", exchangeType: .topic, routingKey: "orders.#", arguments: ["x-queue-type": "quorum"])
        try await consumer.consume(queue)
        try await transport.declare([queue])
        let began = secondsSince1970()
        for delay in [0.0, 3.5] {
            let eta: Value = delay == 0 ? nil : ISOTime.text(began + delay).map(Value.string) ?? nil
            try await transport.publish([Publication(exchange: "shop", routingKey: "orders.eu", envelope: Envelope(headers: ["eta": eta], body: Array("\(delay)".utf8)))])
        }
        var came: [(text: String, after: Double)] = []
        while came.count < 2 {
            for delivery in try await consumer.next() {
                guard case .envelope(let envelope) = delivery.content else { continue }
                came.append((String(decoding: envelope.body, as: UTF8.self), secondsSince1970() - began))
                try await consumer.settle([.acknowledge(delivery.tag)])
            }
        }
        #expect(came.map(\.text) == ["0.0", "3.5"] && came[0].after < 2 && came[1].after >= 2.9)
        await consumer.close()
        await transport.close()
    }
}
