import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacRedis

@Suite struct EventBacklogTests {
    private func batch(_ bytes: Int, events: Int) -> FeedElement {
        .batch(EventBatch(bytes: Array(repeating: 0, count: bytes), payloads: Array(repeating: 0..<1, count: events), form: .envelope, receivedAt: 0))
    }

    @Test func whatIsTooMuchIsDroppedWholeAndCounted() async {
        let backlog = EventBacklog(limit: 100)
        for element in [batch(60, events: 3), batch(40, events: 2), batch(1, events: 5), batch(90, events: 6)] { backlog.put(element) }
        guard case .batch(let first)? = await backlog.next() else { return #expect(Bool(false)) }
        #expect(first.payloads.count == 3 && first.dropped == 11)
        backlog.put(batch(60, events: 7))
        guard case .batch(let second)? = await backlog.next(), case .batch(let third)? = await backlog.next() else { return #expect(Bool(false)) }
        #expect(second.payloads.count == 2 && second.dropped == 0)
        #expect(third.payloads.count == 7 && third.dropped == 0)
    }

    @Test func aLateConsumerIsServedAndTheEndIsHeard() async {
        let backlog = EventBacklog()
        async let waiting = backlog.next()
        backlog.put(.link(.live))
        guard case .link(.live)? = await waiting else { return #expect(Bool(false)) }
        async let end = backlog.next()
        backlog.finish()
        #expect(await end == nil)
    }
}

@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)), .timeLimit(.minutes(2))) struct EventFeedTests {
    /// A feed, read element by element.
    private final class Reader {
        private var iterator: AsyncStream<FeedElement>.Iterator

        init(_ broker: RedisBroker) { iterator = broker.events().makeAsyncIterator() }

        func next() async -> FeedElement? { await iterator.next(isolation: #isolation) }

        func untilLive() async -> [LinkState] {
            var states: [LinkState] = []
            while let element = await next() {
                guard case .link(let state) = element else { continue }
                states.append(state)
                if state == .live { break }
            }
            return states
        }

        func payload() async -> String? {
            while let element = await next() {
                if case .batch(let batch) = element { return String(decoding: batch.bytes[batch.payloads[0]], as: UTF8.self) }
            }
            return nil
        }
    }

    @Test(arguments: ["", "?global_keyprefix=a[b]*&fanout_prefix=x{db}/&event_exchange=ev"]) func bothFormsOfChannelsAreHeard(query: String) async throws {
        let server = try await RedisServer.start()
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(server.port)/2\(query)"), permission: .passive)
        let reader = Reader(broker)
        #expect(await reader.untilLive() == [.connecting, .live])
        let channel = query.isEmpty ? "/2.celeryev" : "a[b]*x2/ev"
        try await server.cli("PUBLISH", channel + "/task.sent", "first")
        #expect(await reader.payload() == "first")
        try await server.cli("PUBLISH", channel, "second")
        #expect(await reader.payload() == "second")
        await broker.close()
        #expect(await reader.next() == nil)
    }

    @Test func theLinkComesBackByItself() async throws {
        var server: RedisServer? = try await RedisServer.start()
        let port = try #require(server?.port)
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(port)/0"), permission: .passive)
        let reader = Reader(broker)
        _ = await reader.untilLive()
        let lostAt = Date().timeIntervalSince1970
        server?.stop()
        guard case .link(.reconnecting(let since, let retryAt, let reason))? = await reader.next() else { return #expect(Bool(false)) }
        #expect(since >= lostAt - 1 && retryAt > since && retryAt <= since + 2 && reason == "the server closed the connection")
        for _ in 0..<4 { _ = await reader.next() }
        let back = ContinuousClock.now
        server = try await RedisServer.start(port: port)
        let states = await reader.untilLive()
        #expect(states.last == .live)
        #expect(ContinuousClock.now - back < .seconds(5))
        try await server?.cli("PUBLISH", "/0.celeryev/task.sent", "again")
        #expect(await reader.payload() == "again")
        await broker.close()
    }

    @Test func aServerThatOnlySeemsThereIsNoticed() async throws {
        let server = try await RedisServer.start()
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(server.port)/0"), permission: .passive)
        let reader = Reader(broker)
        _ = await reader.untilLive()
        server.freeze()
        let start = ContinuousClock.now
        guard case .link(.reconnecting(_, _, let reason))? = await reader.next() else { return #expect(Bool(false)) }
        #expect(reason == "no answer within 10.0 s")
        #expect(ContinuousClock.now - start < .seconds(16))
        server.thaw()
        #expect(await reader.untilLive().last == .live)
        await broker.close()
    }

    /// Redis cuts a subscriber that lags 32 MB behind: the feed drains the connection also when nobody takes the events.
    @Test func aFloodLosesNothing() async throws {
        let server = try await RedisServer.start()
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(server.port)/0"), permission: .passive)
        let reader = Reader(broker)
        _ = await reader.untilLive()
        let producer = try await connect("redis://127.0.0.1:\(server.port)/0")
        defer { producer.close() }
        let event = RedisCommand("PUBLISH", "/0.celeryev/task.started", String(repeating: "x", count: 800))
        for _ in 0..<10 {
            let receivers = try await producer.send(Array(repeating: event, count: 8000), timeout: .seconds(30))
            #expect(receivers.allSatisfy { $0 == .integer(1) })
        }
        var count = 0
        while count < 80_000, case .batch(let batch)? = await reader.next() {
            count += batch.payloads.count
            #expect(batch.dropped == 0)
        }
        #expect(count == 80_000)
        await broker.close()
    }

    @Test func aFeedThatIsLetGoUnsubscribes() async throws {
        let server = try await RedisServer.start()
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(server.port)/0"), permission: .passive)
        var reader: Reader? = Reader(broker)
        _ = await reader?.untilLive()
        #expect(try await server.cli("PUBSUB", "NUMPAT") == "1")
        reader = nil
        // Closing waits its turn behind what other tests have the same event loop read.
        let deadline = ContinuousClock.now + .seconds(60)
        var patterns = "1"
        while patterns == "1", ContinuousClock.now < deadline { patterns = try await server.cli("PUBSUB", "NUMPAT") }
        #expect(patterns == "0")
        await broker.close()
    }
}
