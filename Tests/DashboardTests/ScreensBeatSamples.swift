import CeleriacCore
import Foundation
import OrderedCollections

@testable import Dashboard

extension Sample {
    static let berlin: ZoneRules = {
        guard let file = FileManager.default.contents(atPath: "/usr/share/zoneinfo/Europe/Berlin"), let rules = try? ZoneRules(name: "Europe/Berlin", file: Array(file)) else { return .utc }
        return rules
    }()

    private static func entry(_ name: String, _ task: String, _ schedule: Schedule, last: Double? = nil, runs: Int = 0) -> ScheduleEntry {
        ScheduleEntry(name, task: task, schedule: schedule, lastRun: last, runs: runs)
    }

    private static func every(_ seconds: Double) -> Schedule { .interval(IntervalSchedule(every: seconds)) }

    /// One entry of each kind and in each state.
    static let entries: [StoredEntry] = {
        let nightly = (try? CrontabSchedule("30 3 * * *")).map(Schedule.crontab) ?? every(1), weekdays = (try? CrontabSchedule("*/15 9-17 * * mon-fri")).map(Schedule.crontab) ?? every(1)
        var report = entry("nightly-report", "reports.nightly", nightly, last: 1_795_314_600, runs: 412)
        (report.zone, report.args, report.options) = ("Europe/Berlin", [["kind": "full"]], ["queue": "reports", "expires": 3600])
        report.note = "asked for by finance"
        var off = entry("import-legacy", "shop.import", every(3600), last: now - 90_000, runs: 88)
        off.isEnabled = false
        var once = entry("campaign", "mail.campaign", .clocked(now + 7200))
        once.isOneOff = true
        var ended = entry("black-friday", "shop.discount", every(600), last: now - 80_100, runs: 144)
        ended.end = now - 80_000
        let sunset = SolarSchedule(.sunset, latitude: 52.5, longitude: 13.4).map(Schedule.solar) ?? every(1)
        let all = [
            report, entry("send-mail", "mail.send", every(30), last: now - 12, runs: 20_412), entry("charge-retries", "shop.charge", every(60), last: now - 102, runs: 901),
            entry("heartbeat", "ops.beat", every(10), last: now - 205, runs: 70_100), entry("refund-check", "shop.refund", every(300), last: now - 71, runs: 55), off, once, ended,
            entry("office-sync", "shop.sync", weekdays), entry("lamps", "ops.lamps", sunset, last: now - 84_000, runs: 3), entry("poll-bank", "bank.poll", every(60), last: now - 1, runs: 400),
        ]
        var broken = StoredEntry(entry("warehouse", "stock.count", every(1)), version: "1", problem: "minute \"61\" is above 59")
        broken.entry.isEnabled = true
        return all.map { StoredEntry($0, version: "1") } + [broken]
    }()

    static let schedule: BeatTable = {
        var table = BeatTable(localZone: berlin) { $0 == "Europe/Berlin" ? berlin : $0 == "UTC" ? .utc : nil }
        // Some have run before; one far too often.
        let before = entries.map { stored in
            var stored = stored
            if stored.entry.name == "send-mail" { (stored.entry.lastRun, stored.entry.runs) = (now - 42, 20_411) }
            if stored.entry.name == "poll-bank" { (stored.entry.lastRun, stored.entry.runs) = (now - 20, 360) }
            return stored
        }
        table.fold(all: before, now: now - 40)
        table.fold(all: entries, now: now)
        let outcomes: [String: EntryOutcome] = [
            "send-mail": EntryOutcome(task: task(1).id, state: .started, runtime: 2.4), "refund-check": EntryOutcome(task: task(2).id, state: .failure, runtime: 0.041, exception: "ConnectionError('db down')"),
            "charge-retries": EntryOutcome(task: task(0).id, state: .success, runtime: 1.4), "nightly-report": EntryOutcome(task: task(3).id, state: .success, runtime: 41),
        ]
        table.fold(table.questions(limit: 100, now: now).map { (question: $0, outcome: outcomes[$0.name]) })
        return table
    }()

    static let beatFacts: BeatFacts = {
        var facts = BeatFacts(link: .live, endpoint: "redbeat+redis://cache:6379/0", features: [.interval, .crontab, .leadership, .anyOption])
        let counts = schedule.counts(now: now)
        (facts.total, facts.enabled, facts.inTrouble, facts.heardAt) = (counts.total, counts.enabled, counts.inTrouble, now)
        facts.lead = .held(ScheduleLeader(owner: "7f3a91c2d4e5f60718293a4b5c6d7e8f", remaining: 21))
        return facts
    }()

    /// Runs of an entry: one joined to a recorded run, one sent from here.
    static func detail(_ name: String, _ table: BeatTable, now: Double) -> EntryDetail? {
        let samples = table.samples(name)
        let runs = [EntryRun(task: task(1), isInferred: true, recordedAt: samples.last?.at), EntryRun(task: task(6), isInferred: true, isTriggered: true), EntryRun(task: task(11), isInferred: true)]
        return table.detail(name, runs: name == "send-mail" ? runs : [], now: now)
    }
}
