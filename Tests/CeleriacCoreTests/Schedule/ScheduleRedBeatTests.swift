@testable import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// `beat/redbeat.entry.*`: hashes that celery-redbeat 2.4 wrote.
@Suite struct ScheduleRedBeatTests {
    @Test func schedulesComeBackAsTheyWere() throws {
        let entries = vectors("beat", prefix: "redbeat.entry.")
        #expect(entries.count == 8)
        for entry in entries {
            let written = try #require(try JSON.decode(entry.content["hash"]?["definition"]?.string ?? "")["schedule"])
            let schedule = try Schedule(redBeat: written)
            let again = try #require(schedule.redBeatValue)
            #expect(again == written, "\(entry.name): \(again)")
            #expect(again.object?.keys == written.object?.keys, "\(entry.name)")
        }
    }

    @Test func timesComeBackAsTheyWere() throws {
        for entry in vectors("beat", prefix: "redbeat.entry.") {
            let last = try #require(try JSON.decode(entry.content["hash"]?["meta"]?.string ?? "")["last_run_at"])
            let seconds = try #require(RedBeatTime.seconds(last) { _ in nil }, "\(entry.name)")
            let again = try #require(RedBeatTime.value(seconds))
            #expect(RedBeatTime.seconds(again) { _ in nil } == seconds)
            if last["timezone"] == "UTC" { #expect(again == last) }
        }
        let berlin = try zone("Europe/Berlin")
        var time: Value = ["__type__": "datetime", "year": 2026, "month": 7, "day": 1, "hour": 12, "timezone": "Europe/Berlin"]
        #expect(RedBeatTime.seconds(time) { $0 == berlin.name ? berlin : nil } == utc("2026-07-01T10:00"))
        #expect(RedBeatTime.seconds(time) { _ in nil } == nil)
        time = ["__type__": "datetime", "year": 2026, "month": 7, "day": 1, "hour": 12, "timezone": 7200.0]
        #expect(RedBeatTime.seconds(time) { _ in nil } == utc("2026-07-01T10:00"))
        for bad: Value in [nil, [:], ["__type__": "datetime", "year": 2026, "month": 2, "day": 30], ["__type__": "datetime", "year": 2026, "month": 2, "day": 3, "hour": 24]] {
            #expect(RedBeatTime.seconds(bad) { _ in nil } == nil)
        }
    }

    @Test func whatRedBeatWouldDropIsRefused() throws {
        for text in [
            "3", "{}", #"{"__type__":"solar"}"#, #"{"__type__":"interval","every":5}"#, #"{"__type__":"interval","relative":true}"#,
            #"{"__type__":"interval","every":0,"relative":false}"#, #"{"__type__":"crontab","second":"1"}"#, #"{"__type__":"crontab","minute":[]}"#,
            #"{"__type__":"crontab","minute":["1"]}"#, #"{"__type__":"crontab","minute":60}"#, #"{"__type__":"crontab","minute":null}"#,
            #"{"__type__":"rrule","freq":7,"dtstart":0}"#, #"{"__type__":"rrule","freq":1}"#, #"{"__type__":"rrule","freq":1,"dtstart":0,"interval":0}"#,
            #"{"__type__":"rrule","freq":1,"dtstart":0,"byhour":["x"]}"#, #"{"__type__":"rrule","freq":1,"dtstart":1e300}"#,
        ] {
            let value = try JSON.decode(text)
            #expect(throws: ScheduleFormatError.self, "\(text)") { try Schedule(redBeat: value) }
        }
    }

    @Test func changedPartsAreWrittenAnew() throws {
        let value = try JSON.decode(#"{"__type__":"rrule","freq":"daily","dtstart":0,"dtstart_tz":60.0,"byhour":9,"byweekday":{"__type__":"weekday","wkday":1}}"#)
        guard case .recurrence(var rule) = try Schedule(redBeat: value) else { throw ScheduleFormatError("no rule") }
        #expect(rule.redBeatValue["byhour"] == 9 && rule.redBeatValue["freq"] == "daily" && rule.redBeatValue["dtstart_tz"] == 60.0)
        rule.hours = [9, 10]
        rule.weekdays = [.init(0, ordinal: 2)]
        #expect(rule.redBeatValue["byhour"] == [9, 10])
        #expect(rule.redBeatValue["byweekday"] == [["__type__": "weekday", "wkday": 0, "n": 2]])
        #expect(try RecurrenceRule(redBeat: rule.redBeatValue.object ?? [:]) == rule)
        #expect(try CrontabSchedule("1,2 * * * *") == CrontabSchedule(minute: [1, 2], hour: "*", dayOfMonth: "*", monthOfYear: "*", dayOfWeek: "*"))
    }
}
