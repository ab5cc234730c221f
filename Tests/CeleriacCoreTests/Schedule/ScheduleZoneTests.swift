@testable import CeleriacCore
import Foundation
import TestSupport
import Testing

/// `beat/zones.jsonl`: offsets, and wall clocks read with either `fold`, of Python 3's `zoneinfo` around changes of the clock, up to 2115.
@Suite struct ScheduleZoneTests {
    @Test func agreesWithPython() throws {
        let rows = rows("beat/zones.jsonl")
        #expect(rows.count > 500)
        var zones: [String: ZoneRules] = [:]
        for row in rows {
            let name = try #require(row["zone"]?.string)
            let rules = try zones[name] ?? zone(name)
            zones[name] = rules
            if let at = row["at"]?.double {
                #expect(rules.offset(at: at) == row["offset"]?.integer, "\(row)")
            } else {
                let wall = try #require(row["wall"]?.integer)
                let read = rules.instant(of: WallClock(seconds: wall))
                #expect(read.first == row["fold0"]?.double && read.second == row["fold1"]?.double, "\(row) \(read)")
            }
        }
    }

    @Test func tellsGapsFromOverlaps() throws {
        let berlin = try zone("Europe/Berlin")
        guard case .gap(_, _, let change) = berlin.instant(of: WallClock(2026, 3, 29, 2, 30)) else { return #expect(Bool(false), "no gap") }
        #expect(change == ClockChange(at: utc("2026-03-29T01:00"), before: 3600, after: 7200))
        #expect(berlin.instant(of: WallClock(2026, 10, 25, 2, 30)) == .twice(utc("2026-10-25T00:30"), utc("2026-10-25T01:30")))
        #expect(berlin.instant(of: WallClock(2026, 10, 25, 3)) == .once(utc("2026-10-25T02:00")))
        #expect(berlin.nextChange(after: utc("2100-01-01"))?.at == utc("2100-03-28T01:00"))
        #expect(try zone("Asia/Tokyo").nextChange(after: utc("2026-01-01")) == nil)
    }

    @Test func theWallClockLeadsBack() throws {
        var random = SeededGenerator(seed: 5)
        for name in ["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "America/Nuuk", "Africa/Casablanca"] {
            let rules = try zone(name)
            for _ in 0..<2000 {
                let at = Double(Int.random(in: -2_000_000_000...7_000_000_000, using: &random))
                switch rules.instant(of: rules.wallClock(at: at)) {
                case .once(let found): #expect(found == at)
                case .twice(let first, let second): #expect(at == first || at == second)
                case .gap: Issue.record("\(name) \(at): a clock showed what it never shows")
                }
            }
        }
    }

    @Test func summerTimeThatNeverEndsHasNoChanges() throws {
        let rule = try #require(YearlyRule("XXX3EDT4,0/0,J365/23"))
        #expect(rule.offset(at: 1_800_000_000) == -14_400)
        #expect(ZoneRules(name: "x", firstOffset: 0, rule: rule).nextChange(after: 0) == nil)
        #expect(YearlyRule("CET-1CEST,M3.5.0,M10.5.0/3")?.summer?.offset == 7200)
        for bad in ["", "CET", "CET-1CEST", "CET-1CEST,M13.5.0,M10.5.0", "<+01-1", "CET-99", "CET-1CEST,M3.5.0,M10.5.0/3x"] { #expect(YearlyRule(bad[...]) == nil) }
    }

    @Test func fixedOffsetsNeedNoFile() throws {
        #expect(ZoneRules.utc.isFixed)
        let india = try #require(ZoneRules(offset: 19_800))
        #expect(india.name == "UTC+05:30" && india.wallClock(at: 0) == WallClock(1970, 1, 1, 5, 30))
        #expect(ZoneRules(offset: 86_400) == nil && ZoneRules(offset: .min) == nil)
    }

    /// Any cut and any changed byte either throws, or gives rules that answer.
    @Test(arguments: UInt64(0)..<4) func brokenFilesAreRefusedOrAnswer(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin")))
        for _ in 0..<400 {
            var bytes = file
            for _ in 0..<Int.random(in: 1...4, using: &random) { bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random) }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &random)) }
            guard let rules = try? ZoneRules(name: "x", file: bytes) else { continue }
            for at in [-.infinity, -1e18, 0, 1.8e9, 4e9, 1e18, .infinity, .nan] {
                let offset = rules.offset(at: at)
                #expect(offset.magnitude < 93_600)
                _ = rules.instant(of: rules.wallClock(at: at))
                _ = rules.nextChange(after: at)
            }
        }
        #expect(throws: ZoneFileError.self) { try ZoneRules(name: "x", file: []) }
        #expect(throws: ZoneFileError.self) { try ZoneRules(name: "x", file: Array("TZif2".utf8)) }
    }
}
