import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(3))) struct QueueEditingTests {
    private static func texts(_ range: Range<Int>) -> [String] { range.map { "m\($0)" } }

    // MARK: - Walking

    @Test(arguments: EditingKind.all) func aWalkMeetsAllInOneDirectionAndChangesNothing(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<1234))
        await (try await place.walk(seeing: 1234)).close()
        let page = try await place.broker.peek(place.name, from: 0, limit: 20).messages.map(\.kept.bytes)
        let walk = try await place.walk(seeing: 1234)
        #expect(walk.total == 1234)
        var met: [String] = [], passed = 0
        while let piece = try await walk.next(limit: 100) {
            #expect(piece.passed <= 100 && piece.messages.count <= piece.passed)
            met += piece.messages.map(\.text)
            passed += piece.passed
        }
        #expect(passed == 1234 && met == (walk.isOldestFirst ? Self.texts(0..<1234) : Self.texts(0..<1234).reversed()))
        await walk.close()
        let first = try await place.all(1234)
        #expect(first.map(\.text) == Self.texts(0..<1234))
        #expect(try await place.all(1234).map(\.bytes) == first.map(\.bytes), "what a walk shows is the same each time")
        #expect(page == first.prefix(20).map(\.bytes), "a page shows what a walk does")
        #expect(try await place.serveAll(1234) == Self.texts(0..<1234))
        #expect(try await place.all(0).isEmpty)
        await place.close()
    }

    @Test(arguments: EditingKind.all) func theNeedleLeavesOutNoneThatHasIt(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send((0..<300).map { $0 % 7 == 3 ? "needle-\($0)" : "m\($0)" })
        let walk = try await place.walk("needle-")
        var found: Set<String> = [], passed = 0
        while let piece = try await walk.next(limit: 64) {
            found.formUnion(piece.messages.map(\.text).filter { $0.hasPrefix("needle-") })
            passed += piece.passed
        }
        #expect(passed == 300)
        #expect(found == Set((0..<300).filter { $0 % 7 == 3 }.map { "needle-\($0)" }))
        await walk.close()
        let nothing = try await place.walk("%_*[.\"\\")
        while let piece = try await nothing.next(limit: 64) { #expect(piece.messages.isEmpty || place.traits.isEmpty) }
        await nothing.close()
        await place.close()
    }

    /// Workers take messages away under the walk, and more come.
    @Test(arguments: EditingKind.all) func whatWaitsAllTheTimeIsMet(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<400))
        let walk = try await place.walk(seeing: 400)
        var met: Set<String> = []
        var served: Set<String> = []
        var round = 0
        while let piece = try await walk.next(limit: 50) {
            met.formUnion(piece.messages.map(\.text))
            if round < 4 {
                try await place.send(Self.texts(1000 + round * 30..<1000 + round * 30 + 30))
                if !place.traits.contains(.holds) { served.formUnion(try await place.serve(20)) }
            }
            round += 1
        }
        #expect(met.isSuperset(of: Set(Self.texts(0..<400)).subtracting(served)))
        await walk.close()
        await place.close()
    }

    // MARK: - Taking out

    @Test(arguments: EditingKind.all) func theFrontIsTakenInOrderUntilNoneIsLeft(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<1000))
        let walk = try await place.walk(seeing: 1000)
        let front = try await walk.front(limit: 3)
        #expect(front.map(\.text) == ["m0", "m1", "m2"])
        #expect(try await walk.front(limit: 3) == front, "until they are taken out it is the same")
        #expect(try await walk.purge(limit: 300).map(\.text) == Self.texts(0..<1000))
        #expect(try await walk.front(limit: 300).isEmpty)
        await walk.close()
        #expect(try await place.all(0).isEmpty)
        await place.close()
    }

    @Test(arguments: EditingKind.all) func onlyWhatIsThereUnchangedIsTakenOut(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<10))
        let walk = try await place.walk(seeing: 10)
        let all = try await walk.all()
        var meant = [all[2], all[5], all[9]], left = Self.texts(0..<10)
        var taken: Set<String> = []
        if !place.traits.contains(.holds) { taken = Set(try await place.serve(3)) }
        #expect(taken.isSubset(of: ["m0", "m1", "m2"]))
        let altered = try all[4].changed(to: "altered")
        meant += [KeptMessage(queue: place.name, place: altered.place, bytes: altered.bytes), KeptMessage(queue: place.name, place: all[4].place, bytes: altered.bytes)]
        meant.append(KeptMessage(queue: "elsewhere", place: all[6].place, bytes: all[6].bytes))
        let removed = try await walk.remove(meant, areFront: false)
        #expect(Set(removed.map(\.text)) == Set(["m2", "m5", "m9"]).subtracting(taken))
        #expect(try await walk.remove(meant, areFront: false).isEmpty, "they are gone")
        await walk.close()
        left.removeAll { taken.contains($0) || ["m2", "m5", "m9"].contains($0) }
        #expect(try await place.serve(left.count) == left)
        #expect(try await place.all(0).isEmpty)
        await place.close()
    }

    @Test(arguments: EditingKind.all) func ofTwoRemoversEachGetsOthers(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<1000))
        await (try await place.walk(seeing: 1000)).close()
        let other = try place.broker(.act)
        let purge: @Sendable (any BrokerConnection) async throws -> [String] = { broker in
            let walk = try await place.walk(of: broker)
            let texts = try await walk.purge(limit: 20).map(\.text)
            await walk.close()
            return texts
        }
        async let ours = purge(place.broker), theirs = purge(other)
        let (one, two) = (try await ours, try await theirs)
        #expect(Set(one).isDisjoint(with: two) && one.count + two.count == 1000 && Set(one).union(two).count == 1000, "\(one.count) and \(two.count)")
        #expect(try await place.all(0).isEmpty)
        await place.close(other)
    }

    // MARK: - Changing

    @Test(arguments: EditingKind.all) func aReplacedMessageKeepsItsPlaceWhereThereIsOne(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<5))
        let walk = try await place.walk(seeing: 5)
        let all = try await walk.all()
        #expect(try await walk.replace(all[2], with: try all[2].changed(to: "new")))
        #expect(try await !walk.replace(all[2], with: try all[2].changed(to: "again")), "it is not there any more")
        if !place.traits.contains(.holds) {
            #expect(try await place.serve(1) == ["m0"])
            #expect(try await !walk.replace(all[0], with: try all[0].changed(to: "late")), "a worker has it")
        }
        await walk.close()
        let expected = place.traits.contains(.replacesAtEnd) ? ["m0", "m1", "m3", "m4", "new"] : ["m1", "new", "m3", "m4"]
        #expect(try await place.serveAll(expected.count) == expected)
        #expect(try await place.all(0).isEmpty)
        await place.close()
    }

    // MARK: - Putting in

    @Test(arguments: EditingKind.all) func whatComesToTheFrontIsServedFirstAndInOrder(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(["m0", "m1"])
        try await place.broker.insert(["f2", "f3"].map { place.message($0) }, at: .front)
        try await place.broker.insert(["f0", "f1"].map { place.message($0) }, at: .front)
        try await place.broker.insert(["b0", "b1"].map { place.message($0) }, at: .back)
        try await place.broker.insert([], at: .front)
        let expected = place.traits.contains(.noFront) ? ["m0", "m1", "f2", "f3", "f0", "f1", "b0", "b1"] : ["f0", "f1", "f2", "f3", "m0", "m1", "b0", "b1"]
        #expect(try await place.all(8).map(\.text) == expected)
        #expect(try await place.serveAll(8) == expected)
        await place.close()
    }

    @Test(arguments: EditingKind.all) func aPurgeUndoneIsTheSameBytesInTheSameOrder(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<250))
        let before = try await place.all(250)
        let purged = try await place.purge(250)
        #expect(purged.map(\.bytes) == before.map(\.bytes))
        try await place.send(["later"])
        if place.traits.contains(.noFront) {
            try await place.broker.insert(purged, at: .front)
        } else {
            // Piece by piece, the last ones first.
            for start in stride(from: 200, through: 0, by: -50) { try await place.broker.insert(Array(purged[start..<start + 50]), at: .front) }
        }
        let after = try await place.all(251).filter { $0.text != "later" }
        #expect(after.map(\.bytes) == before.map(\.bytes))
        #expect(try await place.serveAll(251) == (place.traits.contains(.noFront) ? ["later"] + Self.texts(0..<250) : Self.texts(0..<250) + ["later"]))
        await place.close()
    }

    @Test(arguments: EditingKind.all) func whatWasTakenFromTheMiddleComesBackInOrder(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<9))
        let walk = try await place.walk(seeing: 9)
        let all = try await walk.all(), middle = Array(all[3..<6])
        #expect(try await walk.remove(middle, areFront: false) == Set(middle))
        await walk.close()
        try await place.broker.insert(middle, at: .front)
        let served = try await place.serveAll(9)
        #expect(served.filter { ["m3", "m4", "m5"].contains($0) } == ["m3", "m4", "m5"] && Set(served) == Set(Self.texts(0..<9)))
        await place.close()
    }

    @Test(arguments: EditingKind.all) func prioritiesStayAsTheyWere(kind: EditingKind) async throws {
        // A quorum queue of 3.x has none.
        guard kind.testDescription != EditingKind.quorum.testDescription else { return }
        let place = try await kind.place(["x-max-priority": 10])
        let urgent = place.transport.features.contains(.lowPriorityFirst) ? 0 : 9, middle = 4, idle = 9 - urgent
        for (name, priority) in [("i", idle), ("m", middle), ("u", urgent)] { try await place.send(["\(name)0", "\(name)1"], priority: priority) }
        let order = ["u0", "u1", "m0", "m1", "i0", "i1"]
        #expect(try await place.all(6).map(\.text) == order)
        let purged = try await place.purge(6)
        #expect(purged.map(\.text) == order)
        try await place.broker.insert(purged, at: .front)
        #expect(try await place.all(6).map(\.text) == order)
        // Before those of the same priority, behind the more urgent ones.
        try await place.broker.insert([place.message("f", priority: middle)], at: .front)
        #expect(try await place.all(7).map(\.text) == (place.traits.contains(.noFront) ? ["u0", "u1", "m0", "m1", "f", "i0", "i1"] : ["u0", "u1", "f", "m0", "m1", "i0", "i1"]))
        // With another priority it goes to the end of those that have it.
        let walk = try await place.walk(seeing: 7)
        let idler = try #require(try await walk.all().first { $0.text == "i0" })
        #expect(try await walk.replace(idler, with: try idler.changed(to: "i0", priority: urgent)))
        await walk.close()
        #expect(try await place.serveAll(7).filter { $0 != "f" } == ["u0", "u1", "i0", "m0", "m1", "i1"])
        await place.close()
    }

    // MARK: - Odd messages

    @Test(arguments: EditingKind.all) func whatIsNoEnvelopeSurvivesByteForByte(kind: EditingKind) async throws {
        let place = try await kind.place()
        let odd: [[UInt8]] = [
            Array("not JSON".utf8), Array("[]".utf8), Array("{\"body\": 1}".utf8), [0xFF, 0xFE, 0, 0x80, 0xC3], Array("a\0b".utf8), Array("{\"body\": \"%%%\", \"properties\": []}".utf8),
            Array(String(repeating: "x", count: 3 << 20).utf8),
        ]
        let messages = odd.map { KeptMessage(queue: place.name, bytes: $0) }
        if place.traits.contains(.noFront) {
            // AMQP has nothing but parts.
            for message in messages {
                let error = await #expect(throws: TransportError.self) { try await place.broker.insert([place.message("good"), message], at: .back) }
                #expect(error?.kind == .refused)
            }
            #expect(try await place.all(0).isEmpty, "none is sent when one cannot be")
        } else {
            try await place.broker.insert(messages, at: .back)
            #expect(try await place.all(odd.count).map(\.bytes) == odd)
            let purged = try await place.purge(odd.count)
            #expect(purged.map(\.bytes) == odd)
            try await place.broker.insert(purged, at: .front)
            #expect(try await place.all(odd.count).map(\.bytes) == odd)
            let walk = try await place.walk(seeing: odd.count)
            let all = try await walk.all()
            #expect(try await walk.replace(all[3], with: KeptMessage(queue: place.name, bytes: [0x80, 0])))
            #expect(try await walk.remove(all, areFront: false).count == odd.count - 1)
            await walk.close()
            #expect(try await place.all(1).map(\.bytes) == [[0x80, 0]])
        }
        await place.close()
    }

    @Test(arguments: EditingKind.all) func bodiesOfAnySortSurvive(kind: EditingKind) async throws {
        let place = try await kind.place()
        let bodies: [[UInt8]] = [[], [0x80, 0x05, 0xFF, 0], Array("ünï ☃".utf8), Array(repeating: 0xEE, count: 2 << 20)]
        try await place.transport.publish(
            bodies.map { body in
                Publication(
                    routingKey: place.name.rawValue,
                    envelope: Envelope(
                        headers: ["task": "shop.add", "id": "1", "nested": ["a": [1, 2.5, true, .null, "ü"]]], properties: ["correlation_id": "1", "reply_to": "r", "priority": 0],
                        contentType: "application/x-python-serialize", contentEncoding: "binary", body: body))
            })
        let before = try await place.all(4)
        #expect(try before.map { try Envelope(decoding: $0.bytes).body } == bodies)
        try await place.broker.insert(try await place.purge(4), at: .front)
        #expect(try await place.all(4).map(\.bytes) == before.map(\.bytes))
        await place.close()
    }

    /// Nothing but their order tells them apart.
    @Test(arguments: EditingKind.all) func twinsAreTakenOutOneByOne(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.broker.insert(Array(repeating: place.message("twin"), count: 3), at: .back)
        let walk = try await place.walk(seeing: 3)
        let first = try #require(try await walk.front(limit: 3).first)
        #expect(try await walk.remove([first], areFront: true).count == 1)
        await walk.close()
        #expect(try await place.serve(2) == ["twin", "twin"])
        #expect(try await place.all(0).isEmpty)
        await place.close()
    }

    // MARK: - Letting go

    @Test(arguments: EditingKind.all) func whatAWalkHeldIsServedWhenItIsClosed(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<60))
        let walk = try await place.walk(seeing: 60)
        _ = try await walk.next(limit: 40)
        let other = try await place.walk()
        if place.traits.contains(.holds) { #expect(other.total < 60, "nobody else sees what is held") }
        await other.close()
        await walk.close()
        await walk.close()
        #expect(try await place.serveAll(60) == Self.texts(0..<60))
        await place.close()
    }

    @Test(arguments: EditingKind.all) func whoMayNotActChangesNothing(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(Self.texts(0..<3))
        let kept = try await place.all(3)
        for permission in [Permission.readOnly, .passive] {
            let broker = try place.broker(permission)
            let inserting = await #expect(throws: TransportError.self) { try await broker.insert([place.message("x")], at: .back) }
            #expect(inserting?.kind == .readOnly)
            do {
                // Where looking changes nothing it is allowed.
                let walk = try await broker.walk(place.name, needle: [])
                #expect(!place.traits.contains(.holds))
                #expect(try await walk.all().map(\.bytes) == kept.map(\.bytes))
                for isFront in [false, true] {
                    let removing = await #expect(throws: TransportError.self) { _ = try await walk.remove(kept, areFront: isFront) }
                    #expect(removing?.kind == .readOnly)
                }
                let replacing = await #expect(throws: TransportError.self) { _ = try await walk.replace(kept[0], with: place.message("x")) }
                #expect(replacing?.kind == .readOnly)
                await walk.close()
            } catch let error as TransportError {
                #expect(error.kind == .readOnly && place.traits.contains(.holds), "\(error)")
            }
            await broker.close()
        }
        #expect(try await place.serve(3) == Self.texts(0..<3))
        await place.close()
    }

    @Test(arguments: EditingKind.all) func aClosedBrokerTakesHoldOfNothing(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(["m0"])
        let walk = try await place.walk(seeing: 1)
        let all = try await walk.all()
        await place.broker.close()
        await #expect(throws: TransportError.self) { _ = try await walk.remove(all, areFront: false) }
        await #expect(throws: TransportError.self) { _ = try await place.broker.walk(place.name, needle: []) }
        await #expect(throws: TransportError.self) { try await place.broker.insert([place.message("x")], at: .back) }
        #expect(try await place.serve(1) == ["m0"])
        await place.close()
    }

    // MARK: - Races

    /// Each message is replaced before a worker gets it, or the editor is told that it is gone; none is lost, none comes twice.
    @Test(arguments: EditingKind.all) func anEditorAndAWorkerNeverBothHaveIt(kind: EditingKind) async throws {
        let place = try await kind.place()
        try await place.send(["warm"])
        await (try await place.walk(seeing: 1)).close()
        #expect(try await place.serve(1) == ["warm"])
        var random = SeededGenerator(seed: 7)
        var replaced = 0
        for round in 0..<300 {
            try await place.send(["m\(round)"])
            let edit = { @Sendable in
                let walk = try await place.walk()
                var done = false
                if let old = try await walk.next(limit: 1)?.messages.first { done = try await walk.replace(old, with: try old.changed(to: "e\(round)")) }
                await walk.close()
                return done
            }
            let hasReplaced: Bool, texts: [String]
            switch round % 10 {
            // Some rounds are none, so that both ends are seen on any machine.
            case 0:
                hasReplaced = try await edit()
                texts = try await place.serve(1)
            case 1:
                texts = try await place.serve(1)
                hasReplaced = try await edit()
            default:
                let (editorWaits, workerWaits) = (Int.random(in: 0..<400, using: &random), Int.random(in: 0..<400, using: &random))
                async let served = Self.late(workerWaits) { try await place.serve(1) }
                hasReplaced = try await Self.late(editorWaits, edit)
                texts = try await served
            }
            #expect(texts == [hasReplaced ? "e\(round)" : "m\(round)"])
            if hasReplaced { replaced += 1 }
        }
        #expect((30...270).contains(replaced))
        #expect(try await place.all(0).isEmpty)
        await place.close()
    }

    /// Gives the processor away so many times first.
    private static func late<Output: Sendable>(_ turns: Int, _ body: @Sendable () async throws -> Output) async throws -> Output {
        for _ in 0..<turns { await Task.yield() }
        return try await body()
    }
}
