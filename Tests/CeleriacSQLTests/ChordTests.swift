import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import Testing

@testable import CeleriacSQL

@Suite struct ChordTests {
    let file: TemporaryFile
    let clock = HandClock()
    let results: SQLiteResults

    init() throws {
        file = try TemporaryFile()
        results = try SQLiteResults(file.url, now: clock.now)
    }

    private func part(_ index: Int?, _ result: Value = .null) -> ChordPart {
        ChordPart(group: "g", task: TaskID("t\(index ?? -1)"), index: index, state: .success, result: result)
    }

    private func count(_ part: ChordPart) async throws -> ChordCount { try await results.count(part, lifetime: nil) }

    @Test func theLastOfManyGetsAllPartsInHeaderOrder() async throws {
        // The first may be done before the header is sent as a whole.
        guard case .waiting = try await count(part(2, "c")) else { return #expect(Bool(false)) }
        try await results.openChord("g", size: 4, lifetime: nil)
        for part in [part(nil, "last"), part(0, "a"), part(2, "c")] {
            guard case .waiting = try await count(part) else { return #expect(Bool(false), "counted twice") }
        }
        guard case .complete(let token, let parts, nil) = try await count(part(1, ["b": 1])) else { return #expect(Bool(false), "not complete") }
        #expect(parts == [part(0, "a"), part(1, ["b": 1]), part(2, "c"), part(nil, "last")])
        try await results.closeChord("g", token: token, isSent: true)
        guard case .late = try await count(part(1)) else { return #expect(Bool(false), "sent twice") }
    }

    @Test func exactlyOneOfManyCallersSendsTheBody() async throws {
        try await results.openChord("g", size: 40, lifetime: nil)
        let other = try SQLiteResults(file.url, now: clock.now)
        let (results, members) = (results, (0..<40).map { part($0) })
        let completions = try await withThrowingTaskGroup(of: Int.self) { group in
            for member in members {
                for store in [results, other] {
                    group.addTask { if case .complete = try await store.count(member, lifetime: nil) { 1 } else { 0 } }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(completions == 1)
    }

    @Test func anExtendedChordTakesMoreAndItsGroupComesWithIt() async throws {
        try await results.openChord("g", size: 1, lifetime: nil)
        try await results.extendChord("g", by: 1)
        try await results.saveGroup("g", members: ["nested"], lifetime: nil)
        guard case .waiting = try await count(part(0)) else { return #expect(Bool(false)) }
        guard case .complete(_, let parts, let members) = try await count(part(1)) else { return #expect(Bool(false)) }
        #expect(parts.count == 2)
        #expect(members == ["nested"])
    }

    @Test func whoDiesBeforeTheBodyIsSentIsFollowedByWhoRunsItsTaskAgain() async throws {
        try await results.openChord("g", size: 1, lifetime: nil)
        guard case .complete(let first, _, _) = try await count(part(0)) else { return #expect(Bool(false)) }
        guard case .late = try await count(part(0)) else { return #expect(Bool(false), "two at once") }
        clock.advance(by: 7)
        guard case .complete(let second, _, _) = try await count(part(0)) else { return #expect(Bool(false), "nobody sends the body") }
        #expect(first != second)
        try await results.closeChord("g", token: first, isSent: true)
        clock.advance(by: 7)
        guard case .complete = try await count(part(0)) else { return #expect(Bool(false), "closed by one that had lost it") }
    }

    @Test func howFarAChordHasComeCanBeTold() async throws {
        try await results.openChord("g", size: 1, lifetime: nil)
        try await results.extendChord("g", by: 1)
        _ = try await count(part(1))
        #expect(try await results.chords(["g", "none"]) == [ChordFacts(group: "g", size: 2, counted: 1, members: ["t1"]), ChordFacts(group: "none")])
        guard case .complete(let token, _, _) = try await count(part(0)) else { return #expect(Bool(false)) }
        #expect(try await results.chords(["g"]) == [ChordFacts(group: "g", size: 2, counted: 2, members: ["t0", "t1"], claim: .taken)])
        try await results.closeChord("g", token: token, isSent: true)
        #expect(try await results.chords(["g"]) == [ChordFacts(group: "g", claim: .done)])
    }

    @Test func oldChordsAreRemoved() async throws {
        try await results.openChord("g", size: 3, lifetime: nil)
        _ = try await count(part(0))
        try await results.removeExpired(before: clock.now() + 1)
        for table in ["celeriac_chord", "celeriac_chord_part"] {
            #expect(try file.count(table) == 0)
        }
    }
}
