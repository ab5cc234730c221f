import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct QueueStoreTests {
    @Test(arguments: StoreKind.all) func messagesComeOldestFirst(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        try await store.publish((1...250).map { message("\($0)") })
        try await store.publish([message("251")])
        var texts: [String] = []
        while texts.count < 251 {
            let deliveries = try await store.claim("q", upTo: 40)
            #expect(deliveries.count == min(40, 251 - texts.count))
            if deliveries.isEmpty { break }
            texts += deliveries.map(\.text)
        }
        #expect(texts == (1...251).map(String.init))
        #expect(try await store.claim("q").isEmpty)
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func urgentMessagesComeFirst(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        guard store.features.contains(.priorities) else { return await place.close(store) }
        for priority in [3, 9, 0, 6, 9, 0] { try await store.publish([message("\(priority)", priority: priority)]) }
        let texts = try await store.claim("q").map(\.text)
        let ascending = ["0", "0", "3", "6", "9", "9"]
        #expect(texts == (store.features.contains(.lowPriorityFirst) ? ascending : ascending.reversed()))
        // Beyond the range is the nearest end of it; what is no integer counts as 0.
        try await store.publish([message("255", priority: 255), message("-7", priority: -7)])
        #expect(try await store.claim("q").map(\.text) == (store.features.contains(.lowPriorityFirst) ? ["-7", "255"] : ["255", "-7"]))
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func anUrgentMessageInTheSecondQueuePassesTheFirst(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        guard store.features.contains(.priorities) else { return await place.close(store) }
        let (urgent, idle) = store.features.contains(.lowPriorityFirst) ? (0, 9) : (9, 0)
        try await store.publish([message("slow", to: "a", priority: idle), message("fast", to: "b", priority: urgent)])
        #expect(try await store.claim("a", "b", upTo: 1).map(\.text) == ["fast"])
        await place.close(store)
    }

    /// No queue starves however long the other is.
    @Test(arguments: StoreKind.all) func queuesAreServedInTurn(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        try await store.publish((0..<40).map { message("a\($0)", to: "a") } + (0..<3).map { message("b\($0)", to: "b") })
        var firstOnes: [Delivery] = []
        for _ in 0..<8 { firstOnes += try await store.claim("a", "b", upTo: 1) }
        #expect(firstOnes.filter { $0.queue == "b" }.map(\.text) == ["b0", "b1", "b2"])
        #expect(firstOnes.filter { $0.queue == "a" }.map(\.text) == (0..<5).map { "a\($0)" })
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func whatIsHeldIsHiddenAndWhatIsAcknowledgedIsGone(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open(), other = try place.open()
        try await store.publish([message("1"), message("2")])
        let held = try await store.claim("q")
        #expect(try await other.claim("q", as: "w2@test").isEmpty)
        #expect(try await other.sizes(of: ["q", "none"]) == ["q": 0, "none": 0])
        try await store.settle(held.map { .acknowledge($0.tag) }, owner: "w1@test")
        try await store.settle(held.map { .acknowledge($0.tag) }, owner: "w1@test")
        try await store.settle(held.map { .reject($0.tag, requeue: true) }, owner: "w1@test")
        #expect(try await store.claim("q").isEmpty)
        await place.close(store, other)
    }

    @Test(arguments: StoreKind.all) func aWaitingClaimIsWokenByAMessage(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open(), other = try place.open()
        for round in 0..<5 {
            async let claimed = store.claim(from: ["a", "b"], upTo: 10, owner: "w1@test", wait: .seconds(20))
            try await other.publish([message("late \(round)", to: "b", priority: round)])
            #expect(try await claimed.map(\.text) == ["late \(round)"])
        }
        let began = ContinuousClock.now
        #expect(try await store.claim("a", wait: .milliseconds(30)).isEmpty)
        #expect(ContinuousClock.now - began >= .milliseconds(30))
        await place.close(store, other)
    }

    /// However the message and the cancellation cross, it is claimed or it waits.
    @Test(arguments: StoreKind.all) func aCancelledClaimLosesNothing(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open(), other = try place.open()
        for round in 0..<50 {
            let claiming = Task { try await store.claim(from: ["q"], upTo: 10, owner: "w1@test", wait: .seconds(20)) }
            if round.isMultiple(of: 2) {
                try await other.publish([message("\(round)")])
                claiming.cancel()
            } else {
                claiming.cancel()
                try await other.publish([message("\(round)")])
            }
            let claimed = try await claiming.value
            let left = try await other.claim("q", as: "w2@test")
            #expect((claimed + left).map(\.text) == ["\(round)"])
        }
        await place.close(store, other)
    }

    // MARK: - Going back

    @Test(arguments: StoreKind.all) func releasedMessagesGoToTheFrontInTheirOrder(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        try await store.publish((1...6).map { message("\($0)") })
        let held = try await store.claim("q", upTo: 4)
        try await store.settle([.acknowledge(held[1].tag), .release(held[0].tag), .release(held[2].tag), .release(held[3].tag)], owner: "w1@test")
        let again = try await store.claim("q")
        #expect(again.map(\.text) == ["1", "3", "4", "5", "6"])
        #expect(again.map { $0.envelope?.isRedelivered } == [true, true, true, false, false])
        #expect(again.allSatisfy { $0.envelope?.returns == 0 })
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func requeuedMessagesGoToTheEndAndAreCounted(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        try await store.publish([message("1"), message("2")])
        for count in 1...3 {
            let held = try await store.claim("q", upTo: 1)
            #expect(held.first?.text == "1" && held.first?.envelope?.returns == count - 1)
            let other = try await store.claim("q", upTo: 1)
            try await store.settle((held + other).map { .reject($0.tag, requeue: true) }, owner: "w1@test")
        }
        let last = try await store.claim("q")
        #expect(last.map(\.text) == ["1", "2"] && last.allSatisfy { $0.envelope?.returns == 3 && $0.envelope?.isRedelivered == true })
        try await store.settle([.reject(last[0].tag, requeue: false), .acknowledge(last[1].tag)], owner: "w1@test")
        #expect(try await store.claim("q").isEmpty)
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func buriedMessagesLieInTheDeadLetterQueueWithTheReason(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        try await store.publish([message("poison")])
        let held = try await store.claim("q")
        try await store.settle([.bury(held[0].tag, reason: "given back 5 times")], owner: "w1@test")
        #expect(try await store.claim("q").isEmpty)
        let dead = try await store.claim("q.dead")
        #expect(dead.map(\.text) == ["poison"] && dead.first?.envelope?.headers["x-celeriac-buried"] == "given back 5 times")
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func whatADeadOwnerHeldReturnsMarkedAndCounted(kind: StoreKind) async throws {
        let place = try await kind.place(.milliseconds(300))
        let dead = try place.open(), store = try place.open()
        try await dead.publish((1...5).map { message("\($0)") })
        let held = try await dead.claim("q", upTo: 3, as: "dead@test")
        #expect(held.count == 3)
        // Nothing more is heard of it.
        var back = try await store.claim("q")
        #expect(back.map(\.text) == ["4", "5"])
        try await store.settle(back.map { .acknowledge($0.tag) }, owner: "w1@test")
        back = try await store.claimReturned("q")
        #expect(back.map(\.text) == ["1", "2", "3"])
        #expect(back.allSatisfy { $0.envelope?.isRedelivered == true && $0.envelope?.returns == 1 })
        // It comes to life again: what it held is not its own any more.
        try await dead.settle(held.map { .reject($0.tag, requeue: true) }, owner: "dead@test")
        try await store.settle(back.map { .acknowledge($0.tag) }, owner: "w2@test")
        #expect(try await store.claim("q").isEmpty)
        await place.close(dead, store)
    }

    @Test(arguments: StoreKind.all) func whoRenewsKeepsWhatItHolds(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(3))
        let busy = try place.open(), store = try place.open()
        try await busy.publish([message("long")])
        let held = try await busy.claim("q", as: "busy@test")
        let deadline = ContinuousClock.now + .seconds(4)
        while ContinuousClock.now < deadline {
            try await busy.maintain(owner: "busy@test")
            try await store.maintain(owner: "w2@test")
            #expect(try await store.claim("q", as: "w2@test", wait: .milliseconds(100)).isEmpty)
        }
        try await busy.settle([.acknowledge(held[0].tag)], owner: "busy@test")
        await place.close(busy, store)
    }

    // MARK: - Bodies

    @Test(arguments: StoreKind.all) func bodiesComeBackAsTheyWere(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        let texts = ["", "grüße 👩‍👩‍👧 \u{0} \" \\ %s {} [] \u{2028}", String(repeating: "0123456789abcdef", count: 1 << 16)]
        try await store.publish(texts.map { message($0) })
        let held = try await store.claim("q")
        #expect(held.map(\.text) == texts)
        // Rewritten on the way back.
        try await store.settle(held.map { .release($0.tag) }, owner: "w1@test")
        #expect(try await store.claim("q").map(\.text) == texts)
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func headersSurviveTheWayBack(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        var sent = message("1")
        sent.envelope.headers["big"] = .bigInteger("123456789012345678901234567890")
        sent.envelope.headers["empty"] = [[], .object([:]), .null, 1.5, -0.0]
        sent.envelope.headers["delivery_tag"] = #"", "delivery_tag": "not me"#
        try await store.publish([sent])
        let held = try await store.claim("q")
        #expect(held.first?.envelope == sent.envelope)
        try await store.settle([.reject(held[0].tag, requeue: true)], owner: "w1@test")
        let back = try await store.claim("q")
        #expect(back.first?.envelope == sent.envelope.redelivered(isCounted: true))
        await place.close(store)
    }

    // MARK: - Queues and bindings

    @Test(arguments: StoreKind.all) func queuesAreCountedPurgedAndDeleted(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open()
        try await store.bind([Binding(exchange: "q", type: .direct, routingKey: "q", queue: "q"), Binding(exchange: "r", type: .direct, routingKey: "r", queue: "r")])
        try await store.publish((0..<10).map { message("\($0)", priority: $0) } + [message("other", to: "r")])
        #expect(try await Set(store.queues()) == ["q", "r"])
        #expect(try await store.sizes(of: ["q", "r"]) == ["q": 10, "r": 1])
        #expect(try await store.purge("q") == 10)
        #expect(try await store.purge("q") == 0)
        #expect(try await store.sizes(of: ["q", "r"]) == ["q": 0, "r": 1])
        try await store.delete("r")
        #expect(try await Set(store.queues()) == ["q"])
        #expect(try await store.claim("q", "r").isEmpty)
        await place.close(store)
    }

    @Test(arguments: StoreKind.all) func bindingsAreKeptOnce(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open(), other = try place.open()
        let bindings = [
            Binding(exchange: "shop", type: .topic, routingKey: "orders.#", queue: "orders"), Binding(exchange: "shop", type: .topic, routingKey: "*.eu", queue: "eu"),
        ]
        try await store.bind(bindings)
        try await store.bind(bindings)
        #expect(try await Set(other.bindings(of: "shop")) == Set(bindings))
        #expect(try await other.bindings(of: "shop").count == 2)
        #expect(try await other.bindings(of: "none").isEmpty)
        await place.close(store, other)
    }

    // MARK: - Broadcasts

    @Test(arguments: StoreKind.all) func aBroadcastReachesAllWhoListen(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let store = try place.open(), other = try place.open()
        guard store.features.contains(.broadcast) else { return await place.close(store) }
        var listeners = [store.broadcasts(of: "celery.pidbox"), store.broadcasts(of: "celery.pidbox"), other.broadcasts(of: "celery.pidbox")].map { $0.makeAsyncIterator() }
        for index in listeners.indices { while case .link(let link)? = await listeners[index].next(), link != .live {} }
        try await other.broadcast([("", message("elsewhere").envelope)], exchange: "celeryev")
        try await other.broadcast([("", message("1", to: "").envelope), ("worker.online", message("2", to: "worker.online").envelope)], exchange: "celery.pidbox")
        for index in listeners.indices {
            for expected in [("1", ""), ("2", "worker.online")] {
                guard case .message(let envelope, let routingKey)? = await listeners[index].next() else {
                    Issue.record("no message")
                    break
                }
                #expect(String(decoding: envelope.body, as: UTF8.self) == expected.0 && routingKey == expected.1)
            }
        }
        await place.close(store, other)
    }

    // MARK: - Many at once

    @Test(arguments: StoreKind.all) func thousandPublishersAndClaimersLoseNothingAndDoubleNothing(kind: StoreKind) async throws {
        let place = try await kind.place(.seconds(30))
        let stores = try (0..<4).map { _ in try place.open() }
        let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0..<1000 {
                group.addTask {
                    try await stores[number % 4].publish([message("\(number)", to: number.isMultiple(of: 3) ? "a" : "b", priority: number % 10)])
                    return []
                }
                group.addTask {
                    let store = stores[number % 4], owner = WorkerName("w\(number % 4)@test")
                    let delivery = try await store.claim(from: ["a", "b"], upTo: 1, owner: owner, wait: .seconds(60))
                    try await store.settle(delivery.map { .acknowledge($0.tag) }, owner: owner)
                    return delivery.map(\.text)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 1000 && Set(claimed).count == 1000)
        #expect(try await stores[0].claim("a", "b").isEmpty)
        for store in stores { await place.close(store) }
    }
}
