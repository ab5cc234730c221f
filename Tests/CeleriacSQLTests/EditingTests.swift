import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import Testing

@testable import CeleriacSQL

/// What taking hold of messages means for the rows of the file.
@Suite struct EditingTests {
    let file: TemporaryFile
    let store: SQLiteStore
    let broker: SQLiteBroker

    init() throws {
        file = try TemporaryFile()
        store = try SQLiteStore(file.url)
        broker = try SQLiteBroker(file.url, permission: .act)
    }

    private func all(_ queue: QueueName = "q") async throws -> [KeptMessage] {
        let walk = try await broker.walk(queue, needle: [])
        var messages: [KeptMessage] = []
        while let piece = try await walk.next(limit: 3) { messages += piece.messages }
        return messages
    }

    private func remove(_ messages: [KeptMessage]) async throws -> Int { try await broker.walk("q", needle: []).remove(messages, areFront: false).count }

    private static let table = "SELECT id, visible, timestamp, payload, queue_id FROM kombu_message ORDER BY id"

    @Test func whatIsPutBackIsTheVeryRowsAgain() async throws {
        try await store.publish((0..<4).map { message("m\($0)") } + [message("late", priority: 5), message("m4"), message("later", priority: 5)])
        let before = try file.rows(Self.table), messages = try await all()
        #expect(try await remove([messages[1], messages[2], messages[5]]) == 3)
        try await store.publish([message("new")])
        try await broker.insert([messages[1], messages[2], messages[5]], at: .front)
        #expect(try file.rows(Self.table).dropLast() == before[...])
        #expect(try await store.claimAll("q").map(\.text) == ["m0", "m1", "m2", "m3", "m4", "new", "late", "later"])
    }

    @Test func othersComeBeforeAllWithTheirPriorityAndCanBeSettled() async throws {
        try await store.publish([message("m0"), message("late", priority: 5)])
        func stranger(_ text: String, priority: Int = 0) -> KeptMessage { KeptMessage(queue: "q", place: "q", bytes: message(text, priority: priority).envelope.encoded()) }
        try await broker.insert([stranger("a"), stranger("x", priority: 5), stranger("b")], at: .front)
        try await broker.insert([stranger("c")], at: .front)
        #expect(try await all().map { try Envelope(decoding: $0.bytes).deliveryTag } == ["c", "a", "b", "m0", "x", "late"])
        #expect(try file.rows("SELECT count(*) FROM kombu_message WHERE id <= 0").first?[0] == 4)
        let claimed = try await store.claimAll("q")
        #expect(claimed.map(\.text) == ["c", "a", "b", "m0", "x", "late"])
        try await store.settle(claimed.map { .acknowledge($0.tag) }, owner: "celery@w1")
        #expect(try file.rows("SELECT 1 FROM kombu_message").isEmpty && file.rows("SELECT 1 FROM celeriac_claim").isEmpty)
        // Ids are still never used again.
        try await store.publish([message("m1")])
        #expect(try file.rows("SELECT id FROM kombu_message").first?[0] == 3)
    }

    @Test func aPlaceThatIsTakenOrElsewhereIsNone() async throws {
        try await store.publish([message("m0"), message("m1"), message("m2")])
        let messages = try await all(), mark = try FilePath(file.url).mark
        let places = [
            messages[1].place,  // taken
            RowPlace(mark: "0", queueID: 1, id: 2, timestamp: nil).text,  // in another file
            RowPlace(mark: mark, queueID: 7, id: 9, timestamp: nil).text,  // in another queue
            RowPlace(mark: mark, queueID: 1, id: .max, timestamp: nil).text,  // never given to any row
            RowPlace(mark: mark, queueID: 1, id: 2, timestamp: KombuTables.timestamp(priority: 3)).text,  // of another priority
            "sqlite:\(mark):1:x:", "sqlite", "", "::::",
        ]
        #expect(try await remove([messages[2]]) == 1)
        for (number, place) in places.enumerated() {
            try await broker.insert([KeptMessage(queue: "q", place: place, bytes: message("s\(number)").envelope.encoded())], at: .front)
        }
        #expect(try await store.claimAll("q").map(\.text) == (0..<places.count).reversed().map { "s\($0)" } + ["m0", "m1"])
    }

    @Test func aRowThatAWorkerHasIsLeftAlone() async throws {
        try await store.publish([message("m0"), message("m1")])
        let messages = try await all(), walk = try await broker.walk("q", needle: [])
        let claimed = try await store.claim(from: ["q"], upTo: 1, owner: "celery@w1", wait: .zero)
        #expect(try await walk.remove([messages[0]], areFront: true).isEmpty)
        #expect(try await !walk.replace(messages[0], with: messages[1]))
        // Given back, it is another message: it bears the mark of that.
        try await store.settle(claimed.map { .release($0.tag) }, owner: "celery@w1")
        #expect(try await walk.remove([messages[0]], areFront: true).isEmpty)
        #expect(try await walk.remove([messages[1]], areFront: true).count == 1)
    }

    /// Python's purge deletes rows that are held too, and leaves our claims of them.
    @Test func aClaimOfAnEarlierRowSettlesNoLaterOne() async throws {
        try await store.publish([message("m0")])
        let kept = try await all()
        let stale = try await store.claim(from: ["q"], upTo: 1, owner: "celery@w1", wait: .zero)
        try file.change("DELETE FROM kombu_message")
        try await broker.insert(kept, at: .front)
        try await store.settle(stale.map { .acknowledge($0.tag) }, owner: "celery@w1")
        let again = try await store.claimAll("q")
        #expect(again.map(\.text) == ["m0"])
        try await store.settle(stale.map { .acknowledge($0.tag) }, owner: "celery@w1")
        try await store.settle(again.map { .release($0.tag) }, owner: "celery@w1")
        #expect(try await store.claimAll("q").map(\.text) == ["m0"])
    }

    @Test func aClaimTagOfARowBelowZeroIsReadBack() {
        for tag in [ClaimTag(message: 17, version: 2), ClaimTag(message: -3, version: 1_800_000_000_000), ClaimTag(message: 0, version: 1)] {
            #expect(ClaimTag(tag.tag) == tag)
        }
        for text in ["", "-", "1", "1-", "a-b", "-1"] { #expect(ClaimTag(Delivery.Tag(text)) == nil) }
    }

    /// SQLite keeps any value in any column.
    @Test func rowsThatSomebodyElseWroteAreMet() async throws {
        try await store.publish([message("m0")])
        try file.change("INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) VALUES (1, '2024-01-02 03:04:05.000006', 'dated', 1, 1)")
        try file.change("INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) VALUES (1, 5, X'FF00', 1, 1)")
        try file.change("INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) VALUES (1, X'0102', '', 1, 1)")
        try file.change("INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) VALUES (1, 2.5, 17, 1, 1)")
        let messages = try await all()
        #expect(messages.dropFirst().map(\.bytes) == [Array("17".utf8), [0xFF, 0], Array("dated".utf8), []])
        #expect(try await broker.peek("q", from: 0, limit: 9).messages.map(\.kept) == messages)
        #expect(try await remove(Array(messages.dropFirst())) == 4)
        try await broker.insert(Array(messages.dropFirst()), at: .front)
        #expect(Set(try await all().map(\.bytes)) == Set(messages.map(\.bytes)))
        #expect(try await store.claimAll("q").count == 5)
    }

    @Test func whoWaitsForMessagesIsWoken() async throws {
        let (store, broker) = (store, broker)
        async let claimed = store.claim(from: ["q"], upTo: 1, owner: "celery@w1", wait: .seconds(60))
        try await broker.insert([KeptMessage(queue: "q", bytes: message("m0").envelope.encoded())], at: .front)
        let began = ContinuousClock.now
        #expect(try await claimed.map(\.text) == ["m0"])
        #expect(ContinuousClock.now - began < .seconds(20))
    }

    @Test func whatComesMeanwhileIsNotWalkedAfter() async throws {
        try await store.publish((0..<10).map { message("m\($0)") })
        let walk = try await broker.walk("q", needle: [])
        var passed = 0
        while let piece = try await walk.next(limit: 2) {
            passed += piece.passed
            try await store.publish((0..<4).map { message("n\($0)") })
        }
        #expect(passed == 10)
    }

    @Test func aQueueThatIsNotThereIsEmpty() async throws {
        let walk = try await broker.walk("nosuch", needle: [])
        #expect(walk.total == 0)
        #expect(try await walk.next(limit: 1) == nil)
        #expect(try await walk.front(limit: 1).isEmpty)
        #expect(try await walk.remove([KeptMessage(queue: "nosuch", place: "sqlite:1:1:1:", bytes: [])], areFront: false).isEmpty)
        try await broker.insert([KeptMessage(queue: "nosuch", bytes: message("m0").envelope.encoded())], at: .back)
        #expect(try await store.claimAll("nosuch").map(\.text) == ["m0"])
    }
}
