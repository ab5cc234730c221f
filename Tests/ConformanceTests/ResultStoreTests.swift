import CeleriacBroker
import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(2))) struct ResultStoreTests {
    private static func record(_ id: TaskID, _ state: TaskState, _ result: Value = .null) -> ResultRecord {
        var record = ResultRecord(id: id, state: state, result: result)
        if state.isFinal { record.dateDone = "2026-11-22T12:38:02.470464+00:00" }
        record.children = []
        return record
    }

    @Test(arguments: ResultKind.all) func recordsComeBackAsTheyWere(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        var full = Self.record("1", .success, ["text": "grüße 👋 \u{0}", "big": .bigInteger("123456789012345678901234567890"), "empty": [], "none": .null])
        full.traceback = "Traceback"
        full.children = [[["2", .null], .null]]
        full.parent = "0"
        full.group = "g"
        let failed = Self.record("2", .failure, StoredException(type: "ValueError", module: "builtins", arguments: ["no"]).value)
        try await store.store([full, failed], lifetime: .seconds(100))
        #expect(try await other.record(of: "1") == full)
        #expect(try await other.record(of: "2")?.exception?.type == "ValueError")
        #expect(try await other.record(of: "3") == nil)
        #expect(try await other.records(of: ["1", "2", "3"]) == ["1": full, "2": failed])
        #expect(try await other.records(of: []).isEmpty)
        try await other.forget(["1", "3"])
        #expect(try await store.records(of: ["1", "2"]) == ["2": failed])
        await place.close(store, other)
    }

    @Test(arguments: ResultKind.all) func successIsNeverOverwritten(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        // Each state gives way to the next one, but for SUCCESS.
        for state in [TaskState.started, .retry, .failure, .started, .success, .failure, .started, .retry, .revoked, .success] {
            try await store.store([Self.record("1", state, .string(state.rawValue))], lifetime: nil)
        }
        #expect(try await store.record(of: "1")?.state == .success)
        try await store.store([Self.record("1", .success, "again"), Self.record("2", .failure, "status\": \"SUCCESS")], lifetime: nil)
        #expect(try await store.record(of: "1")?.result == "SUCCESS")
        try await store.store([Self.record("2", .retry)], lifetime: nil)
        #expect(try await store.record(of: "2")?.state == .retry)
        await place.close(store)
    }

    @Test(arguments: ResultKind.all) func ofOneBatchTheLastRecordCountsButForSuccess(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        try await store.store([Self.record("1", .started), Self.record("1", .success, 1), Self.record("1", .failure)], lifetime: .seconds(60))
        #expect(try await store.record(of: "1")?.state == .success)
        await place.close(store)
    }

    @Test(arguments: ResultKind.all) func manyWritersAtOnceAreAllKept(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<1500 {
                group.addTask { try await store.store([Self.record(TaskID("\(number)"), .success, .integer(number))], lifetime: number.isMultiple(of: 2) ? nil : .seconds(60)) }
            }
            try await group.waitForAll()
        }
        let records = try await store.records(of: (0..<1500).map { TaskID("\($0)") })
        #expect(records.count == 1500 && records.allSatisfy { $0.key.rawValue == String($0.value.result.integer ?? -1) })
        await place.close(store)
    }

    // MARK: - Updates

    @Test(arguments: ResultKind.all) func waitersSeeWhatIsThereAndWhatComes(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        try await store.store([Self.record("1", .success, 1)], lifetime: nil)
        var updates = store.updates(of: ["1", "2"]).makeAsyncIterator()
        #expect(try await updates.next()?.id == "1")
        try await other.store([Self.record("2", .started)], lifetime: nil)
        // Of changes that come at once a store that is asked sees the last one only.
        try await other.store([Self.record("2", .retry)], lifetime: nil)
        try await other.store([Self.record("2", .success, 2)], lifetime: nil)
        var states: [TaskState] = []
        while let record = try await updates.next() { states.append(record.state) }
        #expect(states.last == .success && Set(states).isSubset(of: [.started, .retry, .success]))
        await place.close(store, other)
    }

    @Test(arguments: ResultKind.all) func hundredsWaitAtOnce(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<300 {
                let updates = store.updates(of: [TaskID("\(number)"), "shared"])
                group.addTask {
                    var sum = 0
                    for try await record in updates { sum += record.result.integer ?? 0 }
                    return sum
                }
            }
            for start in stride(from: 0, to: 300, by: 25) {
                try await other.store((start..<start + 25).map { Self.record(TaskID("\($0)"), .success, .integer($0)) }, lifetime: .seconds(60))
            }
            try await other.store([Self.record("shared", .success, 1000)], lifetime: .seconds(60))
            return try await group.reduce(0, +)
        }
        #expect(sum == (0..<300).reduce(0, +) + 300 * 1000)
        await place.close(store, other)
    }

    @Test(arguments: ResultKind.all) func whoLeavesDisturbsNobody(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        var staying = store.updates(of: ["1"]).makeAsyncIterator()
        for _ in 0..<20 {
            let leaving = Task { for try await _ in store.updates(of: ["1"]) {} }
            leaving.cancel()
            _ = await leaving.result
        }
        try await store.store([Self.record("1", .success)], lifetime: nil)
        #expect(try await staying.next()?.state == .success)
        #expect(try await staying.next() == nil)
        await place.close(store)
    }

    // MARK: - Groups

    @Test(arguments: ResultKind.all) func groupsAreKeptAndForgotten(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        let members: Value = [["g", "parent"], [[["1", .null], .null], [["2", .null], .null]]]
        #expect(try await other.group("g") == nil)
        try await store.saveGroup("g", members: members, lifetime: .seconds(60))
        #expect(try await other.group("g") == members)
        try await store.forgetGroup("g")
        #expect(try await other.group("g") == nil)
        await place.close(store, other)
    }

    // MARK: - Chords

    private static func part(_ number: Int, of group: String = "g", state: TaskState = .success) -> ChordPart {
        ChordPart(group: group, task: TaskID("t\(number)"), index: number, state: state, result: .integer(number * number))
    }

    @Test(arguments: ResultKind.all) func aChordIsCompleteOnceAllPartsAreCounted(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open(), other = try place.open()
        guard store.countsChords else { return await place.close(store, other) }
        // The first members may be done before the size is told.
        for number in [2, 0] { #expect(try await store.count(Self.part(number), lifetime: .seconds(60)).isWaiting) }
        try await store.openChord("g", size: 3, lifetime: .seconds(60))
        try await store.extendChord("g", by: 1)
        for number in [2, 0, 3, 3] { #expect(try await other.count(Self.part(number), lifetime: .seconds(60)).isWaiting) }
        guard case .complete(let token, let parts, let members) = try await other.count(Self.part(1, state: .failure), lifetime: .seconds(60)) else {
            Issue.record("not complete")
            return await place.close(store, other)
        }
        #expect(parts == [Self.part(0), Self.part(1, state: .failure), Self.part(2), Self.part(3)] && members == nil)
        #expect(try await store.count(Self.part(1), lifetime: .seconds(60)).isLate)
        try await store.closeChord("g", token: "not the token", isSent: true)
        try await store.closeChord("g", token: token, isSent: true)
        #expect(try await store.count(Self.part(2), lifetime: .seconds(60)).isLate)
        await place.close(store, other)
    }

    @Test(arguments: ResultKind.all) func aNestedChordBringsItsGroup(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        guard store.countsChords else { return await place.close(store) }
        let saved: Value = [["g", .null], [[["t0", .null], .null]]]
        try await store.saveGroup("g", members: saved, lifetime: .seconds(60))
        try await store.openChord("g", size: 1, lifetime: nil)
        guard case .complete(_, _, let members?) = try await store.count(Self.part(0), lifetime: nil) else {
            Issue.record("not complete")
            return await place.close(store)
        }
        #expect(members == saved)
        await place.close(store)
    }

    @Test(arguments: ResultKind.all) func aFailedChordIsNotCompletedAgain(kind: ResultKind) async throws {
        let place = try await kind.place()
        let store = try place.open()
        guard store.countsChords else { return await place.close(store) }
        try await store.openChord("g", size: 1, lifetime: .seconds(60))
        guard case .complete(let token, _, _) = try await store.count(Self.part(0), lifetime: .seconds(60)) else {
            Issue.record("not complete")
            return await place.close(store)
        }
        try await store.closeChord("g", token: token, isSent: false)
        #expect(try await !store.count(Self.part(0), lifetime: .seconds(60)).isComplete)
        await place.close(store)
    }

    /// Eight workers tell each of fifty members, twice.
    @Test(arguments: ResultKind.all) func exactlyOneTellerCompletesAChord(kind: ResultKind) async throws {
        let place = try await kind.place()
        let stores = try (0..<8).map { _ in try place.open() }
        guard stores[0].countsChords else { return }
        try await stores[0].openChord("g", size: 50, lifetime: .seconds(60))
        let completions = try await withThrowingTaskGroup(of: [[ChordPart]].self) { group in
            for (offset, store) in stores.enumerated() {
                group.addTask {
                    var completions: [[ChordPart]] = []
                    for number in 0..<100 {
                        let part = Self.part((number * 7 + offset * 13) % 50)
                        if case .complete(let token, let parts, _) = try await store.count(part, lifetime: .seconds(60)) {
                            completions.append(parts)
                            if offset.isMultiple(of: 2) { try await store.closeChord("g", token: token, isSent: true) }
                        }
                    }
                    return completions
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(completions == [(0..<50).map { Self.part($0) }])
        for store in stores { await place.close(store) }
    }
}

extension ChordCount {
    fileprivate var isWaiting: Bool { if case .waiting = self { true } else { false } }
    fileprivate var isLate: Bool { if case .late = self { true } else { false } }
    fileprivate var isComplete: Bool { if case .complete = self { true } else { false } }
}
