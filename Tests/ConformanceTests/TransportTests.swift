import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct TransportTests {
    @Test func everySettlementNamesItsDelivery() {
        let tag = Delivery.Tag("a")
        let all: [Settlement] = [.acknowledge(tag), .reject(tag, requeue: true), .release(tag), .bury(tag, reason: "poison")]
        #expect(all.allSatisfy { $0.tag == tag })
    }

    @Test(arguments: TransportKind.virtual) func whatIsPublishedCarriesWhatKombuWrites(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        let consumer = transport.consumer(owner: "w1@test")
        try await consumer.consume(Queue("q"))
        try await transport.publish([publication("1"), publication("2")])
        var deliveries: [Delivery] = []
        while deliveries.count < 2 { deliveries += try await consumer.next() }
        #expect(deliveries.map(\.text) == ["1", "2"] && deliveries.allSatisfy { $0.queue == "q" })
        let properties = deliveries[0].envelope?.properties ?? [:]
        #expect(Array(properties.keys) == ["correlation_id", "delivery_mode", "delivery_info", "priority", "body_encoding", "delivery_tag"])
        #expect(properties["delivery_info"] == ["exchange": "", "routing_key": "q"] && properties["body_encoding"] == "base64")
        #expect(deliveries[0].envelope?.deliveryTag != deliveries[1].envelope?.deliveryTag)
        try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
        await consumer.close()
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func exchangesRouteByTheirBindings(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        let consumer = transport.consumer(owner: "w1@test")
        for queue in [
            Queue("eu", exchange: "shop", exchangeType: .topic, routingKey: "orders.eu.#"), Queue("all", exchange: "shop", exchangeType: .topic, routingKey: "orders.#"),
            Queue("direct", exchange: "mail", routingKey: "send"),
        ] { try await consumer.consume(queue) }
        try await transport.publish([
            publication("both", to: "orders.eu.new", exchange: "shop"), publication("one", to: "orders.us", exchange: "shop"),
            publication("mail", to: "send", exchange: "mail"),
        ])
        for nobodys in [publication("none", to: "stock.eu", exchange: "shop"), publication("lost", to: "sent", exchange: "mail"), publication("nowhere", exchange: "unknown")] {
            // Where the broker knows its queues it says so; elsewhere nobody can tell.
            if transport.features.contains(.declaredQueues) {
                await #expect(throws: TransportError.self) { try await transport.publish([nobodys]) }
            } else {
                try await transport.publish([nobodys])
            }
        }
        var found: Set<String> = []
        while found.count < 4 {
            let deliveries = try await consumer.next()
            found.formUnion(deliveries.map { "\($0.queue): \($0.text)" })
            try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
        }
        #expect(found == ["eu: both", "all: both", "all: one", "direct: mail"])
        await consumer.close()
        await place.close(transport)
    }

    @Test(arguments: TransportKind.virtual) func whatNoQueueIsBoundForGoesToTheDeadLetterQueueThereIs(kind: TransportKind) async throws {
        var settings = BrokerSettings()
        settings.transportOptions = ["deadletter_queue": "lost"]
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport(settings)
        let consumer = transport.consumer(owner: "w1@test")
        try await consumer.consume(Queue("lost"))
        try await transport.publish([publication("1", to: "nobody", exchange: "shop")])
        #expect(try await consumer.next().map(\.text) == ["1"])
        await consumer.close()
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func noMoreThanThePrefetchIsHeld(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        let consumer = transport.consumer(owner: "w1@test")
        consumer.setPrefetch(3)
        try await consumer.consume(Queue("q"))
        try await transport.publish((1...20).map { publication("\($0)") })
        var held = try await consumer.take(3)
        #expect(held.map(\.text) == ["1", "2", "3"])
        // The next one waits until there is room.
        async let more = consumer.next()
        try await consumer.settle([.acknowledge(held[1].tag), .acknowledge(held[1].tag)])
        held += try await more
        #expect(held.map(\.text) == ["1", "2", "3", "4"])
        consumer.setPrefetch(5)
        held += try await consumer.take(2)
        #expect(held.map(\.text) == (1...6).map(String.init))
        consumer.setPrefetch(0)
        while held.count < 20 { held += try await consumer.next() }
        #expect(held.map(\.text) == (1...20).map(String.init))
        await consumer.close()
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func whatComesBackIsMarkedAndCountedAndTheDeadAreBuried(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        let consumer = transport.consumer(owner: "w1@test")
        try await consumer.consume(Queue("q"))
        try await transport.publish([publication("1"), publication("2"), publication("3"), publication("4")])
        let first = try await consumer.take(4)
        try await consumer.settle([
            .reject(first[0].tag, requeue: true), .bury(first[1].tag, reason: "poison"), .reject(first[2].tag, requeue: false), .release(first[3].tag),
        ])
        let again = try await consumer.take(2).sorted { $0.text < $1.text }
        #expect(again.map(\.text) == ["1", "4"] && again.map { $0.envelope?.isRedelivered } == [true, true])
        #expect(again.map { $0.envelope?.returns } == [1, 0])
        // Twice, and by a tag of the past, changes nothing.
        try await consumer.settle([.acknowledge(first[0].tag), .release(first[1].tag), .acknowledge(Delivery.Tag("9.9"))])
        try await consumer.settle(again.map { .acknowledge($0.tag) })
        let graveyard = transport.consumer(owner: "w2@test")
        try await graveyard.consume(Queue(QueueName("q").deadLetters))
        let dead = try await graveyard.take(1)
        #expect(dead.map(\.text) == ["2"] && dead[0].envelope?.headers["x-celeriac-buried"] == "poison")
        await graveyard.close()
        await consumer.close()
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func aQueueAddedWhileWaitingIsServed(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        let consumer = transport.consumer(owner: "w1@test")
        try await transport.declare([Queue("later")])
        try await transport.publish([publication("1", to: "later")])
        async let first = consumer.next()
        try await consumer.consume(Queue("empty"))
        try await consumer.consume(Queue("later"))
        #expect(try await first.map(\.text) == ["1"])
        try await consumer.cancel("later")
        try await transport.publish([publication("2", to: "later"), publication("3", to: "empty")])
        #expect(try await consumer.next().map(\.text) == ["3"])
        await consumer.close()
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func stoppingEndsTheWaitAndWhatIsHeldCanBeSettled(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        let consumer = transport.consumer(owner: "w1@test"), other = transport.consumer(owner: "w2@test")
        try await consumer.consume(Queue("q"))
        try await transport.publish((1...3).map { publication("\($0)") })
        let held = try await consumer.take(3)
        async let nothing = consumer.next()
        consumer.stop()
        #expect(try await nothing.isEmpty)
        #expect(try await consumer.next().isEmpty)
        try await consumer.settle([.acknowledge(held[0].tag)])
        await consumer.close()
        // The rest went back to the front, in order.
        try await transport.publish([publication("4")])
        try await other.consume(Queue("q"))
        let again = try await other.take(3)
        #expect(again.map(\.text) == ["2", "3", "4"] && again.map { $0.envelope?.isRedelivered } == [true, true, false])
        await other.close()
        await place.close(transport)
    }

    @Test(arguments: StoreKind.all) func aLivingConsumerKeepsItsMessagesBeyondTheLease(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(1))
        let transport = try place.transport(), consumer = transport.consumer(owner: "w1@test")
        let other = try place.open()
        try await consumer.consume(Queue("q"))
        try await transport.publish([publication("long")])
        let held = try await consumer.next()
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline {
            try await other.maintain(owner: "w2@test")
            #expect(try await other.claim("q", as: "w2@test", wait: .milliseconds(50)).isEmpty)
        }
        try await consumer.settle(held.map { .acknowledge($0.tag) })
        await consumer.close()
        await place.close(transport)
        await place.close(other)
    }

    @Test(arguments: TransportKind.all) func manyConsumersShareTheWorkWithoutLossOrDoubling(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport(), others = try (0..<4).map { _ in try place.transport() }
        try await transport.declare([Queue("q")])
        let done = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<4 {
                group.addTask {
                    let consumer = others[number].consumer(owner: WorkerName("w\(number)@test"))
                    consumer.setPrefetch(16)
                    try await consumer.consume(Queue("q"))
                    let texts = try await consumer.drain()
                    await consumer.close()
                    return texts
                }
            }
            for batch in 0..<40 { try await transport.publish((0..<50).map { publication("\(batch * 50 + $0)") }) }
            // One farewell each: whoever takes it takes nothing more.
            for _ in 0..<4 { try await transport.publish([publication("end")]) }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(done.filter { $0 != "end" }.count == 2000 && Set(done).count == 2001)
        for other in others { await place.close(other) }
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func aFanoutQueueGivesEachConsumerACopy(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport(), other = try place.transport()
        guard transport.features.contains(.broadcast) else { return await place.close(transport) }
        let consumers = [transport.consumer(owner: "w1@test"), transport.consumer(owner: "w2@test"), other.consumer(owner: "w3@test")]
        let news = Queue("news", exchange: "news", exchangeType: .fanout)
        for consumer in consumers { try await consumer.consume(news) }
        try await consumers[0].consume(Queue("q"))
        try await other.declare([news])
        // Also to whoever waits on another queue at the moment.
        async let first = consumers[0].next()
        try await other.publish([publication("1", to: "", exchange: "news")])
        #expect(try await first.map(\.text) == ["1"])
        for consumer in consumers[1...] {
            let copy = try await consumer.next()
            #expect(copy.map(\.text) == ["1"] && copy.first?.queue == "news")
            try await consumer.settle(copy.map { .reject($0.tag, requeue: true) })
            let again = try await consumer.next()
            #expect(again.map { $0.envelope?.isRedelivered } == [true])
            try await consumer.settle(again.map { .acknowledge($0.tag) })
        }
        for consumer in consumers { await consumer.close() }
        await place.close(other)
        await place.close(transport)
    }

    @Test(arguments: TransportKind.all) func eventsAndControlMessagesReachAllListeners(kind: TransportKind) async throws {
        let place = try await kind.place(.seconds(30))
        let transport = try place.transport()
        guard transport.features.contains(.broadcast) else { return await place.close(transport) }
        var events = transport.broadcasts(of: "celeryev", queue: "celeryev.1").makeAsyncIterator()
        while case .link(let link)? = await events.next(), link != .live {}
        try await transport.declare([Queue("q")])
        try await transport.publish([publication("beat", to: "worker.heartbeat", exchange: "celeryev"), publication("work", to: "q")])
        guard case .message(let envelope, let routingKey)? = await events.next() else {
            Issue.record("no event")
            return
        }
        #expect(routingKey == "worker.heartbeat" && String(decoding: envelope.body, as: UTF8.self) == "beat")
        #expect(envelope.exchange == "celeryev" && envelope.routingKey == "worker.heartbeat")
        await place.close(transport)
    }
}

extension TaskConsumer {
    /// Settles each message by a task of its own, until it meets a farewell; returns all texts.
    fileprivate func drain() async throws -> [String] {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var texts: [String] = []
            while !texts.contains("end") {
                try Task.checkCancellation()
                let deliveries = try await next()
                texts += deliveries.filter { $0.text != "end" }.map(\.text)
                var ends = deliveries.filter { $0.text == "end" }
                if !ends.isEmpty {
                    texts.append("end")
                    // One is ours; the others belong to the other consumers.
                    let own = ends.removeFirst()
                    try await settle([.acknowledge(own.tag)] + ends.map { .release($0.tag) })
                }
                for delivery in deliveries where delivery.text != "end" { group.addTask { try await settle([.acknowledge(delivery.tag)]) } }
            }
            try await group.waitForAll()
            return texts
        }
    }
}
