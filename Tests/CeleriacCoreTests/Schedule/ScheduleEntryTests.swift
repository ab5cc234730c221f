import CeleriacCore
import Testing

@Suite struct ScheduleEntryTests {
    let now = utc("2026-06-01T12:00")
    var entry: ScheduleEntry { ScheduleEntry("e", task: "t", schedule: .interval(IntervalSchedule(every: 60))) }

    @Test func onesThatNeverRanCountFromWhereTheyWereSeen() {
        var entry = entry
        #expect(entry.due(now: now, zone: .utc) == ScheduleDue(isDue: true, check: 60))
        #expect(entry.due(now: now, firstSeen: now - 10, zone: .utc) == ScheduleDue(isDue: false, check: 50))
        entry.lastRun = now - 3600
        #expect(entry.due(now: now, firstSeen: now, zone: .utc) == ScheduleDue(isDue: true, check: 60), "an hour of missed runs is one run")
        #expect(entry.runs(now: now, count: 3, zone: .utc) == [now, now + 60, now + 120])
    }

    @Test func startAndEndFrameTheRuns() {
        var entry = entry
        entry.start = now + 100
        #expect(entry.next(now: now, firstSeen: now - 500, zone: .utc) == now + 100, "the first run is at the start")
        entry.lastRun = now - 500
        #expect(entry.next(now: now, zone: .utc) == now + 100)
        entry.end = now + 200
        #expect(entry.runs(now: now, count: 9, zone: .utc) == [now + 100, now + 160])
        entry.lastRun = now + 160
        #expect(entry.next(now: now + 160, zone: .utc) == nil)
    }

    @Test func oneOffsAndDisabledOnesEnd() {
        var entry = entry
        entry.isOneOff = true
        #expect(entry.due(now: now, zone: .utc) == ScheduleDue(isDue: true, check: nil))
        #expect(entry.runs(now: now, count: 5, zone: .utc) == [now])
        entry.runs = 1
        #expect(entry.next(now: now, zone: .utc) == nil)
        entry.isOneOff = false
        entry.isEnabled = false
        #expect(entry.due(now: now, zone: .utc) == ScheduleDue(isDue: false, check: nil))
    }

    @Test func aClockedOneRunsOnce() {
        var entry = entry
        entry.schedule = .clocked(now - 5)
        #expect(entry.due(now: now, firstSeen: now, zone: .utc) == ScheduleDue(isDue: true, check: nil), "late, but not lost")
        entry.lastRun = now
        #expect(entry.next(now: now, zone: .utc) == nil)
        #expect(Schedule.clocked(now + 5).due(lastRun: now, now: now, zone: .utc) == ScheduleDue(isDue: false, check: 5))
    }

    @Test func runsAskTheScheduleAgainAndAgain() throws {
        let crontab = Schedule.crontab(try CrontabSchedule("0 9 * * mon-fri"))
        #expect(crontab.runs(after: now, count: 2, zone: .utc) == [utc("2026-06-02T09:00"), utc("2026-06-03T09:00")])
        #expect(crontab.runs(after: .nan, count: 2, zone: .utc) == [] && crontab.runs(after: now, count: -1, zone: .utc) == [])
    }
}
