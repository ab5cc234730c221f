import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import OrderedCollections
import Testing

@testable import CeleriacSQL

@Suite struct BroadcastTests {
    let file: TemporaryFile
    let clock = HandClock()
    let store: SQLiteStore

    init() throws {
        file = try TemporaryFile()
        store = try SQLiteStore(file.url, now: clock.now)
    }

    private func envelope(_ text: String) -> Envelope { message(text).envelope }

    /// A feed that is known to listen.
    private func listening(to exchange: String) async throws -> AsyncStream<BroadcastElement>.Iterator {
        var iterator = store.broadcasts(of: exchange).makeAsyncIterator()
        while case .link(let state)? = await iterator.next(), state != .live {}
        return iterator
    }

    @Test func everyListenerHearsAllInOrderAndOnlyItsExchange() async throws {
        var (first, second) = (try await listening(to: "celeryev"), try await listening(to: "celeryev"))
        try await store.broadcast([(routingKey: "x", envelope: envelope("other"))], exchange: "celery.pidbox")
        try await store.broadcast((0..<3).map { (routingKey: "task.sent", envelope: envelope("e\($0)")) }, exchange: "celeryev")
        for number in 0..<3 {
            for element in [await first.next(), await second.next()] {
                guard case .message(let envelope, let key)? = element else { return #expect(Bool(false), "no message but \(String(describing: element))") }
                #expect(envelope.correlationID == "e\(number)")
                #expect(key == "task.sent")
            }
        }
    }

    @Test func withoutListenersNothingIsWritten() async throws {
        try await store.broadcast([(routingKey: "", envelope: envelope("e0"))], exchange: "celeryev")
        #expect(try file.count("celeriac_broadcast") == 0)
    }

    @Test func aListenerThatIsLetGoLeavesNoTrace() async throws {
        var iterator: AsyncStream<BroadcastElement>.Iterator? = try await listening(to: "celeryev")
        #expect(try file.count("celeriac_listener") == 1)
        _ = iterator
        iterator = nil
        let path = file.path
        try await within {
            while try await DatabaseQueue(path: path).read({ try Int.fetchOne($0, sql: "SELECT count(*) FROM celeriac_listener") }) != 0 {
                try Task.checkCancellation()
            }
        }
    }

    @Test func afterAMinuteABroadcastIsPrunedAndWhoMissedItIsTold() async throws {
        let feed = BroadcastFeed(try FileAccess(file.url, .queues, creates: true), exchange: "celeryev", now: clock.now)
        let listening = Listening(feed)
        _ = await listening.next()
        _ = await listening.next()
        for second in 0..<10 {
            try await store.broadcast([(routingKey: "", envelope: envelope("e\(second)"))], exchange: "celeryev")
            clock.advance(by: 12)
            try await feed.renew()
        }
        try await store.broadcast([(routingKey: "", envelope: envelope("last"))], exchange: "celeryev")
        let kept = try file.count("celeriac_broadcast")
        #expect(kept > 0 && kept < 10)
        guard case .rows(let rows, let missed)? = await listening.next() else { return #expect(Bool(false), "no rows") }
        #expect(rows.count == kept)
        #expect(missed > 0)
    }

    @Test func aListenerHearsAnotherProgram() async throws {
        var iterator = try await listening(to: "celeryev")
        let text = envelope("foreign").text
        try await DatabaseQueue(path: file.path).write { database in
            try database.execute(
                sql: "INSERT INTO celeriac_broadcast (exchange, routing_key, envelope, sent_at) VALUES ('celeryev', 'k', ?, 0)", arguments: [text])
        }
        guard case .message(let heard, "k")? = await iterator.next() else { return #expect(Bool(false), "not heard") }
        #expect(heard.correlationID == "foreign")
    }

    @Test func whatIsUnreadableIsAnElementNotTheEnd() async throws {
        var iterator = try await listening(to: "celeryev")
        try await DatabaseQueue(path: file.path).write { database in
            try database.execute(sql: "INSERT INTO celeriac_broadcast (exchange, routing_key, envelope, sent_at) VALUES ('celeryev', 'k', 'nonsense', 0)")
        }
        guard case .unreadable? = await iterator.next() else { return #expect(Bool(false), "it was readable") }
        try await store.broadcast([(routingKey: "", envelope: envelope("e0"))], exchange: "celeryev")
        guard case .message? = await iterator.next() else { return #expect(Bool(false), "nothing came after it") }
    }
}
