import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@testable import Celeriac

@Suite struct ControlReplyTests {
    /// The value that a Python worker gave, from the golden vectors.
    private func python(_ name: String) throws -> Value {
        let vector = try #require(vectors("control", prefix: "redis.control.\(name)").first { $0.name == "redis.control.\(name)" })
        return try #require(vector.content["replies"]?.array?.first?["decoded"]?["body"]?.object?.values.first)
    }

    /// The same keys, and values of the same kinds, wherever both have one.
    private func sameShape(_ ours: Value, _ theirs: Value, _ path: String, free: Set<String> = []) {
        switch (ours, theirs) {
        case (.object(let ours), .object(let theirs)):
            if !free.contains(path) { #expect(ours.keys == theirs.keys, "\(path)") }
            for (key, value) in ours { if let theirs = theirs[key] { sameShape(value, theirs, "\(path).\(key)", free: free) } }
        case (.array(let ours), .array(let theirs)):
            if let one = ours.first, let other = theirs.first { sameShape(one, other, "\(path)[]", free: free) }
        case (.null, _), (_, .null), (.integer, .integer), (.string, .string), (.bool, .bool), (.integer, .number), (.number, .integer), (.number, .number): break
        default: Issue.record("\(path): \(ours) where Python has \(theirs)")
        }
    }

    @Test func everyMethodOfCeleryIsAnswered() {
        let ours = Set(ControlCommand.table.keys)
        for method in ControlMethod.all where method.name != "shutdown" { #expect(ours.contains(method.name), "\(method.name)") }
        #expect(ours.isSuperset(of: ["hello", "election", "dump_active", "dump_reserved", "dump_schedule", "dump_revoked", "dump_tasks", "dump_conf"]))
    }

    @Test(arguments: [
        ("ping", [:]), ("heartbeat", [:]), ("enable_events_E", [:]), ("disable_events_E", [:]), ("rate_limit_unknown", ["task_name": "x", "rate_limit": 1]),
        ("rate_limit_bad", ["task_name": "shop.task", "rate_limit": "often"]), ("time_limit_unknown", ["task_name": "x", "soft": 1]),
        ("revoke_terminate_unknown", ["task_id": "nobody", "terminate": true]), ("pool_grow", ["n": 1]),
        ("revoke_by_stamped_headers", ["headers": ["batch": ["loih"]]]), ("revoke_by_stamped_headers_terminate", ["headers": ["batch": ["fdokk"]], "terminate": true]),
        ("bad_arguments_error", ["nope": 1]), ("add_consumer", ["queue": "extra"]), ("cancel_consumer", ["queue": "extra"]), ("hello_self", ["from_node": "w1@test"]),
        ("pool_restart_disabled", [:]), ("autoscale_disabled", ["max": 5, "min": 2]), ("objgraph", [:]),
        ("rate_limit", ["task_name": "shop.task", "rate_limit": "10/m"]), ("rate_limit_off", ["task_name": "shop.task", "rate_limit": 0]),
        ("time_limit", ["task_name": "shop.task", "soft": 1, "hard": 2]),
    ] as [(String, OrderedDictionary<String, Value>)])
    func theAnswerIsCelerys(vector: String, arguments: OrderedDictionary<String, Value>) async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }])
        let method = ControlCommand.all.map(\.name).filter { vector == $0 || vector.hasPrefix($0 + "_") }.max { $0.count < $1.count }
        let name = vector == "bad_arguments_error" ? "rate_limit" : try #require(method)
        let expected = try python(vector)
        #expect(await harness.ask(name, arguments) == expected)
        try await harness.stop()
    }

    @Test func tasksAreDescribedAsCeleryDoes() async throws {
        let gate = Gate()
        let harness = await WorkerHarness(LifeTests.gated(gate)) { $0.worker.concurrency = 1 }
        let running = try await harness.send("shop.gate", [300])
        await gate.entered.wait()
        let reserved = try await harness.send("shop.task", [916])
        let held = try await harness.send("shop.task", [1]) { $0.eta = secondsSince1970() + 3600 }
        for id in [reserved, held] { _ = try await harness.events.wait(for: "task-received", id) }
        for method in ["active", "reserved", "scheduled"] {
            let answer = await harness.ask(method)
            #expect(answer.array?.count == 1, "\(method)")
            sameShape(answer, try python(method), method, free: ["reserved[].kwargs"])
        }
        #expect(await harness.ask("active").array?.first?["id"] == .string(running.rawValue))
        #expect(await harness.ask("active", ["safe": true]).array?.first?["args"] == "(300,)")
        let found = await harness.ask("query_task", ["ids": [.string(running.rawValue), .string(reserved.rawValue), .string(held.rawValue), "nobody"]])
        #expect(found.object?.values.compactMap { $0.array?.first } == ["active", "reserved", "scheduled"])
        gate.open()
        try await harness.stop()
    }

    @Test func theWorkerIsDescribedAsCeleryDoes() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }])
        _ = try await harness.events.wait(for: "task-succeeded", try await harness.send("shop.task"))
        var expected = try python("stats")
        // Of prefork only.
        if case .object(var members) = expected, case .object(var pool)? = members["pool"] {
            pool["writes"] = nil
            members["pool"] = .object(pool)
            expected = .object(members)
        }
        let stats = await harness.ask("stats")
        sameShape(stats, expected, "stats", free: ["stats.total"])
        #expect(stats["total"] == ["shop.task": 1])
        #expect(stats["prefetch_count"] == 8)
        sameShape(await harness.ask("active_queues"), try python("active_queues"), "active_queues")
        #expect(await harness.ask("registered") == ["shop.task"])
        #expect(await harness.ask("conf")["task_acks_late"] == true)
        try await harness.stop()
    }

    @Test(arguments: [
        (ControlRequest("ping"), true), (ControlRequest("ping", destination: ["w1@test"]), true), (ControlRequest("ping", destination: ["w2@test"]), false),
        (ControlRequest("ping", pattern: "w*@test", matcher: "glob"), true), (ControlRequest("ping", pattern: "x*", matcher: "glob"), false),
        (ControlRequest("ping", pattern: "w[0-9]@", matcher: "pcre"), true), (ControlRequest("ping", pattern: "1@test", matcher: "pcre"), false),
        (ControlRequest("ping", pattern: "(", matcher: "pcre"), false), (ControlRequest("ping", pattern: "x", matcher: nil), true),
    ])
    func onlyWhoIsMeantAnswers(request: ControlRequest, isMeant: Bool) { #expect(request.concerns("w1@test") == isMeant) }

    /// Over the exchange, with a reply queue of the asker's own.
    @Test func aRequestOverTheBrokerIsAnsweredThere() async throws {
        let harness = await WorkerHarness()
        let address = ReplyAddress(ticket: "t1", routingKey: "me")
        let consumer = harness.app.transport.consumer(owner: "me")
        consumer.setPrefetch(0)
        try await consumer.consume(Queue("me.reply.celery.pidbox", exchange: address.exchange, routingKey: "me"))
        for (method, expected) in [("ping", ["ok": "pong"]), ("no_such_command", ["error": "KeyError('no_such_command')"])] as [(String, Value)] {
            let request = ControlRequest(method).envelope(reply: address, clock: 70, expires: 0, deliveryTag: freshUUID())
            try await harness.app.transport.publish([Publication(exchange: "celery.pidbox", routingKey: "", envelope: request)])
            let deliveries = try await within("an answer") { try await consumer.next() }
            guard case .envelope(let envelope)? = deliveries.first?.content else {
                Issue.record("no answer")
                return
            }
            let (ticket, replies) = try ControlReply.decode(envelope)
            #expect(ticket == "t1")
            #expect(replies == [ControlReply(worker: "w1@test", value: expected)])
        }
        #expect(harness.app.clock.now > 70)
        await consumer.close()
        let shutdown = ControlRequest("shutdown").envelope(reply: nil, clock: 0, expires: 0, deliveryTag: freshUUID())
        try await harness.app.transport.publish([Publication(exchange: "celery.pidbox", routingKey: "", envelope: shutdown)])
        #expect(try await harness.ended() == 0)
    }
}
