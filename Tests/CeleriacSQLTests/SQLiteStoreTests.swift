import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import OrderedCollections
import Testing

@testable import CeleriacSQL

@Suite struct SQLiteStoreTests {
    let file: TemporaryFile
    let clock = HandClock()
    let store: SQLiteStore

    init() throws {
        file = try TemporaryFile()
        store = try SQLiteStore(file.url, now: clock.now)
    }

    @Test func messagesComeInOrderAndOnce() async throws {
        try await store.publish((0..<5).map { message("m\($0)") })
        #expect(try await store.claimAll("q").map(\.text) == ["m0", "m1", "m2", "m3", "m4"])
        #expect(try await store.claimAll("q").isEmpty)
    }

    @Test func theMostUrgentComesFirstAndZeroIsIt() async throws {
        try await store.publish([
            message("later", priority: 9), message("middle", priority: 3), message("first"), message("second"), message("over", priority: 99),
        ])
        #expect(try await store.claimAll("q").map(\.text) == ["first", "second", "middle", "later", "over"])
    }

    @Test func queuesTakeTurnsAndUrgencyGoesBeforeThem() async throws {
        try await store.publish(
            (0..<50).map { message("a\($0)", to: "a", priority: 1) } + [
                message("b0", to: "b", priority: 1), message("b1", to: "b"), message("c0", to: "c", priority: 1),
            ])
        let claimed = try await store.claim(from: ["a", "b", "c"], upTo: 4, owner: "w", wait: .zero)
        #expect(claimed.first?.text == "b1")
        #expect(Set(claimed.map(\.queue)) == ["a", "b", "c"])
    }

    @Test func whatIsClaimedIsInvisibleToPythonAndGoneWhenAcknowledged() async throws {
        try await store.publish([message("m0")])
        let claimed = try await store.claimAll("q")
        var row = try #require(try file.rows("SELECT visible, version FROM kombu_message").first)
        #expect(row["visible"] as Bool == false)
        #expect(row["version"] as Int == 2)
        row = try #require(try file.rows("SELECT o.name, c.claimed_at FROM celeriac_claim c JOIN celeriac_owner o ON o.id = c.owner_id").first)
        #expect(row[0] as String == "celery@w1")
        #expect(row[1] as Double == clock.now())
        try await store.settle(claimed.map { .acknowledge($0.tag) }, owner: "celery@w1")
        #expect(try file.rows("SELECT 1 FROM kombu_message").isEmpty)
        #expect(try file.rows("SELECT 1 FROM celeriac_claim").isEmpty)
    }

    @Test func settlingTwiceOrWithAForeignTagChangesNothing() async throws {
        try await store.publish([message("m0"), message("m1")])
        let tags = try await store.claimAll("q").map(\.tag)
        try await store.settle([.release(tags[0])], owner: "w")
        try await store.settle(
            [.acknowledge(tags[0]), .reject(tags[0], requeue: true), .bury(tags[0], reason: "x"), .acknowledge(.init("7")), .release(.init("a-b"))], owner: "w")
        #expect(try await store.sizes(of: ["q", "q.dead"]) == ["q": 1, "q.dead": 0])
    }

    @Test func whatWasReleasedIsInFrontMarkedButNotCounted() async throws {
        try await store.publish([message("m0"), message("m1"), message("m2")])
        let first = try await store.claim(from: ["q"], upTo: 1, owner: "w", wait: .zero)
        try await store.settle([.release(first[0].tag)], owner: "w")
        let again = try await store.claimAll("q")
        #expect(again.map(\.text) == ["m0", "m1", "m2"])
        #expect(again.map { $0.envelope?.isRedelivered } == [true, false, false])
        #expect(again[0].deliveries == nil)
    }

    @Test func whatWasRequeuedIsAtTheEndMarkedAndCounted() async throws {
        try await store.publish([message("m0"), message("m1")])
        for round in 1...2 {
            let claimed = try await store.claimAll("q")
            let mine = try #require(claimed.first { $0.text == "m0" })
            try await store.settle([.reject(mine.tag, requeue: true)] + claimed.filter { $0.text != "m0" }.map { .release($0.tag) }, owner: "w")
            let after = try await store.claimAll("q")
            #expect(after.map(\.text) == ["m1", "m0"])
            #expect(after.last?.deliveries == round)
            #expect(after.last?.envelope?.isRedelivered == true)
            try await store.settle(after.map { .release($0.tag) }, owner: "w")
        }
    }

    @Test func rejectedWithoutRequeueIsForgottenAndBuriedLiesInTheDeadQueue() async throws {
        try await store.publish([message("m0"), message("m1")])
        let tags = try await store.claimAll("q").map(\.tag)
        try await store.settle([.reject(tags[0], requeue: false), .bury(tags[1], reason: "delivered 5 times")], owner: "w")
        #expect(try await store.claimAll("q").isEmpty)
        let dead = try await store.claimAll("q.dead")
        #expect(dead.map(\.text) == ["m1"])
        #expect(dead[0].envelope?.headers["x-celeriac-buried"] == "delivered 5 times")
    }

    @Test func whatADeadOwnerHeldComesBackCountedAndItsTagIsVoid() async throws {
        let other = try SQLiteStore(file.url, now: clock.now)
        try await store.publish([message("m0")])
        let held = try await store.claimAll("q", owner: "celery@dead")
        clock.advance(by: 29)
        try await other.maintain(owner: "celery@alive")
        #expect(try await other.claimAll("q").isEmpty, "the lease still lasts")
        clock.advance(by: 2)
        try await other.maintain(owner: "celery@alive")
        let again = try await other.claimAll("q", owner: "celery@alive")
        #expect(again.map(\.text) == ["m0"])
        #expect(again[0].deliveries == 1)
        // The dead one was only slow: what it says now is about a claim that is no more.
        try await store.settle(held.map { .acknowledge($0.tag) }, owner: "celery@dead")
        try await other.settle(again.map { .release($0.tag) }, owner: "celery@alive")
        #expect(try await other.claimAll("q").map(\.text) == ["m0"])
    }

    @Test func aNewProcessOfTheSameNameDoesNotKeepTheOldOnesClaims() async throws {
        try await store.publish([message("m0")])
        _ = try await store.claimAll("q", owner: "celery@w1")
        let restarted = try SQLiteStore(file.url, now: clock.now)
        for _ in 0..<4 {
            clock.advance(by: 10)
            try await restarted.maintain(owner: "celery@w1")
        }
        #expect(try await restarted.claimAll("q", owner: "celery@w1").map(\.text) == ["m0"])
    }

    @Test func whoMaintainsKeepsWhatItHolds() async throws {
        let other = try SQLiteStore(file.url, now: clock.now)
        try await store.publish([message("m0")])
        let held = try await store.claimAll("q")
        for _ in 0..<10 {
            clock.advance(by: 20)
            try await store.maintain(owner: "celery@w1")
            try await other.maintain(owner: "celery@other")
        }
        #expect(try await other.claimAll("q").isEmpty)
        try await store.settle(held.map { .acknowledge($0.tag) }, owner: "celery@w1")
        #expect(try file.rows("SELECT 1 FROM kombu_message").isEmpty)
    }

    @Test func whatIsUnreadableIsDeliveredAsItCame() async throws {
        try await store.publish([message("m0")])
        try file.change("UPDATE kombu_message SET payload = 'nonsense'")
        var claimed = try await store.claimAll("q")
        guard case .unreadable(_, let raw)? = claimed.first?.content else { return #expect(Bool(false), "it was readable") }
        #expect(String(decoding: raw, as: UTF8.self) == "nonsense")
        try await store.settle([.release(claimed[0].tag)], owner: "w")
        claimed = try await store.claimAll("q")
        try await store.settle([.bury(claimed[0].tag, reason: "unreadable")], owner: "w")
        #expect(try await store.sizes(of: ["q.dead"]) == ["q.dead": 1])
    }

    @Test func purgeCountsWhatWaitedAndLeavesWhatIsHeld() async throws {
        try await store.publish((0..<5).map { message("m\($0)") })
        let held = try await store.claim(from: ["q"], upTo: 2, owner: "w", wait: .zero)
        #expect(try await store.purge("q") == 3)
        #expect(try await store.purge("nowhere") == 0)
        try await store.settle(held.map { .release($0.tag) }, owner: "w")
        #expect(try await store.sizes(of: ["q"]) == ["q": 2])
    }

    @Test func aDeletedQueueIsGoneWithItsBindings() async throws {
        let binding = Binding(exchange: "orders", type: .topic, routingKey: "a.#", queue: "q")
        try await store.bind([binding, binding])
        #expect(try await store.bindings(of: "orders") == [binding])
        try await store.publish([message("m0")])
        #expect(try await store.queues() == ["q"])
        try await store.delete("q")
        #expect(try await store.queues().isEmpty)
        #expect(try await store.bindings(of: "orders").isEmpty)
        #expect(try await store.claimAll("q").isEmpty)
    }

    @Test func aWaitingClaimIsWokenByAPublication() async throws {
        let (store, waiting) = (store, AsyncStream<Void>.makeStream())
        let claimed = try await within {
            try await withThrowingTaskGroup(of: [Delivery].self) { group in
                group.addTask {
                    waiting.continuation.finish()
                    return try await store.claim(from: ["q"], upTo: 5, owner: "w", wait: .seconds(50))
                }
                for await _ in waiting.stream {}
                try await store.publish([message("m0")])
                return try await group.next() ?? []
            }
        }
        #expect(claimed.map(\.text) == ["m0"])
    }

    @Test func aWaitingClaimIsWokenByAnotherProgram() async throws {
        try await store.publish([message("m0")])
        let mine = try await store.claimAll("q")
        #expect(mine.count == 1)
        let (store, path) = (store, file.path)
        let claimed = try await within {
            async let claimed = store.claim(from: ["q"], upTo: 5, owner: "w", wait: .seconds(50))
            // As Python puts a message: with a connection of its own, which tells nobody, and waits its turn as Python's does.
            var python = Configuration()
            python.busyMode = .timeout(5)
            try await DatabaseQueue(path: path, configuration: python).write { database in
                try database.execute(
                    sql: """
                        INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) SELECT 1, NULL, payload, 1, queue_id FROM kombu_message LIMIT 1
                        """)
            }
            return try await claimed
        }
        #expect(claimed.map(\.text) == ["m0"])
    }

    @Test func nothingCameInTimeIsNoError() async throws {
        let started = ContinuousClock.now
        #expect(try await store.claim(from: ["q"], upTo: 1, owner: "w", wait: .milliseconds(120)).isEmpty)
        #expect(ContinuousClock.now - started >= .milliseconds(120))
    }

    @Test func cancellationEndsAWait() async throws {
        let store = store
        let claims = Task { try await store.claim(from: ["q"], upTo: 1, owner: "w", wait: .seconds(600)) }
        claims.cancel()
        #expect(try await within { try await claims.value }.isEmpty)
    }

    @Test func afterClosingEveryCallFailsAndWaitsEnd() async throws {
        let store = store
        let claims = Task { try await store.claim(from: ["q"], upTo: 1, owner: "w", wait: .seconds(600)) }
        await store.close()
        await #expect(throws: TransportError.self) { try await store.publish([message("m0")]) }
        // It may have begun before or after: it ends either way, at the latest with the failing look.
        _ = try await within { await claims.result }
    }
}
