import CeleriacAMQP
import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

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

    @Test func theManagementPluginTellsOfAllQueues() async throws {
        let management = try freePort()
        let server = try await RabbitServer.start(["management.tcp.port = \(management)", "management.tcp.ip = 127.0.0.1", "collect_statistics_interval = 1000"], plugins: ["rabbitmq_management"])
        let url = try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://127.0.0.1:\(management)")
        let transport = try AMQPTransport(url), consumer = transport.consumer(owner: "w@test")
        consumer.setPrefetch(2)
        try await transport.declare([Queue("q")])
        try await transport.publish((0..<5).map { Publication(routingKey: "q", envelope: Envelope(body: Array("\($0)".utf8))) })
        try await consumer.consume(Queue("q"))
        var held = 0
        while held < 2 { held += try await consumer.next().count }
        let broker = try AMQPBroker(url, permission: .readOnly)
        var fact: BrokerFacts.Queue?
        var time = 1.0
        // Its figures come late.
        while fact?.unacked != 2 {
            let facts = try await broker.facts(known: [], now: time)
            #expect(facts.problems.isEmpty)
            fact = facts.queues.first { $0.name == "q" }
            time += 1
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(fact?.ready == 3)
        try await transport.publish([Publication(routingKey: "q", envelope: Envelope(body: []))])
        var arrived = 0
        while arrived < 1 {
            arrived += try await broker.facts(known: [], now: time).queues.first { $0.name == "q" }?.arrived ?? 0
            time += 1
            try await Task.sleep(for: .milliseconds(200))
        }
        await broker.close()
        let blind = try AMQPBroker(try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://guest:s3cret@127.0.0.1:\(management)"), permission: .readOnly)
        let facts = try await blind.facts(known: ["q"], now: 1)
        #expect(facts.queues.first?.ready == 4 && facts.queues.first?.unacked == nil)
        #expect(facts.problems.count == 1 && !facts.problems[0].contains("s3cret"))
        await blind.close()
        await consumer.close()
        await transport.close()
    }
}
