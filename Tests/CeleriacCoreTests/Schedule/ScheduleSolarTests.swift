@testable import CeleriacCore
import TestSupport
import Testing

/// `beat/solar.jsonl`: the next event after a time by `celery.schedules.solar` on celery 5.7 and ephem 4.2, at fourteen places from Svalbard to
/// McMurdo, between 2023 and 2039. Ours were at most 12 s away, where the sun grazes the horizon.
@Suite struct ScheduleSolarTests {
    @Test func agreesWithEphem() throws {
        let rows = rows("beat/solar.jsonl")
        #expect(rows.count > 150)
        for row in rows {
            let event = try #require(SolarSchedule.Event(rawValue: row["event"]?.string ?? ""))
            let sun = try #require(SolarSchedule(event, latitude: row["lat"]?.double ?? 99, longitude: row["lon"]?.double ?? 0))
            let after = try #require(row["after"]?.double), expected = try #require(row["next"]?.double)
            let next = try #require(sun.next(after: after), "\(row)")
            #expect(abs(next - expected) <= 30, "\(row) \(next - expected)")
        }
    }

    @Test func isFarAwayInThePolarNight() throws {
        let sunrise = try #require(SolarSchedule(.sunrise, latitude: 78.22, longitude: 15.65))
        let next = try #require(sunrise.next(after: utc("2026-11-15")))
        #expect(utc("2027-02-10")...utc("2027-02-20") ~= next)
    }

    @Test func risesOnceAYearAtThePoles() throws {
        for (latitude, month) in [(90.0, 3), (-90, 9)] {
            var run = utc("2026-01-01")
            for year in 2026...2028 {
                run = try #require(SolarSchedule(.sunrise, latitude: latitude, longitude: 0)?.next(after: run))
                let date = ZoneRules.utc.wallClock(at: run).date
                #expect(date.year == year && date.month == month, "\(date)")
            }
        }
    }

    @Test(arguments: SolarSchedule.Event.allCases) func comesAgainTheNextDay(event: SolarSchedule.Event) throws {
        let berlin = try #require(SolarSchedule(event, latitude: 52.5, longitude: 13.4))
        var run = utc("2026-09-01")
        for _ in 0..<150 {
            let next = try #require(berlin.next(after: run))
            #expect(next > run && next < run + 87_000)
            run = next
        }
    }

    @Test func staysOnEarth() {
        #expect(SolarSchedule(.sunrise, latitude: 90.1, longitude: 0) == nil && SolarSchedule(.sunrise, latitude: .nan, longitude: 0) == nil)
        for latitude in [-90.0, 90] {
            for event in SolarSchedule.Event.allCases {
                let next = SolarSchedule(event, latitude: latitude, longitude: 180)?.next(after: 1.8e9)
                #expect(next.map { $0 > 1.8e9 } ?? true)
                #expect(SolarSchedule(event, latitude: latitude, longitude: 0)?.next(after: .infinity) == nil)
            }
        }
    }
}
