@testable import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// `beat/rrule.jsonl`: random rules of every frequency and what python-dateutil 2.9's `rrule.after` gives for them, four times in a row.
@Suite struct ScheduleRecurrenceTests {
    @Test func agreesWithDateutil() throws {
        let rows = rows("beat/rrule.jsonl")
        #expect(rows.count == 320)
        for row in rows {
            var parts = try #require(row.object)
            let after = try #require(parts.removeValue(forKey: "after")?.double), next = parts.removeValue(forKey: "next")?.array
            if let weekdays = parts["byweekday"]?.array {
                parts["byweekday"] = .array(weekdays.map { ["__type__": "weekday", "wkday": $0.array?[0] ?? 0, "n": $0.array?[1] ?? nil] })
            }
            let rule = try RecurrenceRule(redBeat: parts)
            let runs = rule.runs(after: after, count: 4)
            #expect(runs == next?.compactMap(\.double), "\(row)")
            if let first = runs.first { #expect(rule.runs(after: first, count: 3) == Array(runs.dropFirst()), "\(row)") }
        }
    }

    @Test func countIsKeptFarAhead() {
        var rule = RecurrenceRule(.secondly, start: 0)
        rule.count = 1_000_000_000
        #expect(rule.runs(after: 999_999_997, count: 5) == [999_999_998, 999_999_999])
        rule.count = 0
        #expect(rule.next(after: -5) == nil)
    }

    /// Each would be looked for without end by a search that is not bounded.
    @Test func hopelessRulesEnd() {
        var never = RecurrenceRule(.daily, start: 0)
        never.months = [2]
        never.monthDays = [30]
        var odd = RecurrenceRule(.secondly, start: 0)
        odd.interval = 3600
        odd.minutes = [7]
        var crowded = RecurrenceRule(.yearly, start: 0)
        crowded.hours = Array(0..<24)
        crowded.minutes = Array(0..<60)
        crowded.seconds = Array(0..<60)
        crowded.yearDays = Array(1...366)
        crowded.setPositions = [-1]
        crowded.months = [13]
        for rule in [never, odd, crowded] { #expect(rule.next(after: 0) == nil) }
        crowded.months = nil
        #expect(crowded.next(after: 0) == 31_535_999)
    }

    @Test func faultyPartsAreTold() {
        var rule = RecurrenceRule(.hourly, start: 0)
        #expect(rule.problem == nil)
        rule.interval = 2
        rule.hours = [1, 3]
        #expect(rule.problem == "byhour is never reached in steps of 2" && rule.next(after: 0) == nil)
        rule.hours = [24]
        #expect(rule.problem != nil)
        rule = RecurrenceRule(.daily, start: .infinity)
        #expect(rule.problem != nil && rule.next(after: 0) == nil)
        rule = RecurrenceRule(.daily, start: 0, startOffset: .min)
        #expect(rule.problem != nil && rule.next(after: 0) == nil)
        rule = RecurrenceRule(.daily, start: 0)
        #expect(rule.next(after: .infinity) == nil && rule.next(after: .nan) == nil && rule.next(after: -.infinity) == 0)
    }
}
