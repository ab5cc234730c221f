import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import CeleriacAMQP

/// What the dashboard sees and does on RabbitMQ, with a real Celery worker on the other side.
@Suite(
    .enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .serialized, .timeLimit(.minutes(3)))
struct AMQPBrokerTests {
    @Test func eventsAndRepliesComeAndNothingIsLeftBehind() async throws {
        let server = try await SharedServer.rabbit.server(), url = try await server.virtualHost()
        let python = try CeleryApp(broker: url, backend: "rpc://", settings: "task_send_sent_event=True")
        let worker = try await python.worker("w1@test", ["-E"])
        defer { worker.stop() }
        let broker = try AMQPBroker(try BrokerURL(url), permission: .act)
        var feed = broker.events().makeAsyncIterator()
        while true { if case .link(.live)? = await feed.next() { break } }

        let pings = try await replies(broker, ControlRequest("ping"))
        #expect(pings.map(\.worker) == ["w1@test"] && pings.first?.value == ["ok": "pong"])
        // One destination, one answer: nobody waits any longer.
        let began = ContinuousClock.now
        let stats = try await replies(broker, ControlRequest("stats", destination: ["w1@test"]), timeout: .seconds(20))
        #expect(stats.count == 1 && ContinuousClock.now - began < .seconds(10))

        try await python.run("print(add.delay(1, 2).get(timeout=30))")
        var types: Set<String> = []
        while !types.isSuperset(of: ["task-sent", "task-received", "task-started", "task-succeeded"]) {
            guard case .batch(let batch)? = await feed.next() else { continue }
            #expect(batch.form == .body(contentType: "application/json"))
            for payload in batch.payloads {
                let value = try JSON.decode(Array(batch.bytes[payload]))
                for event in value.array ?? [value] { types.insert(event["type"]?.string ?? "") }
            }
        }
        let facts = try await broker.facts(known: ["celery", "nosuch"], now: 1)
        #expect(facts.queues.map(\.name) == ["celery"] && facts.queues.first?.ready == 0 && facts.queues.first?.unacked == nil)
        await broker.close()
        let left = try await server.ctl("list_queues", "-p", try BrokerURL(url).path, "--no-table-headers", "name").split(separator: "\n")
        #expect(left.filter { $0.hasPrefix("celeryev.") || $0.contains("reply.") && !$0.hasPrefix("w1") }.isEmpty, "\(left)")
    }

    private func replies(_ broker: AMQPBroker, _ request: ControlRequest, timeout: Duration = .seconds(2)) async throws -> [ControlReply] {
        var replies: [ControlReply] = []
        for try await reply in broker.ask(request, timeout: timeout) { replies.append(reply) }
        return replies
    }

    @Test func whoMayOnlyLookSendsNothing() async throws {
        let server = try await SharedServer.rabbit.server()
        let broker = try AMQPBroker(try BrokerURL("amqp://127.0.0.1:\(server.port)"), permission: .readOnly)
        let error = await #expect(throws: TransportError.self) { try await broker.send(ControlRequest("shutdown")) }
        #expect(error?.kind == .readOnly)
        await broker.close()
    }

    @Test func withoutTheManagementPluginKnownQueuesAreAskedFor() async throws {
        let server = try await SharedServer.rabbit.server(), url = try BrokerURL(try await server.virtualHost())
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        try await transport.declare([Queue("q"), Queue("q.dead")])
        try await consumer.consume(Queue("q"))
        try await transport.publish([Publication(routingKey: "q.dead", envelope: Envelope(body: []))])
        let broker = try AMQPBroker(url, permission: .readOnly)
        let facts = try await broker.facts(known: ["q", "nosuch"], now: 1)
        #expect(facts.queues.map(\.name) == ["q", "q.dead"] && facts.queues.map(\.ready) == [0, 1] && facts.queues.map(\.consumers) == [1, 0])
        #expect(facts.queues[0].deadLetters == DeadLetters(poison: .init(queue: "q.dead", ready: 1)) && facts.queues[0].traits == nil && facts.queues[0].unacked == nil)
        #expect(facts.standing?.hint?.hasPrefix("rabbitmq-plugins enable rabbitmq_management ") == true && facts.standing?.alarms == nil && facts.problems.isEmpty)
        await broker.close()
        let incurious = try AMQPBroker(try BrokerURL("\(url.scheme)://127.0.0.1:\(server.port)/\(url.path)?management=none"), permission: .readOnly)
        #expect(try await incurious.facts(known: ["q"], now: 1).standing?.hint?.hasPrefix("management=http://HOST:15672 ") == true)
        await incurious.close()
        await consumer.close()
        await transport.close()
    }

    @Test func theManagementPluginTellsOfAllQueues() async throws {
        let management = try freePort()
        let server = try await RabbitServer.start(["management.tcp.port = \(management)", "management.tcp.ip = 127.0.0.1", "collect_statistics_interval = 1000"], plugins: ["rabbitmq_management"])
        let url = try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://127.0.0.1:\(management)")
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        consumer.setPrefetch(2)
        try await server.ctl("set_policy", "short", "^q$", #"{"message-ttl":600000,"dead-letter-exchange":"graveyard"}"#, "--apply-to", "queues")
        let plain = Queue("q"), counting = Queue("counting", arguments: ["x-queue-type": "quorum", "x-delivery-limit": 5])
        try await transport.declare([plain, counting, Queue("q.dead"), Queue("graves", exchange: "graveyard", exchangeType: .direct)])
        try await transport.publish((0..<5).map { Publication(routingKey: "q", envelope: Envelope(body: Array("\($0)".utf8))) })
        try await consumer.consume(plain)
        var held = 0
        while held < 2 { held += try await consumer.next().count }
        let broker = try AMQPBroker(url, permission: .readOnly)
        // Its figures come late.
        let facts = try await self.facts(broker) { $0["q"]?.unacked == 2 && $0["q"]?.inRate ?? 0 > 0 }
        let q = try #require(facts["q"]), traits = try #require(q.traits)
        #expect(q.ready == 3 && q.consumers == 1 && (q.outRate ?? 0) > 0)
        #expect(traits.type == "classic" && traits.isDurable && !traits.isAutoDelete && traits.policies == ["short"] && traits.policyArguments["message-ttl"] == 600_000)
        #expect(q.deadLetters == DeadLetters(exchange: "graveyard", places: [.init(queue: "graves", ready: 0)], poison: .init(queue: "q.dead", ready: 0)))
        #expect(facts["counting"]?.traits?.type == "quorum" && facts["counting"]?.traits?.setting("delivery-limit") == 5)
        #expect(facts["counting"]?.traits?.whyNotPeek?.hasSuffix("no more than 5") == true && traits.whyNotPeek == nil)
        #expect(facts["counting"]?.traits?.members == 1 && facts["counting"]?.problem == nil && facts["graves"]?.deadLetters == DeadLetters())
        await broker.close()

        let blind = try AMQPBroker(try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://guest:s3cret@127.0.0.1:\(management)"), permission: .readOnly)
        let asked = try await blind.facts(known: ["q"], now: 1), hint = try #require(asked.standing?.hint)
        #expect(asked.queues.first?.ready == 3 && asked.queues.first?.unacked == nil)
        #expect(hint.contains("refused user and password") && !hint.contains("s3cret") && !blind.endpoint.contains("s3cret"))
        await blind.close()
        await consumer.close()
        await transport.close()
    }

    private func facts(_ broker: AMQPBroker, until isSeen: ([QueueName: BrokerFacts.Queue]) -> Bool) async throws -> [QueueName: BrokerFacts.Queue] {
        try await looking(broker) { facts in isSeen(Self.byName(facts)) ? Self.byName(facts) : nil }
    }

    private static func byName(_ facts: BrokerFacts) -> [QueueName: BrokerFacts.Queue] { Dictionary(facts.queues.map { ($0.name, $0) }) { first, _ in first } }

    /// Looks once a second, by its own clock, until there is what is looked for.
    private func looking<Found>(_ broker: AMQPBroker, _ find: (BrokerFacts) async throws -> Found?) async throws -> Found {
        let deadline = ContinuousClock.now + .seconds(60)
        var time = 1.0
        while true {
            let facts = try await broker.facts(known: [], now: time)
            #expect(facts.problems.isEmpty)
            if let found = try await find(facts) { return found }
            try #require(ContinuousClock.now < deadline, "\(facts)")
            time += 1
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    @Test func aSampleGoesBackToWhereItWas() async throws {
        let management = try freePort()
        let server = try await RabbitServer.start(["management.tcp.port = \(management)", "management.tcp.ip = 127.0.0.1"], plugins: ["rabbitmq_management"])
        let url = try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://127.0.0.1:\(management)")
        let transport = try AMQPTransport(url), broker = try AMQPBroker(url, permission: .act)
        try await server.ctl("set_policy", "few", "^few$", #"{"delivery-limit":3}"#, "--apply-to", "queues")
        let quorum: [String: Value] = ["x-queue-type": "quorum"]
        try await transport.declare([
            Queue("q"), Queue("passing", isAutoDelete: true), Queue("heavy"), Queue("many", arguments: quorum), Queue("few", arguments: quorum),
            Queue("counted", arguments: quorum.merging(["x-delivery-limit": 5]) { $1 }), Queue("log", arguments: ["x-queue-type": "stream"]),
        ])
        func task(_ number: Int, to queue: String, padding: Int = 0) -> Publication {
            let headers: OrderedDictionary<String, Value> = ["task": "shop.add", "id": .string("id-\(number)"), "argsrepr": .string("(\(number),)")]
            let body = Array(#"[[\#(number), "\#(String(repeating: "x", count: padding))"], {}, {}]"#.utf8)
            return Publication(
                routingKey: queue, envelope: Envelope(headers: headers, properties: ["priority": 3], contentType: "application/json", contentEncoding: "utf-8", body: body))
        }
        for queue in ["q", "passing", "many"] { try await transport.publish((0..<60).map { task($0, to: queue) }) }
        try await transport.publish((0..<3).map { task($0, to: "heavy", padding: 3 << 20) })

        while try await !broker.facts(known: [], now: secondsSince1970()).queues.contains(where: { $0.name == "many" && $0.ready == 60 }) { try await Task.sleep(for: .milliseconds(200)) }
        for queue in ["q", "passing", "many"] as [QueueName] {
            for isAgain in [false, true] {
                let sample = try await broker.peek(queue, from: 0, limit: 1000)
                #expect(sample.messages.map(\.position) == Array(0..<50) && sample.total == 60 && sample.isMarked, "\(queue)")
                #expect(sample.messages.map(\.task?.id) == (0..<50).map { TaskID("id-\($0)") }, "\(queue)")
                #expect(sample.messages.allSatisfy { $0.task?.isRedelivered == isAgain && $0.task?.priority == 3 && $0.problem == nil }, "\(queue)")
            }
        }
        #expect(try await broker.peek("q", from: 0, limit: 2).messages.map(\.arguments) == ["(0,)", "(1,)"])
        let heavy = try await broker.peek("heavy", from: 0, limit: 50)
        #expect(heavy.messages.count == 2 && heavy.total == 3 && heavy.messages[0].size > 3 << 20)
        #expect(try await broker.peek("q", from: 0, limit: 50).total == 60)

        let refusals: [(QueueName, String)] = [("counted", "no more than 5"), ("few", "no more than 3"), ("log", "out of a stream"), ("nosuch", "no queue nosuch")]
        for (queue, words) in refusals {
            let refusal = { await #expect(throws: TransportError.self) { try await broker.peek(queue, from: 0, limit: 1) } }
            var error = await refusal(), tries = 0
            while error?.hint == "try again in a few seconds", tries < 60 {
                try await Task.sleep(for: .milliseconds(500))
                (error, tries) = (await refusal(), tries + 1)
            }
            #expect(error?.kind == .refused && error?.cause.contains(words) == true, "\(error)")
        }
        await broker.close()

        // Nobody's turn has changed.
        for queue in [Queue("q"), Queue("many", arguments: quorum)] {
            let consumer = transport.consumer(owner: "w@test")
            try await consumer.consume(queue)
            var ids: [String] = []
            while ids.count < 60 {
                for delivery in try await consumer.next() { if case .envelope(let envelope) = delivery.content { ids.append(envelope.headers["id"]?.string ?? "") } }
            }
            #expect(ids == (0..<60).map { "id-\($0)" }, "\(queue.name)")
            await consumer.close()
        }
        await transport.close()

        for (text, permission, kind) in [(url.description, Permission.readOnly, TransportError.Kind.readOnly), ("amqp://127.0.0.1:\(server.port)/?management=none", .act, .refused)] {
            let broker = try AMQPBroker(try BrokerURL(text), permission: permission)
            let error = await #expect(throws: TransportError.self) { try await broker.peek("q", from: 0, limit: 1) }
            #expect(error?.kind == kind && error?.hint != nil, "\(error)")
            await broker.close()
        }
    }

    @Test func quorumQueuesOfRabbitMQ4HaveALimitUnlessToldOtherwise() {
        func traits(_ arguments: OrderedDictionary<String, Value>, _ policy: OrderedDictionary<String, Value> = [:]) -> QueueTraits {
            var traits = QueueTraits(type: "quorum", isDurable: true, isAutoDelete: false, arguments: arguments)
            traits.policyArguments = policy
            return traits
        }
        #expect(QueueInspector.whyNotSample(traits([:]), server: (4, 1))?.hasSuffix("no more than 20") == true)
        #expect(QueueInspector.whyNotSample(traits([:]), server: (3, 13)) == nil)
        #expect(QueueInspector.whyNotSample(traits(["x-single-active-consumer": true, "x-delivery-limit": -1]), server: (4, 1))?.contains("one consumer") == true)
        #expect(QueueInspector.whyNotSample(traits(["x-delivery-limit": -1]), server: (4, 1)) == nil)
        #expect(QueueInspector.whyNotSample(traits(["x-delivery-limit": 9], ["delivery-limit": 2]), server: (3, 10))?.hasSuffix("no more than 2") == true)
    }

    @Test func theManagementPluginIsAskedOverTLSToo() async throws {
        let management = try freePort(), certificates = try Certificates()
        let server = try await RabbitServer.start(
            [
                "management.ssl.port = \(management)", "management.ssl.ip = 127.0.0.1", "management.ssl.cacertfile = \(certificates.authority)",
                "management.ssl.certfile = \(certificates.certificate)", "management.ssl.keyfile = \(certificates.key)",
            ], plugins: ["rabbitmq_management"], certificates: certificates)
        func hint(_ options: String) async throws -> String? {
            let broker = try AMQPBroker(try BrokerURL("amqps://localhost:\(server.tlsPort)/?\(options)"), permission: .readOnly)
            let standing = try await broker.facts(known: [], now: 1).standing
            await broker.close()
            return standing?.product == nil ? standing?.hint ?? "" : nil
        }
        #expect(try await hint("management=https://localhost:\(management)&ssl_ca_certs=\(certificates.authority)") == nil)
        #expect(try await hint("management=https://127.0.0.1:\(management)&ssl_cert_reqs=none") == nil)
        #expect(try await hint("management=https://127.0.0.1:\(management)&ssl_ca_certs=\(certificates.authority)")?.contains("its certificate is for another host name") == true)
        #expect(try await hint("management=https://localhost:\(server.port)&ssl_ca_certs=\(certificates.authority)")?.hasPrefix("rabbitmq-plugins enable") == true)
    }

    @Test func theManagementPluginTellsHowTheBrokerIs() async throws {
        let management = try freePort()
        let server = try await RabbitServer.start(["management.tcp.port = \(management)", "management.tcp.ip = 127.0.0.1", "collect_statistics_interval = 1000"], plugins: ["rabbitmq_management"])
        let url = try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://127.0.0.1:\(management)")
        let broker = try AMQPBroker(url, permission: .act)
        var standing = try await looking(broker) { $0.standing }
        #expect(standing.alarms == [] && standing.blockade == nil && standing.unroutable == 0 && standing.hint == nil && standing.product?.hasPrefix("RabbitMQ ") == true)

        // Messages that no queue is bound for. Events are nobody's loss.
        var feed = broker.events().makeAsyncIterator()
        while true { if case .link(.live)? = await feed.next() { break } }
        let sender = try AMQPTransport(url)
        var sent = 0
        try await sender.declare([Queue("q", exchange: "shop", exchangeType: .fanout)])
        standing = try await looking(broker) { facts in
            for exchange in ["", "shop"] {
                await #expect(throws: TransportError.self) { try await sender.publish([Publication(exchange: exchange, routingKey: "nowhere", envelope: Envelope(body: []))]) }
                sent += 1
            }
            try await sender.publish([Publication(exchange: "celeryev", routingKey: "worker.heartbeat", envelope: Envelope(body: []))])
            return (facts.standing?.unroutable ?? 0) > 0 && facts.standing?.deadEnds.isEmpty == false ? facts.standing : nil
        }
        #expect(standing.unroutable <= sent && standing.unroutableAt != nil && standing.deadEnds == ["shop"])
        await sender.close()

        try await server.ctl("set_vm_memory_high_watermark", "absolute", "1MB")
        standing = try await looking(broker) { $0.standing?.alarms?.isEmpty == false ? $0.standing : nil }
        #expect(standing.alarms?.map(\.what) == ["short of memory"] && standing.blockade == "short of memory" && standing.problems.count == 1)
        // Who sends is not listened to any more, and told so.
        let sending = Task { try? await broker.send(ControlRequest("ping")) }
        standing = try await looking(broker) { ($0.standing?.blockedConnections ?? 0) > 0 && $0.standing?.blockedReason != nil ? $0.standing : nil }
        #expect(standing.blockedReason == "low on memory" && (standing.connections ?? 0) >= 2)

        try await server.ctl("set_vm_memory_high_watermark", "absolute", "2GB")
        standing = try await looking(broker) { $0.standing?.blockade == nil && $0.standing?.blockedConnections == 0 ? $0.standing : nil }
        #expect(standing.problems.isEmpty)
        _ = await sending.value
        await broker.close()
    }
}
