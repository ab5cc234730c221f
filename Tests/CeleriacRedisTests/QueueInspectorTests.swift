import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacRedis

@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)), .timeLimit(.minutes(2))) struct QueueInspectorTests {
    /// A server, a broker that looks at it, and a connection that fills it.
    private struct Scene {
        let server: RedisServer
        let broker: RedisBroker
        let connection: RedisConnection

        init(_ query: String = "") async throws {
            server = try await RedisServer.start()
            let address = "redis://127.0.0.1:\(server.port)/0"
            broker = try RedisBroker(BrokerURL(address + query), permission: .passive)
            connection = try await connect(address)
        }

        func facts(_ known: Set<QueueName> = [], at now: Double = 1) async throws -> [QueueName: BrokerFacts.Queue] {
            try await Dictionary(uniqueKeysWithValues: broker.facts(known: known, now: now).queues.map { ($0.name, $0) })
        }

        func push(_ list: String, _ ids: [String], eta: String = "null") async throws {
            for id in ids { _ = try await connection.send(RedisCommand("LPUSH", list, Self.envelope(id, eta: eta))) }
        }

        func hold(_ queue: String, _ ids: some Sequence<String>, exchange: String = "", eta: String = "null") async throws {
            let commands = ids.flatMap { id in
                [
                    RedisCommand("HSET", "unacked", id, #"[\#(Self.envelope(id, eta: eta)), "\#(exchange)", "\#(queue)"]"#),
                    RedisCommand("ZADD", "unacked_index", "1", id),
                ]
            }
            _ = try await connection.send(commands)
        }

        static func envelope(_ id: String, eta: String = "null") -> String {
            #"{"body": "W10=", "headers": {"id": "\#(id)", "task": "shop.add", "eta": \#(eta)}, "properties": {"delivery_tag": "\#(id)"}}"#
        }

        func close() async {
            connection.close()
            await broker.close()
        }
    }

    @Test func waitingMessagesAreReadPageByPageInTheOrderOfTheirTurn() async throws {
        let scene = try await Scene()
        try await scene.push("q", ["a", "b", "c"])
        try await scene.push("q\u{6}\u{16}6", ["d", "e"])
        _ = try await scene.connection.send(RedisCommand("LPUSH", "q\u{6}\u{16}9", "junk"))
        let first = try await scene.broker.peek("q", from: 0, limit: 2), rest = try await scene.broker.peek("q", from: 2, limit: 50)
        #expect(first.messages.map(\.task?.id) == ["a", "b"] && rest.messages.map(\.task?.id) == ["c", "d", "e", nil] && first.total == 6 && rest.total == 6)
        #expect(rest.messages.map(\.position) == [2, 3, 4, 5] && !rest.isMarked && rest.messages[3].problem != nil && rest.messages[3].size == 4)
        #expect(try await scene.broker.peek("nosuch", from: 0, limit: 50).messages.isEmpty)
        await scene.close()
    }

    @Test func whatAWorkerHoldsIsFoundBeforeWhatWaits() async throws {
        let scene = try await Scene()
        try await scene.push("q", ["a", "b"])
        try await scene.hold("q", ["b", "c"])
        let waiting = try #require(await scene.broker.message(of: "a"))
        #expect(waiting.queue == "q" && waiting.position == 0)
        for id in ["b", "c"] as [TaskID] {
            let held = try #require(await scene.broker.message(of: id))
            #expect(held.queue == "q" && held.position == nil && held.message.id == id)
        }
        #expect(try await scene.broker.message(of: "d") == nil)
        await scene.close()
    }

    @Test func queuesAreFoundByBindingAndByContent() async throws {
        let scene = try await Scene()
        let bindings = [
            ("celery", "celery\u{6}\u{16}\u{6}\u{16}celery"), ("topic", "shop.#\u{6}\u{16}^shop\\..*?$\u{6}\u{16}orders"),
            ("reply.celery.pidbox", "x\u{6}\u{16}\u{6}\u{16}x.reply.celery.pidbox"), ("celery.pidbox", "\u{6}\u{16}\u{6}\u{16}w1.celery.pidbox"),
            ("celeryev", "\u{6}\u{16}\u{6}\u{16}celeryev.5f"),
        ]
        for (exchange, member) in bindings { _ = try await scene.connection.send(RedisCommand("SADD", "_kombu.binding.\(exchange)", member)) }
        try await scene.push("unbound", ["a"])
        try await scene.push("unbound\u{6}\u{16}3", ["b"])
        try await scene.push("62497379-e4cf-37fa-80f8-141d194af481", ["rpc reply"])
        try await scene.push("x.reply.celery.pidbox", ["reply"])
        _ = try await scene.connection.send(RedisCommand("RPUSH", "celery-taskset-meta-1.j", "[1, \"id\", \"SUCCESS\", 3]"))
        _ = try await scene.connection.send((0..<20_000).map { RedisCommand("SET", "celery-task-meta-\($0)", "{}") })
        var facts = try await scene.facts(["wanted"])
        // A large keyspace takes some looks.
        for look in 2...20 where facts.count < 4 { facts = try await scene.facts(["wanted"], at: Double(look)) }
        #expect(Set(facts.keys) == ["celery", "orders", "unbound", "wanted"])
        #expect(facts["unbound"]?.ready == 2 && facts["celery"]?.ready == 0 && facts["wanted"]?.ready == 0)
        await scene.close()
    }

    @Test func arrivalsAndTheOldestAreFollowed() async throws {
        let scene = try await Scene()
        try await scene.push("q", ["1", "2", "3"])
        let first = try await scene.facts(["q"], at: 100)["q"]
        #expect(first?.ready == 3 && first?.arrived == nil && first?.oldest == "1" && first?.oldestSeenAt == 100)
        try await scene.push("q", ["4", "5"])
        _ = try await scene.connection.send(RedisCommand("RPOP", "q"))
        let second = try await scene.facts(["q"], at: 102)["q"]
        #expect(second?.ready == 4 && second?.arrived == 2 && second?.interval == 2 && second?.oldest == "2" && second?.oldestSeenAt == 100)
        _ = try await scene.connection.send([RedisCommand("RPOP", "q"), RedisCommand("RPOP", "q")])
        let third = try await scene.facts(["q"], at: 103)["q"]
        #expect(third?.arrived == 0 && third?.oldest == "4" && third?.oldestSeenAt == 102)
        #expect(try await scene.facts(["q"], at: 104)["q"] == with(third) { $0.interval = 1 })
        // All that was known has left: nobody can tell how many came.
        _ = try await scene.connection.send(RedisCommand("DEL", "q"))
        try await scene.push("q", ["6"])
        let fourth = try await scene.facts(["q"], at: 105)["q"]
        #expect(fourth?.ready == 1 && fourth?.arrived == nil && fourth?.oldest == "6" && fourth?.oldestSeenAt == 105)
        _ = try await scene.connection.send(RedisCommand("DEL", "q"))
        #expect(try await scene.facts(["q"], at: 106)["q"]?.oldest == nil)
        try await scene.push("q", ["7", "8"])
        let fifth = try await scene.facts(["q"], at: 107)["q"]
        #expect(fifth?.arrived == 2 && fifth?.oldest == "7")
        await scene.close()
    }

    @Test func stepsAndPrefixesAreThoseOfTheCluster() async throws {
        let scene = try await Scene("?global_keyprefix=shop:&sep=:&priority_steps=0,5")
        try await scene.push("shop:q", ["low"])
        try await scene.push("shop:q:5", ["b", "c"])
        try await scene.push("q", ["another cluster's"])
        let facts = try await scene.facts()
        #expect(facts.mapValues(\.ready) == ["q": 3])
        #expect(facts["q"]?.oldest == "low")
        _ = try await scene.connection.send(RedisCommand("DEL", "shop:q"))
        #expect(try await scene.facts()["q"]?.oldest == "b")
        await scene.close()
    }

    @Test func unackedMessagesAreCountedByQueueAndEta() async throws {
        let scene = try await Scene()
        _ = try await scene.connection.send(RedisCommand("SADD", "_kombu.binding.direct", "key\u{6}\u{16}\u{6}\u{16}bound"))
        try await scene.hold("a", ["1", "2"])
        try await scene.hold("a", ["3"], eta: #""2030-01-01T00:00:00+00:00""#)
        try await scene.hold("a", ["4"], eta: #""2020-01-01T00:00:00+00:00""#)
        try await scene.hold("key", ["5"], exchange: "direct")
        let now = 1_800_000_000.0
        let facts = try await scene.facts(at: now)
        #expect(facts.mapValues(\.unacked) == ["a": 3, "bound": 1])
        #expect(facts.mapValues(\.eta) == ["a": 1, "bound": 0])
        #expect(facts["a"]?.isSampled == false)
        _ = try await scene.connection.send([RedisCommand("ZREM", "unacked_index", "1"), RedisCommand("HDEL", "unacked", "1")])
        #expect(try await scene.facts(at: now + 1)["a"]?.unacked == 2)
        await scene.close()
    }

    @Test func manyUnackedMessagesAreSampledFirst() async throws {
        let scene = try await Scene()
        try await scene.hold("a", (0..<900).map { "a\($0)" })
        try await scene.hold("b", (0..<300).map { "b\($0)" })
        let first = try await scene.facts()
        #expect(first["a"]?.isSampled == true)
        #expect((first["a"]?.unacked ?? 0) + (first["b"]?.unacked ?? 0) == 1200)
        var last = first
        for look in 2...5 { last = try await scene.facts(at: Double(look)) }
        #expect(last.mapValues(\.unacked) == ["a": 900, "b": 300])
        #expect(last["a"]?.isSampled == false)
        await scene.close()
    }

    @Test func aKeyOfTheWrongTypeIsOnlyThatKeysProblem() async throws {
        let scene = try await Scene()
        _ = try await scene.connection.send([RedisCommand("SET", "bad", "x"), RedisCommand("SET", "unacked", "x"), RedisCommand("SET", "unacked_index", "x")])
        try await scene.push("good", ["1"])
        let facts = try await scene.broker.facts(known: ["bad"], now: 1)
        let queues = Dictionary(uniqueKeysWithValues: facts.queues.map { ($0.name, $0) })
        #expect(queues["bad"]?.ready == nil && queues["bad"]?.problem == "the key `bad` is not a list")
        #expect(queues["good"]?.ready == 1 && queues["good"]?.problem == nil && queues["good"]?.unacked == nil)
        #expect(facts.problems == ["the key `unacked` is not a hash", "the key `unacked_index` is not a sorted set"])
        await scene.close()
    }

    @Test func aQuietClusterCostsLittle() async throws {
        let scene = try await Scene()
        for name in ["a", "b", "c", "d", "e", "f"] { try await scene.push(name, ["\(name)1", "\(name)2"]) }
        for look in 1...3 { _ = try await scene.facts(at: Double(look)) }
        try await scene.server.cli("CONFIG", "RESETSTAT")
        for look in 4..<44 { _ = try await scene.facts(at: Double(look)) }
        let statistics = try await scene.server.cli("INFO", "stats").split(whereSeparator: \.isNewline)
        let commands = try #require(
            statistics.first { $0.hasPrefix("total_commands_processed:") }.flatMap { Int($0.dropFirst("total_commands_processed:".count)) })
        #expect(Double(commands) / 40 < 45)
        await scene.close()
    }

    @Test func anUnreachableServerIsAnErrorAndComesBack() async throws {
        var server: RedisServer? = try await RedisServer.start()
        let port = try #require(server?.port)
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(port)"), permission: .passive)
        _ = try await broker.facts(known: ["q"], now: 1)
        server?.stop()
        let error = await #expect(throws: TransportError.self) { while true { _ = try await broker.facts(known: ["q"], now: 2) } }
        #expect(error?.kind == .unreachable)
        server = try await RedisServer.start(port: port)
        #expect(try await broker.facts(known: ["q"], now: 3).queues.map(\.ready) == [0])
        await broker.close()
        withExtendedLifetime(server) {}
    }

    private func with(_ fact: BrokerFacts.Queue?, _ change: (inout BrokerFacts.Queue) -> Void) -> BrokerFacts.Queue? {
        var fact = fact
        if fact != nil { change(&fact!) }
        return fact
    }
}

@Suite(.enabled(if: RedisServer.isThere && CeleryApp.isThere, Comment(rawValue: CeleryApp.missing)), .timeLimit(.minutes(2))) struct CeleryQueueTests {
    /// What real Celery put there, looked at by both sides.
    @Test func messagesOfCeleryAreCounted() async throws {
        let server = try await RedisServer.start()
        let address = "redis://127.0.0.1:\(server.port)/0"
        let options = "{'global_keyprefix': 'shop:', 'sep': '::', 'priority_steps': [0, 4, 8], 'queue_order_strategy': 'priority'}"
        let app = try CeleryApp(broker: address, settings: "broker_transport_options=\(options)")
        let broker = try RedisBroker(BrokerURL(address + "?global_keyprefix=shop:&sep=::&priority_steps=0,4,8"), permission: .readOnly)
        let ids = try await app.run("print(' '.join(add.apply_async((1, p), priority=p).id for p in range(10)))").split(separator: " ").map(String.init)
        try await app.run("add.apply_async((1, 2), queue='orders')")
        let queues = try await Dictionary(uniqueKeysWithValues: broker.facts(known: [], now: 1).queues.map { ($0.name, $0) })
        #expect(queues.mapValues(\.ready) == ["celery": 10, "orders": 1])
        #expect(queues["celery"]?.oldest == TaskID(ids[0]))
        for (list, length) in [("shop:celery", "4"), ("shop:celery::4", "4"), ("shop:celery::8", "2")] { #expect(try await server.cli("LLEN", list) == length) }
        await broker.close()
    }

    @Test func resultsOfCeleryAreRead() async throws {
        let server = try await RedisServer.start()
        let address = "redis://127.0.0.1:\(server.port)/0"
        let app = try CeleryApp(broker: address, settings: "result_backend_transport_options={'global_keyprefix': 'shop'}, result_extended=True")
        let worker = try await app.worker()
        let ids = try await app.run(
            """
            results = [add.delay(2, 3), fail.delay()]
            for result in results: result.get(propagate=False, timeout=30)
            print(' '.join(result.id for result in results))
            """
        ).split(separator: " ").map { TaskID(String($0)) }
        let backend = try RedisResultBackend(BrokerURL(address), keyPrefix: "shop")
        let record = try await backend.record(of: ids[0])
        #expect(record?.state == .success && record?.result == 5 && record?.name == "shop.add" && record?.worker == "w1@test")
        let failed = try await backend.record(of: ids[1])
        #expect(failed?.state == .failure && failed?.exception?.text == "ValueError('no such order')")
        #expect(try await backend.record(of: "unknown") == nil)
        try await server.cli("SET", "shop_celery-task-meta-odd", "no record")
        let error = await #expect(throws: TransportError.self) { try await backend.record(of: "odd") }
        #expect(error?.kind == .garbled)
        await backend.close()
        withExtendedLifetime(worker) {}
    }

    @Test func whatWorkersHoldIsCounted() async throws {
        let server = try await RedisServer.start()
        let address = "redis://127.0.0.1:\(server.port)/0"
        let app = try CeleryApp(broker: address, settings: "task_acks_late=True")
        let worker = try await app.worker("w1@test", ["-Q", "celery,later"])
        let broker = try RedisBroker(BrokerURL(address), permission: .readOnly)
        try await app.run("add.apply_async((1, 2), queue='later', countdown=3600)\nsleep.delay(60)")
        let connection = try await connect(address)
        defer { connection.close() }
        while try await connection.send(RedisCommand("HLEN", "unacked")) != .integer(2) {}
        let facts = try await broker.facts(known: [], now: Date().timeIntervalSince1970)
        let queues = Dictionary(uniqueKeysWithValues: facts.queues.map { ($0.name, $0) })
        #expect(facts.unackedTotal == 2)
        #expect(queues.mapValues(\.unacked) == ["celery": 1, "later": 0])
        #expect(queues.mapValues(\.eta) == ["celery": 0, "later": 1])
        await broker.close()
        withExtendedLifetime(worker) {}
    }
}
