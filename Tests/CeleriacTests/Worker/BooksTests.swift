import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import Celeriac

@Suite struct DeadlineHeapTests {
    /// Whatever the order of insertion, things come by time, and of equal times in the order of insertion.
    @Test(arguments: UInt64(0)..<50) func theEarliestComesFirst(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let times = (0..<Int.random(in: 1...300, using: &random)).map { _ in Double(Int.random(in: 0...20, using: &random)) }
        var heap = DeadlineHeap<Int>()
        for (index, time) in times.enumerated() { heap.insert(index, at: time) }
        let expected = times.enumerated().sorted { $0.element == $1.element ? $0.offset < $1.offset : $0.element < $1.element }.map(\.offset)
        #expect(heap.sorted.map(\.element) == expected, "seed \(seed)")
        var popped: [Int] = []
        while let next = heap.popDue(20) { popped.append(next) }
        #expect(popped == expected, "seed \(seed)")
    }

    @Test func nothingComesBeforeItsTime() {
        var heap = DeadlineHeap<String>()
        heap.insert("later", at: 10)
        heap.insert("sooner", at: 5)
        #expect(heap.earliest == 5)
        let popped = [4.9, 5, 9].map { heap.popDue($0) }
        #expect(popped == [nil, "sooner", nil])
        let left = heap.removeAll()
        #expect(left == ["later"])
        #expect(heap.count == 0)
    }
}

@Suite struct TokenBucketTests {
    /// However often it is asked, it gives no more than one and what has flowed in; and it gives again when it said it would.
    @Test(arguments: UInt64(0)..<100) func itNeverGivesMoreThanItsRate(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let rate = Double.random(in: 0.01...50, using: &random)
        var bucket = TokenBucket(perSecond: rate, now: 0)
        var now = 0.0, given = 0
        for _ in 0..<500 {
            now += Double.random(in: 0...(3 / rate), using: &random)
            let promised = bucket.nextToken(after: now)
            if bucket.take(at: now) {
                given += 1
                #expect(promised <= now + 1e-6)
            } else {
                var later = bucket
                #expect(promised > now)
                let isGivenThen = later.take(at: promised)
                #expect(isGivenThen, "seed \(seed)")
            }
            #expect(Double(given) <= 1 + rate * now + 1e-6, "seed \(seed)")
        }
        #expect(Double(given) > 0.3 * rate * now, "seed \(seed)")
    }

    @Test func aClockThatIsSetBackGivesNothing() {
        var bucket = TokenBucket(perSecond: 1, now: 100)
        let given = [100, 50, 50.5, 51].map { bucket.take(at: $0) }
        #expect(given == [true, false, false, true])
    }
}

@Suite struct RevokedIDsTests {
    /// Against a plain list with the same rules.
    @Test(arguments: UInt64(0)..<50) func itForgetsTheOldestFirst(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var revoked = RevokedIDs(limit: 8, maxAge: 50)
        var model: [(id: TaskID, time: Double)] = []
        for step in 0..<400 {
            let now = Double(step), id = TaskID("t\(Int.random(in: 0..<20, using: &random))")
            model.removeAll { $0.id == id }
            model.append((id, now))
            if model.count > 8 { model.removeFirst() }
            revoked.insert(id, at: now)
            #expect(revoked.entries.map(\.id) == model.map(\.id), "seed \(seed)")
            for number in 0..<20 {
                let id = TaskID("t\(number)")
                #expect(revoked.contains(id, now: now) == model.contains { $0.id == id && now - $0.time <= 50 })
            }
        }
    }

    @Test func whatIsTooOldIsNotRevokedAnyMore() {
        var revoked = RevokedIDs(limit: 10, maxAge: 100)
        revoked.insert("a", at: 0)
        revoked.insert("b", at: 60)
        #expect(revoked.contains("a", now: 100))
        #expect(!revoked.contains("a", now: 101))
        revoked.purge(now: 150)
        #expect(revoked.entries.map(\.id) == ["b"])
    }
}

@Suite struct PrefetchTests {
    @Test(arguments: [
        (4, 2, 0, Optional(10_000), 8), (4, 2, 5, 10_000, 13), (4, 2, 50, 20, 20), (4, 10, 50, 20, 40), (0, 8, 3, 10_000, 0), (4, 0, 0, 10_000, 4),
        (1, 70_000, 0, nil, 0), (4, 2, 100, nil, 108), (4, .max, 0, 10_000, 0),
    ])
    func itGrowsByWhatIsHeldUpToALimit(multiplier: Int, concurrency: Int, held: Int, limit: Int?, expected: Int) {
        var prefetch = Prefetch(multiplier: multiplier, concurrency: concurrency, heldLimit: limit)
        prefetch.held = held
        #expect(prefetch.count == expected)
    }
}

@Suite struct RateLimitTextTests {
    @Test func itReadsWhatCeleryReads() {
        let rows = logicRows("rate")
        #expect(rows.count >= 14)
        for row in rows {
            let read = RateLimit.reading(row["limit"] ?? .null)
            if row["error"] != nil {
                #expect(read == nil, "\(row)")
            } else {
                // A negative rate is none.
                let expected = max(0, row["per_second"]?.double ?? 0)
                #expect((read ?? nil)?.perSecond ?? 0 == expected, "\(row)")
                #expect(read != nil, "\(row)")
            }
        }
    }

    @Test(arguments: ["2/s", "10/m", "100/h", "1/h"]) func itIsWrittenAsItWasRead(text: String) {
        #expect((RateLimit.reading(.string(text)) ?? nil)?.text == text)
    }
}

@Suite struct NodeNameTests {
    @Test(arguments: [
        (nil, "celery@web1.example.com"), ("", "celery@web1.example.com"), ("w1@box", "w1@box"), ("box", "celery@box"), ("w1@%h", "w1@web1.example.com"),
        ("w1@%n", "w1@web1"), ("w%n@%d", "wweb1@example.com"), ("w1@", "w1@web1.example.com"), ("@box", "celery@box"), ("a%%b@%x", "a%b@%x"), ("a@b%", "a@b%"),
    ] as [(String?, String)])
    func itIsWhatCeleryMakesOfIt(given: String?, expected: String) {
        #expect(NodeName.make(given, host: "web1.example.com").rawValue == expected)
    }
}

@Suite struct AutoscalingTests {
    @Test func itGrowsAtOnceAndShrinksAfterHalfAMinuteOfQuiet() {
        var scaling = Autoscaling(2...10, now: 0)
        let steps: [(size: Int, wanted: Int, hasNew: Bool, now: Double)] = [
            (2, 7, true, 1), (7, 50, true, 2), (10, 1, false, 20), (10, 1, true, 31), (10, 1, false, 60), (10, 1, false, 61),
        ]
        let changes = steps.map { scaling.change(size: $0.size, wanted: $0.wanted, hasNew: $0.hasNew, now: $0.now) }
        #expect(changes == [5, 3, 0, 0, 0, -8])
    }
}

@Suite struct SignalMeaningTests {
    @Test func eachSignalIsMoreUrgentThanTheOneBefore() {
        var meaning = SignalMeaning(remapsTerm: false, hasSoftShutdown: true)
        let actions = [SIGINT, SIGTERM, SIGINT, SIGTERM, SIGINT, SIGQUIT].map { meaning.take($0) }
        #expect(actions == [.shutdown(.warm), .shutdown(.warm), .shutdown(.soft), .shutdown(.soft), .shutdown(.cold), .exit])
    }

    @Test func quitIsColdAtOnceAndTermCanBeMadeTheSame() {
        var plain = SignalMeaning(remapsTerm: false, hasSoftShutdown: false), remapped = SignalMeaning(remapsTerm: true, hasSoftShutdown: false)
        let actions = [plain.take(SIGQUIT), remapped.take(SIGTERM)]
        #expect(actions == [.shutdown(.cold), .shutdown(.cold)])
    }
}

@Suite struct GlobPatternTests {
    @Test(arguments: [
        ("celery@*", "celery@web1", true), ("*@web1", "celery@web1", true), ("*@web1", "celery@web12", false), ("w?@h", "w1@h", true), ("w?@h", "w12@h", false),
        ("w[12]@h", "w2@h", true), ("w[!12]@h", "w2@h", false), ("w[a-c]@h", "wb@h", true), ("[", "[", true), ("a*b*c", "axxbyyc", true), ("a*b*c", "axxbyy", false),
        ("", "", true), ("", "a", false), ("*", "", true), ("w[]]@h", "w]@h", true), ("**a", "bba", true), ("w[", "w[", true), ("w[!", "w[!", true),
    ])
    func itMatchesAsAShellDoes(pattern: String, text: String, expected: Bool) {
        #expect(GlobPattern(pattern).matches(text) == expected)
    }
}
