import CeleriacAMQP
import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// A broker that goes away, comes back, takes things away, or takes nothing. Each test has a server for itself, which it mistreats.
@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .serialized, .timeLimit(.minutes(3))) struct AMQPFaultTests {
    private func publication(_ text: String, to queue: String = "q") -> Publication {
        Publication(routingKey: queue, envelope: Envelope(properties: ["correlation_id": .string(text), "delivery_mode": 2], body: Array(text.utf8)))
    }

    private func text(_ delivery: Delivery) -> String {
        if case .envelope(let envelope) = delivery.content { String(decoding: envelope.body, as: UTF8.self) } else { "" }
    }

    /// What comes next, over all errors.
    private func next(_ consumer: any TaskConsumer) async -> [Delivery] {
        while true {
            do { return try await consumer.next() } catch { try? await Task.sleep(for: .milliseconds(50)) }
        }
    }

    @Test func consumersAndListenersAreThereAgainAfterTheBrokerWasAway() async throws {
        let server = try await RabbitServer.start(), url = try BrokerURL("amqp://127.0.0.1:\(server.port)")
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await consumer.consume(Queue("q"))
        try await consumer.consume(Queue("n", exchange: "news", exchangeType: .topic, routingKey: "a.#"))
        var links = transport.broadcasts(of: "celery.pidbox", queue: "w@test.celery.pidbox").makeAsyncIterator()
        while case .link(let link)? = await links.next(), link != .live {}
        try await transport.publish([publication("held")])
        let held = try await consumer.next()
        try await server.ctl("stop_app")
        await #expect(throws: TransportError.self) { try await transport.publish([publication("x")]) }
        await #expect(throws: TransportError.self) { _ = try await consumer.next() }
        // Of a connection that is gone: nothing to be done, and no error.
        try await consumer.settle(held.map { .acknowledge($0.tag) })
        try await server.ctl("start_app")
        let again = await next(consumer)
        #expect(again.map(text) == ["held"])
        if case .envelope(let envelope)? = again.first?.content { #expect(envelope.isRedelivered) }
        try await consumer.settle(again.map { .acknowledge($0.tag) })
        while true { if case .link(.live)? = await links.next() { break } }
        try await transport.publish([
            publication("1"), Publication(exchange: "news", routingKey: "a.b", envelope: Envelope(body: Array("2".utf8))),
            Publication(exchange: "celery.pidbox", routingKey: "", envelope: Envelope(body: Array("3".utf8))),
        ])
        var texts: Set<String> = []
        while texts.count < 2 { texts.formUnion(await next(consumer).map(text)) }
        #expect(texts == ["1", "2"])
        if case .message(let envelope, _)? = await links.next() { #expect(envelope.body == Array("3".utf8)) } else { Issue.record("no broadcast") }
        await consumer.close()
        await transport.close()
    }

    @Test func aQueueThatIsDeletedUnderAConsumerIsMadeAgain() async throws {
        let server = try await RabbitServer.start(), url = try BrokerURL("amqp://127.0.0.1:\(server.port)")
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test"), other = transport.consumer(owner: "v@test")
        try await consumer.consume(Queue("q"))
        try await other.consume(Queue("p"))
        try await transport.publish([publication("held", to: "p")])
        let held = try await other.next()
        try await server.ctl("delete_queue", "q")
        let error = await #expect(throws: TransportError.self) { _ = try await consumer.next() }
        #expect(error?.kind == .unreachable && error?.cause.contains("q") == true)
        async let more = next(consumer)
        while (try? await transport.publish([publication("1")])) == nil { try await Task.sleep(for: .milliseconds(20)) }
        #expect(await more.map(text) == ["1"])
        // Others have not noticed.
        try await other.settle(held.map { .acknowledge($0.tag) })
        #expect(try await server.count("p", of: url) == 0)
        await consumer.close()
        await other.close()
        await transport.close()
    }

    @Test func aBrokerShortOfMemoryIsWaitedFor() async throws {
        let server = try await RabbitServer.start(), url = try BrokerURL("amqp://127.0.0.1:\(server.port)")
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await transport.publish([Publication(exchange: "celery.pidbox", routingKey: "", envelope: Envelope(body: []))])
        try await consumer.consume(Queue("q"))
        try await server.ctl("set_vm_memory_high_watermark", "0.00001")
        // The first one may still find its way into the server's buffers; it is confirmed later.
        async let sent: Void = transport.publish((0..<3).map { publication("\($0)") })
        // Consuming goes on meanwhile: it has a connection of its own.
        consumer.setPrefetch(7)
        try await Task.sleep(for: .milliseconds(300))
        try await server.ctl("set_vm_memory_high_watermark", "0.6")
        try await sent
        var count = 0
        while count < 3 { count += try await consumer.next().count }
        await consumer.close()
        await transport.close()
    }

    @Test func aServerThatSaysNothingAnyMoreIsLeft() async throws {
        let server = try await RabbitServer.start(), url = try BrokerURL("amqp://127.0.0.1:\(server.port)?heartbeat=1")
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await consumer.consume(Queue("q"))
        try await transport.publish([publication("1")])
        _ = try await consumer.next()
        server.freeze()
        let began = ContinuousClock.now
        let error = await #expect(throws: TransportError.self) { _ = try await consumer.next() }
        #expect(error?.kind == .unreachable)
        await #expect(throws: TransportError.self) { try await transport.publish([publication("2")]) }
        #expect(ContinuousClock.now - began < .seconds(15))
        server.thaw()
        #expect(await next(consumer).map(text) == ["1"])
        await consumer.close()
        await transport.close()
    }

    @Test func aServerThatReadsNothingAnyMoreIsLeft() async throws {
        let server = try await RabbitServer.start(), url = try BrokerURL("amqp://127.0.0.1:\(server.port)?heartbeat=1")
        let transport = try AMQPTransport(url)
        try await transport.declare([Queue("q")])
        try await transport.publish([publication("1")])
        server.freeze()
        // In time for the test to end, whatever happens.
        let rescue = Task {
            try await Task.sleep(for: .seconds(30))
            server.thaw()
        }
        let began = ContinuousClock.now
        // More than the sockets of both sides hold.
        let many = (0..<4000).map { _ in Publication(routingKey: "q", envelope: Envelope(body: Array(repeating: 0, count: 4000))) }
        let error = await #expect(throws: TransportError.self) { try await transport.publish(many) }
        #expect(error?.kind == .unreachable)
        #expect(ContinuousClock.now - began < .seconds(15))
        rescue.cancel()
        server.thaw()
        await transport.close()
    }

    @Test func theNextHostIsTakenWhenOneDoesNotAnswer() async throws {
        let server = try await SharedServer.rabbit.server()
        let transport = try AMQPTransport(try BrokerURL("amqp://127.0.0.1:\(try freePort());127.0.0.1:\(server.port)"))
        try await transport.declare([Queue("q")])
        await transport.close()
        await #expect(throws: TransportError.self) { try await transport.declare([Queue("q")]) }
    }
}
