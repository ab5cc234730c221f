@testable import CeleriacCore
import TestSupport
import Testing

@Suite struct ScheduleWordsTests {
    @Test(arguments: [
        ("30 9 * * mon-fri", "every weekday at 09:30 Europe/Berlin"),
        ("*/5 9-17 * * mon-fri", "every 5 min from 09:00 to 17:55 on weekdays Europe/Berlin"),
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 min"),
        ("0 * * * *", "every hour Europe/Berlin"),
        ("7 * * * sat,sun", "every hour at minute 7 on Saturday and Sunday Europe/Berlin"),
        ("0 4 * * *", "every day at 04:00 Europe/Berlin"),
        ("0 8,12,18 * * *", "every day at 08:00, 12:00 and 18:00 Europe/Berlin"),
        ("0,30 6 * * 1", "every Monday at 06:00 and 06:30 Europe/Berlin"),
        ("15 */4 * * *", "every 4 h from 00:15 to 20:15 Europe/Berlin"),
        ("0 0 1,15 * *", "on day 1 and 15 of the month at 00:00 Europe/Berlin"),
        ("0 0 1 jan,jul *", "on day 1 of the month at 00:00 in January and July Europe/Berlin"),
        ("*/10 22-2 * * *", "*/10 22-2 * * * Europe/Berlin"),
        ("*/7 * * * *", "*/7 * * * * Europe/Berlin"),
        ("0 0 1-7 * mon", "0 0 1-7 * mon Europe/Berlin"),
        ("0 9 1-15 * *", "0 9 1-15 * * Europe/Berlin"),
    ])
    func crontabsRead(text: String, words: String) throws {
        #expect(Schedule.crontab(try CrontabSchedule(text)).words(zone: try zone("Europe/Berlin")) == words)
    }

    @Test func theOthersRead() throws {
        let berlin = try zone("Europe/Berlin")
        func every(_ seconds: Double, _ isRelative: Bool = false) -> String { Schedule.interval(IntervalSchedule(every: seconds, isRelative: isRelative)).words(zone: berlin) }
        #expect([every(30), every(0.5), every(90), every(5400), every(86_400), every(604_800)] == ["every 30 s", "every 0.5 s", "every 90 s", "every 90 min", "every 24 h", "every 7 days"])
        #expect(every(172_800, true) == "every 2 days, at midnight Europe/Berlin" && every(5400, true) == "every 90 min, brought back to the full hour")
        #expect(Schedule.clocked(utc("2026-06-01T12:00")).words(zone: berlin) == "once at 2026-06-01 14:00 Europe/Berlin")
        let sunset = try #require(SolarSchedule(.sunset, latitude: -33.5, longitude: 151))
        #expect(Schedule.solar(sunset).words(zone: berlin) == "at sunset at 33.5° S, 151° E")
        var rule = RecurrenceRule(.monthly, start: utc("2026-06-01T12:00"), startOffset: 120)
        rule.weekdays = [.init(0, ordinal: 2)]
        rule.count = 7
        #expect(Schedule.recurrence(rule).words(zone: berlin) == "monthly, byweekday 2. Mon, from 2026-06-01 14:00 UTC+02:00, 7 times")
    }

    /// Words that two different crontabs share would be wrong for one of them.
    @Test func wordsTellCrontabsApart() throws {
        var random = SeededGenerator(seed: 9)
        var meant: [String: [[Int]]] = [:]
        func field(_ field: CrontabField) -> String {
            let a = Int.random(in: field.range, using: &random), b = Int.random(in: field.range, using: &random), step = Int.random(in: 1...31, using: &random)
            return ["*", "*", "*", "0", "\(a)", "*/\(step)", "\(a)-\(b)", "\(a),\(b)", "\(a)-\(b)/\(step)", "1-5"][Int.random(in: 0..<10, using: &random)]
        }
        var spoken = 0
        for _ in 0..<5000 {
            guard let crontab = try? CrontabSchedule(minute: field(.minute), hour: field(.hour), dayOfMonth: field(.dayOfMonth), monthOfYear: field(.monthOfYear), dayOfWeek: field(.dayOfWeek)) else { continue }
            let words = Schedule.crontab(crontab).words(zone: .utc)
            if words.hasPrefix("every") || words.hasPrefix("on") { spoken += 1 }
            let sets = CrontabField.allCases.map(crontab.numbers)
            if let other = meant.updateValue(sets, forKey: words) { #expect(other == sets, "\(words)") }
        }
        #expect(spoken > 300)
    }

    @Test func changesOfTheClockAreTold() throws {
        let berlin = try zone("Europe/Berlin"), now = utc("2026-01-15")
        func warnings(_ text: String, _ rules: ZoneRules) throws -> [String] {
            ScheduleEntry("e", task: "t", schedule: .crontab(try CrontabSchedule(text))).clockWarnings(now: now, zone: rules).map(\.text)
        }
        #expect(try warnings("30 2 * * *", berlin) == ["2026-03-29: 02:30 does not exist; it runs at 03:30"])
        #expect(try warnings("0 4 * * *", berlin) == [] && warnings("30 2 * * *", .utc) == [] && warnings("30 2 * * mon", berlin) == [])
        #expect(try warnings("0 2,3 * * *", berlin) == ["2026-03-29: 02:00 does not exist; this run is left out"])
        #expect(
            try warnings("*/5 * * * *", berlin) == [
                "2026-10-25: 02:00 to 03:00 comes twice; it runs in the first pass only, then next at 2026-10-25 03:00"
            ])
        #expect(try warnings("0,59 2,3 * * *", berlin).first == "2026-03-29: 02:00 and 02:59 do not exist; these runs are left out")
        #expect(try warnings("0 2 * * *", zone("Australia/Lord_Howe")) == ["2026-10-04: 02:00 does not exist; it runs at 02:30"])
        var entry = ScheduleEntry("e", task: "t", schedule: .crontab(try CrontabSchedule("30 2 * * *")), end: utc("2026-02-01"))
        #expect(entry.clockWarnings(now: now, zone: berlin) == [])
        entry.end = nil
        entry.isEnabled = false
        #expect(entry.clockWarnings(now: now, zone: berlin) == [])
    }

    @Test func warningsForEveryMinuteOfASkippedDayEnd() throws {
        let apia = try zone("Pacific/Apia")
        let daily = try CrontabSchedule("* 5 * * *").clockWarnings(from: utc("2011-12-01"), through: utc("2012-01-20"), zone: apia)
        #expect(daily.contains { $0.text.contains("and 57 more") }, "\(daily)")
    }
}
