@testable import CeleriacCore
import TestSupport
import Testing

@Suite struct ScheduleIntervalTests {
    /// `logic/interval.jsonl`: `is_due` of celery 5.7 around changes of the clock.
    @Test func isDueWhenCelerysIs() throws {
        let rows = logicRows("interval")
        #expect(rows.count == 150)
        for row in rows {
            let rules = try zone(row["timezone"]?.string ?? "")
            let interval = IntervalSchedule(every: row["every"]?.double ?? 0, isRelative: row["relative"]?.bool ?? false)
            let due = Schedule.interval(interval).due(lastRun: utc(row["last_run_at"]?.string ?? ""), now: utc(row["now"]?.string ?? ""), zone: rules)
            let next = try #require(row["next_seconds"]?.double)
            #expect(due.isDue == row["due"]?.bool && abs((due.check ?? .nan) - next) < 1e-5, "\(row) \(due)")
        }
    }

    @Test func hostileIntervalsNeverRun() {
        for every in [0, -1, .nan, .infinity, 1e300, 1e-300] {
            for isRelative in [false, true] { #expect(IntervalSchedule(every: every, isRelative: isRelative).next(after: 1.7e9, zone: .utc) == nil) }
        }
        #expect(IntervalSchedule(every: 60).next(after: .nan, zone: .utc) == nil)
    }

    @Test(arguments: UInt64(0)..<10) func runsRise(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rules = try zone(["Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"][Int(seed % 3)])
        for _ in 0..<200 {
            let interval = IntervalSchedule(every: [0.25, 1.5, 59, 60, 90, 3600, 5400, 86_400, 200_000].randomElement(using: &random) ?? 1, isRelative: .random(using: &random))
            var run = (rules.nextChange(after: .random(in: 1e9...1.9e9, using: &random))?.at ?? 1.8e9) + .random(in: -9000...9000, using: &random)
            for _ in 0..<8 {
                let next = try #require(interval.next(after: run, zone: rules))
                #expect(next > run && next <= run + 2 * max(interval.every, 3600) + 90_000)
                run = next
            }
        }
    }
}
