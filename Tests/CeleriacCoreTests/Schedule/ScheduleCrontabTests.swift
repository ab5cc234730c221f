@testable import CeleriacCore
import TestSupport
import Testing

/// `crontab/specs.jsonl`: rows of celery 5.7, half of them close to a change of the clock.
@Suite struct ScheduleCrontabTests {
    static let specs = rows("crontab/specs.jsonl")

    private func crontab(_ row: Value) throws -> CrontabSchedule {
        let fields = row["spec"]?.array?.compactMap(\.string) ?? []
        try #require(fields.count == 5)
        return try CrontabSchedule(minute: fields[0], hour: fields[1], dayOfMonth: fields[2], monthOfYear: fields[3], dayOfWeek: fields[4])
    }

    @Test func runsWhenCelerysDo() throws {
        #expect(Self.specs.count == 2000)
        var zones: [String: ZoneRules] = [:]
        var inThePast = 0
        for row in Self.specs where row["error"] == nil {
            let name = try #require(row["tz"]?.string)
            let rules = try zones[name] ?? zone(name)
            zones[name] = rules
            let crontab = try crontab(row)
            let last = try #require(row["last"]?.double), now = try #require(row["now"]?.double)
            if row["past"]?.bool == true {
                inThePast += 1
                var run = last
                for _ in 0..<4 {
                    let next = try #require(crontab.next(after: run, zone: rules))
                    #expect(next > run, "\(row)")
                    run = next
                }
                continue
            }
            var run = last
            for expected in row["next"]?.array ?? [] {
                let next = crontab.next(after: run, zone: rules)
                #expect(next == expected.double, "\(row)")
                run = expected.double ?? run
            }
            let due = crontab.due(lastRun: last, now: now, zone: rules)
            #expect(due.isDue == row["due"]?.bool && due.check == row["check"]?.double, "\(row) \(due)")
            if let sets = row["sets"]?.array {
                for (field, set) in zip(CrontabField.allCases, sets) { #expect(crontab.numbers(field) == set.array?.compactMap(\.integer).sorted(), "\(row)") }
            }
        }
        #expect(inThePast > 0 && inThePast < 200, "\(inThePast)")
    }

    @Test func refusesWhatCeleryRefuses() throws {
        for row in Self.specs {
            guard let kind = row["error"]?.string else { continue }
            do {
                _ = try crontab(row)
                Issue.record("accepted: \(row)")
            } catch let error as CrontabError {
                #expect(error.kind.rawValue == kind && error.field != nil, "\(row): \(error)")
            }
        }
    }

    @Test func whatFollowsARangeIsIgnoredAsInCelery() throws {
        func minutes(_ text: String) throws -> [Int] { try CrontabSchedule(minute: text).numbers(.minute) }
        #expect(try minutes("1-5-9") == [1, 2, 3, 4, 5])
        #expect(try minutes("1-5/2-7,*/30 x") == [0, 1, 3, 5, 30])
        #expect(try minutes("1, 2,+3,1_0") == [1, 2, 3, 10])
        #expect(try minutes("mon,MARCH") == [1, 3])
        #expect(try minutes("*/99") == [0])
        #expect(try CrontabSchedule(hour: "22-2").numbers(.hour) == [0, 1, 2, 22, 23])
        for text in ["1-5x", "5/2", "**", "1 -5", "*/0", "60", "99999999999999999999", "1__0", "_1", "x"] {
            #expect { try minutes(text) } throws: { ($0 as? CrontabError)?.kind == .value }
        }
        for text in ["", "1,", "*/", "1-5/", "-1"] { #expect { try minutes(text) } throws: { ($0 as? CrontabError)?.kind == .parse } }
    }

    @Test func errorsNameFieldAndColumn() {
        #expect { try CrontabSchedule("0 12 * * mon,7") } throws: { "\($0)" == "day_of_week, column 5: 7 is not from 0 to 6 (Sunday is 0)" }
        #expect { try CrontabSchedule("0 12 * *") } throws: { "\($0)".contains("five fields") }
        #expect { try CrontabSchedule("0 0 30,31 feb *") } throws: { "\($0)" == "no month of feb has a day 30,31" }
        #expect { try CrontabSchedule("0 0 31 4,6,9,11 *") } throws: { ($0 as? CrontabError)?.kind == .value }
        #expect(throws: Never.self) { try CrontabSchedule("0 0 29 2 *") }
    }

    @Test func findsRareDays() throws {
        let leapMonday = try CrontabSchedule("0 0 29 2 mon")
        #expect(leapMonday.next(after: utc("2026-01-01"), zone: .utc) == utc("2044-02-29"))
        #expect(leapMonday.next(after: utc("2072-03-01"), zone: .utc) == utc("2112-02-29"))
        #expect(leapMonday.next(after: .infinity, zone: .utc) == nil && leapMonday.next(after: .nan, zone: .utc) == nil)
    }

    /// Celery would send in a tight loop until the doubled hour ends.
    @Test func theSecondPassOfADoubledHourHasNoRuns() throws {
        let berlin = try zone("Europe/Berlin"), everyMinute = try CrontabSchedule("* * * * *")
        let secondPass = utc("2026-10-25T01:10")
        #expect(everyMinute.next(after: secondPass, zone: berlin) == utc("2026-10-25T02:00"))
        #expect(everyMinute.due(lastRun: secondPass, now: secondPass + 5, zone: berlin) == ScheduleDue(isDue: false, check: 2995))
        #expect(try CrontabSchedule("30 2 * * *").next(after: utc("2026-03-28T12:00"), zone: berlin) == utc("2026-03-29T01:30"))
    }

    /// Rising, on a matching minute unless the clock skipped it, whatever the fields.
    @Test(arguments: UInt64(0)..<20) func runsRise(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rules = try zone(["Europe/Berlin", "Australia/Lord_Howe", "America/Nuuk", "Pacific/Chatham"][Int(seed % 4)])
        func field(_ field: CrontabField) -> String {
            let a = Int.random(in: field.range, using: &random), b = Int.random(in: field.range, using: &random)
            return ["*", "*", "\(a)", "*/\(a + 1)", "\(a)-\(b)", "\(a),\(b)"][Int.random(in: 0..<6, using: &random)]
        }
        for _ in 0..<20 {
            guard let crontab = try? CrontabSchedule(minute: field(.minute), hour: field(.hour), dayOfMonth: field(.dayOfMonth), monthOfYear: field(.monthOfYear), dayOfWeek: field(.dayOfWeek)) else { continue }
            var run = Double.random(in: 1.7e9...1.9e9, using: &random)
            for _ in 0..<60 {
                let next = try #require(crontab.next(after: run, zone: rules), "\(crontab.text)")
                #expect(next > run, "\(crontab.text)")
                let wall = rules.wallClock(at: next)
                if case .once = rules.instant(of: wall), crontab.minutes.contains(wall.minute) { #expect(wall.second == 0) }
                run = next
            }
        }
    }

    /// What a look at each minute of the wall clock finds, around the days on which clocks change.
    @Test(arguments: UInt64(0)..<8) func agreesWithAScanOfEveryMinute(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (name, changes) = [
            ("Europe/Berlin", ["2026-03-29T01:00", "2026-10-25T01:00"]), ("Australia/Lord_Howe", ["2026-04-04T15:00", "2026-10-03T15:30"]),
            ("America/New_York", ["2026-03-08T07:00", "2026-11-01T06:00"]), ("Pacific/Chatham", ["2026-04-04T14:00", "2026-09-26T14:00"]),
        ][Int(seed % 4)]
        let rules = try zone(name)
        func field(_ field: CrontabField) -> String {
            let a = Int.random(in: field.range, using: &random), b = Int.random(in: field.range, using: &random)
            return ["*", "*", "*", "\(a)", "*/\(min(a + 1, 7))", "\(min(a, b))-\(max(a, b))", "\(a),\(b)"][Int.random(in: 0..<7, using: &random)]
        }
        var compared = 0
        for _ in 0..<150 {
            guard let crontab = try? CrontabSchedule(minute: field(.minute), hour: field(.hour), dayOfWeek: field(.dayOfWeek)) else { continue }
            let last = utc(changes[Int.random(in: 0..<2, using: &random)]) + (Double.random(in: -50_000...50_000, using: &random)).rounded()
            guard let expected = firstMatch(crontab, after: last, rules) else { continue }
            #expect(crontab.next(after: last, zone: rules) == expected, "\(crontab.text) after \(last) in \(name)")
            compared += 1
        }
        #expect(compared > 50)
    }

    /// Within three days.
    private func firstMatch(_ crontab: CrontabSchedule, after last: Double, _ rules: ZoneRules) -> Double? {
        var wall = rules.wallClock(at: last).seconds / 60 * 60
        for _ in 0..<3 * 24 * 60 {
            wall += 60
            let clock = WallClock(seconds: wall)
            guard crontab.minutes.contains(clock.minute), crontab.hours.contains(clock.hour), crontab.weekdays.contains((clock.weekday + 1) % 7) else { continue }
            // Of a doubled minute the first; a skipped one as much later.
            let instant = rules.instant(of: clock).first
            if instant > last { return instant }
        }
        return nil
    }
}
