import CeleriacAMQP
import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// What only AMQP has, against a real RabbitMQ. What all transports have in common is in `ConformanceTests`.
@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .serialized, .timeLimit(.minutes(3))) struct AMQPTransportTests {
    private func place() async throws -> (server: RabbitServer, url: BrokerURL) {
        let server = try await SharedServer.rabbit.server()
        return (server, try BrokerURL(try await server.virtualHost()))
    }

    private func publication(_ text: String, to queue: String = "q", exchange: String = "", headers: OrderedDictionary<String, Value> = [:]) -> Publication {
        Publication(
            exchange: exchange, routingKey: queue,
            envelope: Envelope(headers: headers, properties: ["correlation_id": .string(text), "delivery_mode": 2, "priority": 0], body: Array(text.utf8)))
    }

    // MARK: - Messages

    @Test func headersAndPropertiesComeAsTheyWent() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await consumer.consume(Queue("q"))
        let headers: OrderedDictionary<String, Value> = [
            "task": "shop.add", "none": nil, "yes": true, "no": false, "int": -7, "edge": -2_147_483_648, "long": 86_400_000_000, "longest": .integer(.min), "float": 1.5,
            "text": "Grüße 🐇", "empty": "", "list": [1, "two", nil, [3]], "map": ["a": ["b": [:]]], "nothing": [],
        ]
        let properties: OrderedDictionary<String, Value> = [
            "correlation_id": "c1", "reply_to": "r1", "delivery_mode": 2, "expiration": "60000", "priority": 9, "message_id": "m1", "timestamp": 1_700_000_000,
            "type": "t", "app_id": "a", "body_encoding": "base64", "delivery_tag": "x", "delivery_info": ["exchange": "?"],
        ]
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await transport.publish([
            Publication(routingKey: "q", envelope: Envelope(headers: headers, properties: properties, contentEncoding: "binary", body: body)),
            Publication(routingKey: "q", envelope: Envelope(contentType: "", contentEncoding: "", body: [])),
        ])
        var deliveries = try await consumer.next()
        if deliveries.count < 2 { deliveries += try await consumer.next() }
        guard case .envelope(let envelope) = deliveries[0].content, case .envelope(let bare) = deliveries[1].content else { return }
        #expect(envelope.headers == headers)
        #expect(envelope.contentType == "application/json" && envelope.contentEncoding == "binary" && envelope.body == body)
        var expected = properties
        for name in ["body_encoding", "delivery_tag"] { expected[name] = nil }
        expected["delivery_info"] = ["exchange": "", "routing_key": "q"]
        #expect(Dictionary(uniqueKeysWithValues: envelope.properties.elements.map { ($0.key, $0.value) }) == Dictionary(uniqueKeysWithValues: expected.elements.map { ($0.key, $0.value) }))
        #expect(bare.body.isEmpty && bare.headers.isEmpty && bare.contentType.isEmpty && !bare.isRedelivered)
        await consumer.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }

    @Test func whatDoesNotFitAMQPIsRefusedAndCostsNothingElse() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url)
        try await transport.declare([Queue("q")])
        let long = String(repeating: "x", count: 256), huge = String(repeating: "x", count: 200_000)
        for misfit in [publication("1", to: long), publication(long), publication("1", headers: [long: 1]), publication("1", headers: ["a": [["b": [long: 1]]]]), publication("1", headers: ["big": .string(huge)])] {
            async let other: Void = transport.publish([publication("fine")])
            let error = await #expect(throws: TransportError.self) { try await transport.publish([misfit]) }
            #expect(error?.kind == .refused)
            try await other
        }
        #expect(try await server.count("q", of: url) == 5)
        await transport.close()
    }

    @Test func whatNoQueueTakesIsAnErrorToItsSenderAlone() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url)
        try await transport.declare([Queue("q"), Queue("n", exchange: "news", exchangeType: .topic, routingKey: "a.#")])
        async let others: Void = transport.publish((0..<200).map { publication("\($0)") })
        for lost in [publication("x", to: "nosuch"), publication("x", to: "b", exchange: "news"), publication("x", exchange: "nosuch")] {
            let error = await #expect(throws: TransportError.self) { try await transport.publish([publication("before"), lost, publication("after")]) }
            #expect(error?.kind == .refused && error?.hint != nil || error?.cause.contains("no exchange") == true)
        }
        try await others
        #expect(try await server.count("q", of: url) >= 203)
        await transport.close()
    }

    @Test func aFullQueueThatRefusesSaysSo() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url)
        try await transport.declare([Queue("small", arguments: ["x-max-length": 2, "x-overflow": "reject-publish"])])
        try await transport.publish([publication("1", to: "small"), publication("2", to: "small")])
        let error = await #expect(throws: TransportError.self) { try await transport.publish([publication("3", to: "small")]) }
        #expect(error?.kind == .refused && error?.cause.contains("small") == true)
        await transport.close()
        withExtendedLifetime(server) {}
    }

    @Test func aQueueThatExistsOtherwiseIsAClearErrorAndCostsOnlyItsChannel() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await consumer.consume(Queue("q"))
        for declaring in 0..<2 {
            let error = await #expect(throws: TransportError.self) {
                let other = Queue("q", arguments: ["x-max-priority": 5])
                if declaring == 0 { try await transport.declare([other]) } else { try await transport.consumer(owner: "x@test").consume(other) }
            }
            #expect(error?.kind == .refused && error?.cause.contains("x-max-priority") == true && error?.hint != nil)
        }
        try await transport.publish([publication("still here")])
        #expect(try await consumer.next().count == 1)
        await consumer.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }

    // MARK: - Quorum queues and priorities

    @Test func quorumQueuesKeepToThePrefetchAsItGrows() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        consumer.setPrefetch(2)
        try await consumer.consume(Queue("q", arguments: ["x-queue-type": "quorum"]))
        try await transport.publish((1...10).map { publication("\($0)") })
        var held: [Delivery] = []
        while held.count < 2 { held += try await consumer.next() }
        #expect(try await server.unacknowledged("q", of: url, reaches: 2))
        consumer.setPrefetch(5)
        while held.count < 5 { held += try await consumer.next() }
        #expect(held.count == 5)
        #expect(try await server.unacknowledged("q", of: url, reaches: 5))
        consumer.setPrefetch(2)
        try await consumer.settle([.release(held[0].tag)] + held[1...].map { .acknowledge($0.tag) })
        var rest: [Delivery] = []
        while rest.count < 6 {
            let more = try await consumer.next()
            rest += more
            try await consumer.settle(more.map { .acknowledge($0.tag) })
        }
        // What was on its way to a consumer that went comes again as well; the broker counts for itself.
        let came = rest.compactMap { delivery in if case .envelope(let envelope) = delivery.content { envelope } else { nil } }
        #expect(Set(came.map { String(decoding: $0.body, as: UTF8.self) }) == ["1", "6", "7", "8", "9", "10"] && came.count == 6)
        let released = came.first { String(decoding: $0.body, as: UTF8.self) == "1" }
        #expect(released?.isRedelivered == true && released?.headers["x-delivery-count"] == 1)
        await consumer.close()
        await transport.close()
    }

    @Test func aQueueOfOthersIsTakenAsItIs() async throws {
        let (server, url) = try await place()
        let owner = try AMQPTransport(url), transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await owner.declare([Queue("q", arguments: ["x-queue-type": "quorum", "x-delivery-limit": 7]), Queue("p", arguments: ["x-max-priority": 3])])
        try await transport.declare([Queue("q"), Queue("p")])
        try await transport.publish([publication("1"), publication("2", to: "p")])
        consumer.setPrefetch(1)
        try await consumer.consume(Queue("p"))
        try await consumer.consume(Queue("q"))
        var count = 0
        while count < 2 {
            let deliveries = try await consumer.next()
            count += deliveries.count
            try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
        }
        await consumer.close()
        await transport.close()
        await owner.close()
        withExtendedLifetime(server) {}
    }

    @Test func theHighestPriorityIsServedFirst() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        let queue = Queue("q", arguments: ["x-max-priority": 9])
        try await transport.declare([queue])
        var publications = (0..<10).map { publication("\($0)") }
        for index in publications.indices { publications[index].envelope.properties["priority"] = .integer(index) }
        try await transport.publish(publications)
        consumer.setPrefetch(1)
        try await consumer.consume(queue)
        var order: [String] = []
        while order.count < 10 {
            for delivery in try await consumer.next() {
                if case .envelope(let envelope) = delivery.content { order.append(envelope.correlationID ?? "") }
                try await consumer.settle([.acknowledge(delivery.tag)])
            }
        }
        #expect(order == (0..<10).reversed().map(String.init))
        await consumer.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }

    @Test func headersDecideWhereAMessageGoes() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url)
        let queues = [("mail", "mail"), ("other", "print")].map { name, kind in
            Queue(QueueName(name), exchange: "kinds", exchangeType: .headers, routingKey: "", bindingArguments: ["x-match": "all", "kind": .string(kind)])
        }
        try await transport.declare(queues)
        try await transport.publish([publication("1", to: "", exchange: "kinds", headers: ["kind": "mail"]), publication("2", to: "", exchange: "kinds", headers: ["kind": "print"])])
        let error = await #expect(throws: TransportError.self) { try await transport.publish([publication("3", to: "", exchange: "kinds", headers: ["kind": "fax"])]) }
        #expect(error?.kind == .refused)
        for name in ["mail", "other"] { #expect(try await server.count(name, of: url) == 1) }
        await transport.close()
    }

    @Test func aConsumerOfHigherPriorityIsServedFirst() async throws {
        let (server, url) = try await place()
        let transport = try AMQPTransport(url)
        let (plain, urgent) = (transport.consumer(owner: "plain@test"), transport.consumer(owner: "urgent@test"))
        plain.setPrefetch(10)
        urgent.setPrefetch(2)
        try await plain.consume(Queue("q"))
        try await urgent.consume(Queue("q", consumerArguments: ["x-priority": 10]))
        try await transport.publish((0..<4).map { publication("\($0)") })
        // The urgent one takes as many as it may hold, though the other was there first; what is over is the other's.
        var taken: [Delivery] = []
        while taken.count < 2 { taken += try await urgent.next() }
        var left: [Delivery] = []
        while left.count < 2 { left += try await plain.next() }
        #expect(taken.map(\.shownID) == ["0", "1"])
        #expect(left.map(\.shownID) == ["2", "3"])
        await plain.close()
        await urgent.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }
}

extension Delivery {
    fileprivate var shownID: String? { if case .envelope(let envelope) = content { envelope.correlationID } else { nil } }
}

extension RabbitServer {
    /// Messages ready in a queue, as the server counts them.
    func count(_ queue: String, of url: BrokerURL) async throws -> Int {
        let lines = try await ctl("list_queues", "-p", url.path.isEmpty ? "/" : url.path, "--no-table-headers", "name", "messages").split(separator: "\n")
        return lines.compactMap { line in
            let fields = line.split(separator: "\t")
            return fields.first.map(String.init) == queue ? Int(fields[1]) : nil
        }.first ?? -1
    }

    /// Whether as many are unacknowledged within ten seconds: its figures come late.
    func unacknowledged(_ queue: String, of url: BrokerURL, reaches count: Int) async throws -> Bool {
        for _ in 0..<20 {
            let lines = try await ctl("list_queues", "-p", url.path.isEmpty ? "/" : url.path, "--no-table-headers", "name", "messages_unacknowledged").split(separator: "\n")
            if lines.contains("\(queue)\t\(count)") { return true }
            try await Task.sleep(for: .milliseconds(500))
        }
        return false
    }
}
