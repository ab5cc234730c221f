import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacAMQP

/// What taking hold of messages means on RabbitMQ.
@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .serialized, .timeLimit(.minutes(3))) struct EditingTests {
    private func managed(_ options: String = "") async throws -> (RabbitServer, BrokerURL) {
        let port = try freePort()
        let server = try await RabbitServer.start(
            ["management.tcp.port = \(port)", "management.tcp.ip = 127.0.0.1", "collect_statistics_interval = 500"], plugins: ["rabbitmq_management"])
        return (server, try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://127.0.0.1:\(port)\(options)"))
    }

    private func message(_ text: String, to queue: QueueName, padding: Int = 0) -> KeptMessage {
        let envelope = Envelope(
            headers: ["task": "shop.add", "id": .string(text)], properties: ["correlation_id": .string(text), "delivery_mode": 2],
            body: Array((text + String(repeating: "x", count: padding)).utf8))
        return KeptMessage(queue: queue, bytes: envelope.encoded())
    }

    private func id(_ message: KeptMessage) throws -> String? { try Envelope(decoding: message.bytes).correlationID }

    private func purge(_ broker: AMQPBroker, _ queue: QueueName) async throws -> [KeptMessage] {
        let walk = try await broker.walk(queue, needle: [])
        var messages: [KeptMessage] = []
        while true {
            let front = try await walk.front(limit: 2)
            if front.isEmpty { break }
            let removed = try await walk.remove(front, areFront: true)
            messages += front.filter(removed.contains)
        }
        await walk.close()
        return messages
    }

    @Test(.enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)")) func whatWasTakenOutAndPutBackIsTheSameToPython() async throws {
        let (server, url) = try await managed()
        let results = FileManager.default.temporaryDirectory.appendingPathComponent("results-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: results, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: results) }
        let python = try CeleryApp(
            broker: "amqp://127.0.0.1:\(server.port)//", backend: "file://\(results.path)", settings: "accept_content=['json', 'pickle', 'yaml'], result_persistent=True")
        // The same twice: one is taken out and put back, and the other is not.
        try await python.run(
            """
            from kombu import Producer
            with app.connection() as connection:
                channel = connection.default_channel
                producer = Producer(channel, auto_declare=False)
                for name in ("plain", "edited"):
                    channel.queue_declare(name, durable=True, auto_delete=False)
                    def send(body, **options):
                        producer.publish(body, exchange="", routing_key=name, **options)
                    send({"a": "ü☃", "b": [1, 2.5, None, True]}, serializer="json", priority=7, expiration=3600, correlation_id="c", reply_to="r", delivery_mode=1)
                    send({"a": {1, 2}}, serializer="pickle", message_id="m", type="t", app_id="app", timestamp=1700000000)
                    send("x" * 5000, serializer="json", compression="zlib", headers={"n": 1, "big": 2**40, "neg": -2**31, "float": 1.5, "none": None, "list": [1, "a", {"b": False}], "tree": {"a": {"b": "c"}}})
                    send(b"\\x00\\xff\\x80raw", content_type="application/data", content_encoding="binary")
                    send("text", content_type="text/plain", content_encoding="utf-8")
                    send("", content_type="", content_encoding="")
                for number, serializer in enumerate(["json", "pickle", "yaml"]):
                    add.apply_async((number, 10), serializer=serializer, task_id=f"edited-{serializer}", queue="edited", headers={"tenant": "ö"})
            """)
        let broker = try AMQPBroker(url, permission: .act)
        let taken = try await purge(broker, "edited")
        #expect(taken.count == 9)
        try await broker.insert(taken, at: .front)
        let again = try await purge(broker, "edited")
        #expect(again == taken)
        try await broker.insert(again, at: .back)
        let compared = try await python.run(
            """
            with app.connection() as connection:
                channel = connection.default_channel
                for number in range(6):
                    one, other = channel.basic_get("plain"), channel.basic_get("edited")
                    for message in (one, other):
                        assert message.delivery_info["redelivered"] is False
                        channel.basic_ack(message.delivery_tag)
                        # No headers and none at all are the same to kombu.
                        message.properties.setdefault("application_headers", {})
                    assert one.properties == other.properties, (one.properties, other.properties)
                    assert one.body == other.body, (one.body, other.body)
                    print(sorted(one.properties))
            """)
        #expect(compared.split(separator: "\n").count == 6)
        // A worker does the tasks among them.
        let worker = try await python.worker("w1@test", ["-Q", "edited"])
        defer { worker.stop() }
        #expect(try await python.run("for s in ('json', 'pickle', 'yaml'): print(app.AsyncResult('edited-' + s).get(timeout=60))") == "10\n11\n12")
        await broker.close()
        withExtendedLifetime(server) {}
    }

    @Test func noMoreThanSoManyAreHeldAtOnce() async throws {
        let (server, url) = try await managed()
        let transport = try AMQPTransport(url), broker = try AMQPBroker(url, permission: .act), most = 5000
        let counting = Queue("counting", arguments: ["x-queue-type": "quorum"])
        try await transport.declare([Queue("many"), counting, Queue("large")])
        for queue in ["many", "counting"] {
            try await transport.publish((0...most).map { Publication(routingKey: queue, envelope: Envelope(headers: ["n": .integer($0)], body: [])) })
        }
        for (queue, way) in [("many", .asking(size: 0)), ("counting", .consuming(size: 0))] as [(QueueName, MessageHold.Way)] {
            let hold = MessageHold(try AMQPAddress(url), queue, needle: [], way: way, most: most)
            #expect(try await hold.begin() == most + 1)
            var passed = 0
            let error = await #expect(throws: TransportError.self) { while let piece = try await hold.next(limit: 1000) { passed += piece.passed } }
            #expect(error?.kind == .refused && error?.cause.contains("no more than \(most)") == true && passed == most, "\(error) after \(passed)")
            await hold.close()
            // The front gets on as it goes.
            let front = MessageHold(try AMQPAddress(url), queue, needle: [], way: way, most: 1000)
            _ = try await front.begin()
            var removed = 0
            while case let messages = try await front.front(limit: 700), !messages.isEmpty { removed += try await front.remove(messages).count }
            #expect(removed == most + 1)
            await front.close()
        }
        // 10 MB each, and one that is small at the end.
        try await broker.insert((0..<4).map { message("\($0)", to: "large", padding: 10 << 20) } + [message("4", to: "large")], at: .back)
        let walk = try await self.walk(broker, "large")
        var ids: [String?] = []
        while let piece = try await walk.next(limit: 1000) {
            #expect(piece.messages.reduce(0) { $0 + $1.bytes.count } < 50 << 20)
            ids += try piece.messages.map(id)
        }
        #expect(ids == ["0", "1", "2", "3", "4"])
        await walk.close()
        await broker.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }

    /// Large enough that heartbeats are due meanwhile, and more consumers than one.
    @Test(arguments: ["classic", "quorum"]) func aLongQueueIsWalkedPieceByPieceAndBackInItsOrder(type: String) async throws {
        let (server, url) = try await managed("&heartbeat=1")
        let transport = try AMQPTransport(url), broker = try AMQPBroker(url, permission: .act), count = 20_000
        let queue = Queue("long", arguments: ["x-queue-type": .string(type)])
        try await transport.declare([queue])
        let body = Array(repeating: UInt8(ascii: "x"), count: 700)
        try await transport.publish(
            (0..<count).map { Publication(routingKey: "long", envelope: Envelope(properties: ["correlation_id": .string("\($0)"), "delivery_mode": 2], body: body)) })

        let walk = try await self.walk(broker, "long")
        var walked = try #require(try await walk.next(limit: 100)).messages
        // Who looks at few does not take all from others.
        let other = try await self.walk(broker, "long")
        #expect(walk.total == count && other.total >= count - 4000, "\(other.total) are left")
        await other.close()
        while let piece = try await walk.next(limit: 1000) { walked += piece.messages }
        #expect(try walked.map(id) == (0..<count).map(String.init))
        let taken = walked.enumerated().filter { $0.offset % 1000 == 7 }.map(\.element)
        #expect(try await walk.remove(taken, areFront: false) == Set(taken))
        await walk.close()
        // Of what has come back before, only the foremost.
        let part = try await self.walk(broker, "long")
        #expect(try await part.next(limit: 100)?.passed == 100)
        await part.close()

        let left = (0..<count).filter { $0 % 1000 != 7 }.map(String.init)
        let consumer = transport.consumer(owner: "w@test")
        consumer.setPrefetch(count)
        try await consumer.consume(queue)
        var served: [String?] = []
        while served.count < left.count {
            served += try await consumer.next().map { if case .envelope(let envelope) = $0.content { envelope.correlationID } else { nil } }
        }
        #expect(served == left)
        await consumer.close()
        await broker.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }

    /// Once the management plugin knows the queue well enough.
    private func walk(_ broker: AMQPBroker, _ queue: QueueName) async throws -> any QueueWalk {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do { return try await broker.walk(queue, needle: []) } catch {
                if error.hint != "try again in a few seconds" || .now > deadline { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    @Test func aLostConnectionIsToldAndGivesAllBack() async throws {
        let (server, url) = try await managed("&heartbeat=1")
        let transport = try AMQPTransport(url), broker = try AMQPBroker(url, permission: .act)
        try await transport.declare([Queue("q")])
        try await broker.insert((0..<50).map { message("\($0)", to: "q") }, at: .back)
        let cut = try await broker.walk("q", needle: []), held = try #require(try await cut.next(limit: 30)).messages
        #expect(held.count == 30)
        try await server.ctl("close_all_connections", "maintenance")
        let removing = await #expect(throws: TransportError.self) { _ = try await cut.remove(held, areFront: false) }
        #expect(removing?.kind == .unreachable && removing?.operation == "walk", "\(removing)")
        await #expect(throws: TransportError.self) { _ = try await cut.next(limit: 1) }
        let replacing = await #expect(throws: TransportError.self) { _ = try await cut.replace(held[0], with: held[1]) }
        #expect(replacing != nil, "nothing is sent for what may be back in its queue")
        await cut.close()

        let frozen = try await broker.walk("q", needle: [])
        #expect(frozen.total == 50)
        _ = try await frozen.next(limit: 30)
        server.freeze()
        let began = ContinuousClock.now
        let waiting = await #expect(throws: TransportError.self) { _ = try await frozen.next(limit: 30) }
        #expect(waiting?.kind == .unreachable && ContinuousClock.now - began < .seconds(25), "\(waiting)")
        server.thaw()
        await frozen.close()

        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let walk = try await broker.walk("q", needle: [])
            if walk.total == 50 || .now > deadline {
                #expect(try await walk.front(limit: 100).map(id) == (0..<50).map(String.init))
                await walk.close()
                break
            }
            await walk.close()
            try await Task.sleep(for: .milliseconds(100))
        }
        await broker.close()
        await transport.close()
    }

    @Test func queuesOfEverySortAreHeldAsTheyAllowOrRefused() async throws {
        let (server, url) = try await managed()
        let transport = try AMQPTransport(url), broker = try AMQPBroker(url, permission: .act)
        let quorum: [String: Value] = ["x-queue-type": "quorum"]
        let passing = Queue("passing", isAutoDelete: true), single = Queue("single", arguments: ["x-single-active-consumer": true])
        try await transport.declare([
            passing, single, Queue("counted", arguments: quorum.merging(["x-delivery-limit": 5]) { $1 }),
            Queue("alone", arguments: quorum.merging(["x-single-active-consumer": true]) { $1 }), Queue("log", arguments: ["x-queue-type": "stream"]),
        ])
        let refusals: [(QueueName, String)] = [("counted", "no more than 5"), ("alone", "one consumer"), ("log", "out of a stream"), ("nosuch", "no queue nosuch")]
        for (queue, words) in refusals {
            let error = await #expect(throws: TransportError.self) { _ = try await self.walk(broker, queue) }
            #expect(error?.kind == .refused && error?.operation == "walk" && error?.cause.contains(words) == true, "\(error)")
        }
        // A consumer that comes and goes would take the queue with it.
        try await broker.insert((0..<3).map { message("\($0)", to: "passing") }, at: .back)
        #expect(try await purge(broker, "passing").map(id) == ["0", "1", "2"])
        let walk = try await broker.walk("passing", needle: [])
        #expect(walk.total == 0)
        await walk.close()
        // Another one is served, and the walk is too.
        let consumer = transport.consumer(owner: "w@test")
        consumer.setPrefetch(1)
        try await consumer.consume(single)
        try await broker.insert((0..<3).map { message("\($0)", to: "single") }, at: .back)
        let delivery = try #require(try await consumer.next().first)
        #expect(try await purge(broker, "single").map(id) == ["1", "2"])
        try await consumer.settle([.acknowledge(delivery.tag)])
        await consumer.close()

        let unmanaged = try AMQPBroker(try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=none"), permission: .act)
        let unknown = await #expect(throws: TransportError.self) { _ = try await unmanaged.walk("single", needle: []) }
        #expect(unknown?.kind == .refused && unknown?.hint != nil)
        await unmanaged.close()
        await broker.close()
        await transport.close()
    }

    @Test func whatAMessageSaysHarmsNeitherItsNeighboursNorOtherQueues() async throws {
        let (server, url) = try await managed()
        let transport = try AMQPTransport(url), broker = try AMQPBroker(url, permission: .act)
        try await transport.declare([Queue("q"), Queue("other")])
        func odd(_ change: (inout Envelope) -> Void) -> KeptMessage {
            var envelope = Envelope(headers: ["task": "shop.add"], properties: ["correlation_id": "odd"], body: Array("[]".utf8))
            change(&envelope)
            return KeptMessage(queue: "q", bytes: envelope.encoded())
        }
        let refused: [KeptMessage] = [
            odd { $0.headers[String(repeating: "n", count: 300)] = 1 }, odd { $0.contentType = String(repeating: "t", count: 300) },
            odd { $0.headers["large"] = .string(String(repeating: "x", count: 200_000)) }, odd { $0.properties["expiration"] = "soon" },
            odd { $0.properties["expiration"] = "-1" }, odd { $0.properties["expiration"] = "99999999999999999999" },
            KeptMessage(queue: QueueName(String(repeating: "q", count: 300)), bytes: odd { _ in }.bytes), KeptMessage(queue: "nosuch", bytes: odd { _ in }.bytes),
        ]
        for (number, message) in refused.enumerated() {
            let error = await #expect(throws: TransportError.self) { try await broker.insert([message], at: .back) }
            #expect(error?.kind == .refused && error?.endpoint == broker.endpoint, "\(number): \(error)")
        }
        // Its carbon copies have gone out once.
        try await broker.insert([odd { $0.headers["CC"] = ["other"] }, odd { $0.headers["BCC"] = "no list" }, odd { $0.properties["user_id"] = "somebody" }], at: .back)
        #expect(try await purge(broker, "q").count == 3)
        let other = try await broker.walk("other", needle: [])
        #expect(other.total == 0)
        await other.close()
        await broker.close()
        await transport.close()
        withExtendedLifetime(server) {}
    }
}
