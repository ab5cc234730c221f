import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections
import Synchronization
import TestSupport
import Testing

@testable import CeleriacRedis

@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)), .timeLimit(.minutes(2))) struct RedisStoreTests {
    static func message(_ id: String, to queue: QueueName = "q", tag: String = freshUUID()) -> StoredMessage {
        let envelope = Envelope(
            headers: ["id": .string(id), "task": "shop.add", "big": .bigInteger("123456789012345678901234567890"), "empty": [[], .object([:])]],
            properties: [
                "delivery_info": ["exchange": "", "routing_key": .string(queue.rawValue)], "priority": 0, "body_encoding": "base64", "delivery_tag": .string(tag),
            ], body: Array("[[], {}, {}]".utf8))
        return StoredMessage(queue: queue, envelope: envelope)
    }

    private static func store(_ server: RedisServer, _ query: String = "", lease: Duration = .seconds(30)) throws -> RedisStore {
        try RedisStore(BrokerURL("redis://127.0.0.1:\(server.port)/0" + query), lease: lease)
    }

    private static func ids(_ deliveries: [Delivery]) -> [String] {
        deliveries.map { if case .envelope(let envelope) = $0.content { envelope.headers["id"]?.string ?? "" } else { "unreadable" } }
    }

    private static func claim(_ store: RedisStore, as owner: WorkerName = "w1@test") async throws -> [Delivery] {
        try await store.claim(from: ["q"], upTo: 100, owner: owner, wait: .zero)
    }

    @Test func whatIsHeldStandsInKombusTableAsItCame() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server), message = Self.message("1", to: "späte \"q\"")
        let text = String(decoding: message.envelope.encoded(), as: UTF8.self)
        try await store.publish([message])
        #expect(try await server.cli("--raw", "LRANGE", "späte \"q\"", "0", "-1") == text)
        let held = try await store.claim(from: [message.queue], upTo: 1, owner: "w1@test", wait: .zero)
        #expect(try await server.cli("--raw", "HVALS", "unacked") == "[\(text), \"\", \"sp\\u00e4te \\\"q\\\"\"]")
        let score = try await Double(server.cli("ZSCORE", "unacked_index", held[0].tag.rawValue)) ?? 0
        #expect(abs(score - Date().timeIntervalSince1970) < 60)
        #expect(try await server.cli("PTTL", store.keys.lease(store.holder("w1@test"))) != "-2")
        try await store.settle([.acknowledge(held[0].tag)], owner: "w1@test")
        #expect(try await server.cli("KEYS", "*") == "")
        await store.close()
    }

    @Test func keysCarryThePrefixAndStepsThatTheClusterAgreedOn() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server, "?global_keyprefix=shop:&sep=::&priority_steps=0,5&unacked_key=held&unacked_index_key=held_index")
        var urgent = Self.message("1"), late = Self.message("2")
        urgent.envelope.properties["priority"] = 4
        late.envelope.properties["priority"] = 7
        try await store.publish([late, urgent])
        #expect(try await server.cli("LLEN", "shop:q") == "1")
        #expect(try await server.cli("LLEN", "shop:q::5") == "1")
        let held = try await Self.claim(store)
        #expect(Self.ids(held) == ["1", "2"])
        #expect(try await server.cli("HLEN", "shop:held") == "2")
        #expect(try await server.cli("ZCARD", "shop:held_index") == "2")
        let keys = try await server.cli("KEYS", "*").split(separator: "\n")
        #expect(keys.count == 5 && keys.allSatisfy { $0.hasPrefix("shop:") })
        await store.close()
    }

    /// Python copies one tag into every queue of a topic; ours tell the copies apart.
    @Test func messagesOfOneTagAreHeldApart() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server)
        try await store.publish([Self.message("1", tag: "same"), Self.message("2", tag: "same")])
        let held = try await Self.claim(store)
        #expect(Set(held.map(\.tag)).count == 2)
        try await store.settle([.acknowledge(held[0].tag)], owner: "w1@test")
        try await store.settle([.release(held[1].tag)], owner: "w1@test")
        #expect(try await Self.ids(Self.claim(store)) == ["2"])
        await store.close()
    }

    @Test(arguments: [#"not JSON, "", "x""#, "", "[1]", "{\"body\": 3}", "\u{0}", "{\"body\": \"W10=\""])
    func whatIsNoMessageIsDeliveredUnreadAndGoesBackAsItWas(text: String) async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server), bytes = Array(text.utf8)
        let push = RedisCommand("RPUSH", bytes: [Array("q".utf8), bytes])
        _ = try await store.pool.send(push)
        for _ in 0..<2 {
            let held = try await Self.claim(store)
            guard case .unreadable(_, let raw)? = held.first?.content else {
                Issue.record("it was read")
                break
            }
            #expect(raw == bytes)
            try await store.settle([.reject(held[0].tag, requeue: true)], owner: "w1@test")
        }
        let held = try await Self.claim(store)
        try await store.settle([.bury(held[0].tag, reason: "unreadable")], owner: "w1@test")
        #expect(try await store.pool.send(RedisCommand("LRANGE", "q.dead", "0", "-1")).items?.map(\.bytes) == [bytes])
        await store.close()
    }

    // MARK: - Dead workers

    @Test func whoComesBackUnderTheOldNameDoesNotKeepAliveWhatItsPredecessorHeld() async throws {
        let server = try await RedisServer.start()
        let old = try Self.store(server, lease: .milliseconds(200)), new = try Self.store(server, lease: .milliseconds(200))
        try await old.publish([Self.message("1"), Self.message("2")])
        #expect(try await Self.claim(old).count == 2)
        await old.close()
        var back: [Delivery] = []
        let deadline = ContinuousClock.now + .seconds(20)
        while back.isEmpty, ContinuousClock.now < deadline {
            try await new.maintain(owner: "w1@test")
            back = try await new.claim(from: ["q"], upTo: 10, owner: "w1@test", wait: .milliseconds(20))
        }
        #expect(Self.ids(back) == ["1", "2"])
        try await new.settle(back.map { .acknowledge($0.tag) }, owner: "w1@test")
        #expect(try await server.cli("KEYS", "*") == "")
        await new.close()
    }

    @Test func maintenanceKeepsTheVisibilityTimeoutFromEnding() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server), other = try Self.store(server, "?visibility_timeout=5")
        try await store.publish([Self.message("1")])
        let held = try await Self.claim(store)
        try await server.cli("ZADD", "unacked_index", "1000", held[0].tag.rawValue)
        try await store.maintain(owner: "w1@test")
        #expect(try await (Double(server.cli("ZSCORE", "unacked_index", held[0].tag.rawValue)) ?? 0) > Date().timeIntervalSince1970 - 60)
        try await other.maintain(owner: "w2@test")
        #expect(try await Self.claim(other, as: "w2@test").isEmpty)
        await store.close()
        await other.close()
    }

    @Test func whatOthersHeldBeyondTheVisibilityTimeoutReturnsToItsQueue() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server, "?visibility_timeout=100")
        try await store.bind([Binding(exchange: "shop", type: .topic, routingKey: "orders.#", queue: "q")])
        let overdue = String(Date().timeIntervalSince1970 - 200), recent = String(Date().timeIntervalSince1970 - 10)
        for (id, place, score) in [("1", #""", "q""#, overdue), ("2", #""shop", "orders.new""#, overdue), ("3", #""", "q""#, recent)] {
            let envelope = String(decoding: Self.message(id).envelope.encoded(), as: UTF8.self)
            try await server.cli("HSET", "unacked", "tag-\(id)", "[\(envelope), \(place)]")
            try await server.cli("ZADD", "unacked_index", score, "tag-\(id)")
        }
        try await store.maintain(owner: "w1@test")
        let back = try await Self.claim(store)
        #expect(Set(Self.ids(back)) == ["1", "2"])
        #expect(try await server.cli("HEXISTS", "unacked", "tag-3") == "1")
        #expect(try await server.cli("EXISTS", "unacked_mutex") == "0")
        await store.close()
    }

    @Test func nobodySweepsWhileAnotherDoes() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server, "?visibility_timeout=100")
        try await server.cli("SET", "unacked_mutex", "somebody")
        let envelope = String(decoding: Self.message("1").envelope.encoded(), as: UTF8.self)
        try await server.cli("HSET", "unacked", "tag", "[\(envelope), \"\", \"q\"]")
        try await server.cli("ZADD", "unacked_index", "1", "tag")
        try await store.maintain(owner: "w1@test")
        #expect(try await Self.claim(store).isEmpty)
        #expect(try await server.cli("GET", "unacked_mutex") == "somebody")
        await store.close()
    }

    // MARK: - Broken connections

    /// The server may have taken messages for a claim whose answer never came.
    @Test func howeverTheConnectionBreaksDuringAClaimNothingStaysHeld() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server), other = try Self.store(server)
        var lost = 0
        for round in 0..<30 {
            try await other.publish([Self.message("\(round)")])
            let connection = try await store.pool.connection(), before = store.state.withLock { $0.claims }
            server.freeze()
            let claiming = Task { try await store.claim(from: ["q"], upTo: 1, owner: "w1@test", wait: .zero) }
            while store.state.withLock({ $0.claims }) == before { await Task.yield() }
            for _ in 0..<round * 20 { await Task.yield() }
            connection.close()
            server.thaw()
            let claimed = await claiming.result
            var texts = (try? claimed.get()).map(Self.ids) ?? []
            if texts.isEmpty { lost += 1 }
            let deadline = ContinuousClock.now + .seconds(10)
            while texts.isEmpty, ContinuousClock.now < deadline {
                try await store.maintain(owner: "w1@test")
                texts = try await Self.ids(other.claim(from: ["q"], upTo: 1, owner: "w2@test", wait: .milliseconds(20)))
            }
            #expect(texts == ["\(round)"])
        }
        #expect(lost > 0)
        await store.close()
        await other.close()
    }

    @Test func aServerThatForgotTheScriptsIsGivenThemAgain() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server)
        for id in ["1", "2"] {
            try await store.publish([Self.message(id)])
            let held = try await Self.claim(store)
            #expect(Self.ids(held) == [id])
            try await server.cli("SCRIPT", "FLUSH")
            try await store.settle([.release(held[0].tag)], owner: "w1@test")
            try await store.settle(Self.claim(store).map { .acknowledge($0.tag) }, owner: "w1@test")
        }
        await store.close()
    }

    @Test func broadcastsGoOnAfterTheConnectionWasCut() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server)
        var broadcasts = store.broadcasts(of: "celery.pidbox").makeAsyncIterator()
        while case .link(let link)? = await broadcasts.next(), link != .live {}
        try await server.cli("CLIENT", "KILL", "TYPE", "pubsub")
        while case .link(let link)? = await broadcasts.next(), link != .live {}
        try await store.broadcast([("", Self.message("1", to: "").envelope)], exchange: "celery.pidbox")
        guard case .message(let envelope, _)? = await broadcasts.next() else {
            Issue.record("no message")
            return
        }
        #expect(envelope.headers["id"] == "1")
        await store.close()
    }

    // MARK: - Waiting

    @Test func anIdleWorkerAsksNothing() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server)
        #expect(try await Self.claim(store).isEmpty)
        // Scripts run, each of which looks once.
        let commands = {
            let line = try await server.cli("INFO", "commandstats").split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_evalsha:calls=") }
            return line?.split(separator: "=")[1].prefix(while: \.isNumber).description ?? ""
        }
        let before = try await commands()
        #expect(try await store.claim(from: ["q"], upTo: 1, owner: "w1@test", wait: .seconds(1)).isEmpty)
        // One look, and one more in the end; polling would take twenty and more.
        let (first, last) = try await (Int(before) ?? 0, Int(commands()) ?? .max)
        #expect(first > 0 && last - first <= 2)
        async let claimed = store.claim(from: ["q"], upTo: 1, owner: "w1@test", wait: .seconds(60))
        try await store.publish([Self.message("1")])
        #expect(try await Self.ids(claimed) == ["1"])
        await store.close()
    }

    @Test func serversThatCannotTellAreAskedAgainAndAgain() async throws {
        let server = try await RedisServer.start(["--rename-command", "HELLO", ""])
        let store = try Self.store(server)
        for round in 0..<3 {
            async let claimed = store.claim(from: ["q"], upTo: 1, owner: "w1@test", wait: .seconds(60))
            try await store.publish([Self.message("\(round)")])
            #expect(try await Self.ids(claimed) == ["\(round)"])
        }
        await store.close()
    }

    @Test func aWaitIsNotLostWhenTheConnectionThatIsToldBreaks() async throws {
        let server = try await RedisServer.start()
        let store = try Self.store(server)
        for round in 0..<5 {
            let claiming = Task { try await store.claim(from: ["q"], upTo: 1, owner: "w1@test", wait: .seconds(60)) }
            try await server.cli("CLIENT", "KILL", "TYPE", "normal")
            let publisher = try Self.store(server)
            try await publisher.publish([Self.message("\(round)")])
            // Told of the broken connection, or not, as it fell; either way nothing is lost.
            var claimed = (try? await claiming.value) ?? []
            if claimed.isEmpty { claimed = try await Self.claim(store) }
            let deadline = ContinuousClock.now + .seconds(10)
            while claimed.isEmpty, ContinuousClock.now < deadline {
                try await store.maintain(owner: "w1@test")
                claimed = try await Self.claim(store)
            }
            #expect(Self.ids(claimed) == ["\(round)"])
            await publisher.close()
        }
        await store.close()
    }
}
