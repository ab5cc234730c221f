import CeleriacBroker
import CeleriacCore
import TestSupport
import Testing

@testable import Celeriac

/// What beat decides, with a clock that the tests set.
@Suite struct TimetableTests {
    /// 2026-01-05 00:00 UTC, a Monday.
    static let midnight = 1_767_571_200.0

    /// Of UTC, with two more zones.
    static func rules(deadline: Double? = nil, startsAtOnce: Bool = false) -> Timetable.Rules {
        var rules = Timetable.Rules(zones: { name in
            guard let hours = ["Paris": 1, "Tokyo": 9][name], let zone = ZoneRules(offset: hours * 3600) else { throw Unknown() }
            return zone
        })
        rules.cronStartingDeadline = deadline
        rules.startsAtOnce = startsAtOnce
        rules.fault = { $0.options["priority"]?.string.map { "\($0) is no priority" } }
        return rules
    }

    struct Unknown: Error, CustomStringConvertible { var description: String { "no such zone" } }

    static func entry(_ name: String = "n", every: Double = 10, last: Double? = midnight) -> ScheduleEntry {
        ScheduleEntry(name, task: "t", schedule: .interval(IntervalSchedule(every: every)), lastRun: last)
    }

    static func entry(crontab: String, last: Double? = midnight, zone: String? = nil) throws -> ScheduleEntry {
        ScheduleEntry("n", task: "t", schedule: .crontab(try CrontabSchedule(crontab)), zone: zone, lastRun: last)
    }

    private var table = Timetable(rules())

    // MARK: - Dues

    @Test mutating func whatIsDueDoesNotWaitForTheRestToBeRead() {
        let began = table.beginReading()
        table.put(Self.entry("a").stored(), began: began, at: Self.midnight + 100)
        #expect(table.send(at: Self.midnight + 100).map(\.name) == ["a"])
        table.put(Self.entry("b").stored(), began: began, at: Self.midnight + 100)
        table.endReading()
        #expect(table.send(at: Self.midnight + 100).map(\.name) == ["b"])
        #expect(table.nextDue() == Self.midnight + 110)
    }

    @Test mutating func intervalsDoNotDriftByWhatBeatIsLate() {
        table.read([Self.entry()], at: Self.midnight)
        for run in 1...5 {
            let due = Self.midnight + 10 * Double(run)
            #expect(table.nextDue() == due)
            #expect(table.takeDue(at: due - 0.001, atMost: 9).isEmpty)
            #expect(table.send(at: due + 0.3) == [RecordedRun(name: "n", lastRun: due, runs: run, nextDue: due + 10)])
        }
    }

    @Test mutating func aRunThatIsBeingSentIsNotDueAgain() {
        table.read([Self.entry()], at: Self.midnight)
        #expect(table.takeDue(at: Self.midnight + 10, atMost: 9).count == 1)
        #expect(table.takeDue(at: Self.midnight + 100, atMost: 9).isEmpty)
    }

    @Test(arguments: [3600.0, 2_592_000.0]) mutating func ofManyMissedRunsOneIsMadeGood(pause: Double) throws {
        table.read([Self.entry(), try Self.entry(crontab: "* * * * *").named("m")], at: Self.midnight + pause)
        let now = Self.midnight + pause
        let runs = table.send(at: now)
        #expect(runs.map(\.name).sorted() == ["m", "n"])
        #expect(runs.allSatisfy { $0.lastRun == now })
        #expect(runs.map(\.nextDue) == [now + 10, now + 60])
        #expect(table.send(at: now).isEmpty)
    }

    @Test mutating func whatRunsMoreOftenThanBeatWasLateDoesNotRunTwice() {
        table.read([Self.entry(every: 0.1)], at: Self.midnight)
        let runs = table.send(at: Self.midnight + 0.55)
        #expect(runs.map(\.lastRun) == [Self.midnight + 0.55])
        #expect(table.send(at: Self.midnight + 0.6).isEmpty)
    }

    /// As `crontab.is_due` of Celery: what counts is the latest run that was missed.
    @Test(arguments: [(3599.0, true), (3600.0, true), (3601.0, false)]) mutating func aCrontabMissedByMoreThanTheDeadlineIsLeftOut(late: Double, runs: Bool) throws {
        table = Timetable(Self.rules(deadline: 3600))
        let now = Self.midnight + 5 * 86_400 + late
        table.read([try Self.entry(crontab: "0 0 * * *"), Self.entry("i")], at: now)
        #expect(table.send(at: now).map(\.name).sorted() == (runs ? ["i", "n"] : ["i"]))
        // And the next one comes.
        #expect(table.send(at: Self.midnight + 6 * 86_400).map(\.name).contains("n"))
    }

    @Test mutating func anEntryThatNeverRanIsCountedFromWhenItWasFirstSeen() {
        table.read([Self.entry(last: nil)], at: Self.midnight + 3)
        #expect(table.nextDue() == Self.midnight + 13)
        // Which is kept, or a beat that is restarted often would never send it.
        #expect(table.takeNotes().writes == [RecordedRun(name: "n", lastRun: Self.midnight + 3, runs: 0, nextDue: Self.midnight + 13)])
    }

    @Test mutating func inRedBeatOneThatNeverRanIsDueAtOnce() {
        table = Timetable(Self.rules(startsAtOnce: true))
        table.read([Self.entry(last: nil)], at: Self.midnight + 3)
        #expect(table.send(at: Self.midnight + 3).map(\.nextDue) == [Self.midnight + 13])
        #expect(table.takeNotes().writes.isEmpty)
    }

    @Test mutating func zonesCount() throws {
        table.read([try Self.entry(crontab: "0 12 * * *", zone: "Tokyo")], at: Self.midnight)
        #expect(table.nextDue() == Self.midnight + 3 * 3600)
    }

    @Test mutating func theLongestOverdueComesFirstAndTheRestLater() {
        table.read((0..<50).map { Self.entry("\($0)", every: 60 - Double($0)) }, at: Self.midnight)
        let first = table.takeDue(at: Self.midnight + 60, atMost: 20)
        #expect(first.map(\.entry.name) == (30..<50).reversed().map(String.init))
        #expect(table.takeDue(at: Self.midnight + 60, atMost: 99).count == 30)
    }

    // MARK: - Ends

    @Test mutating func aOneOffIsDisabledByItsRun() {
        var once = Self.entry()
        once.isOneOff = true
        table.read([once], at: Self.midnight)
        #expect(table.send(at: Self.midnight + 10) == [RecordedRun(name: "n", lastRun: Self.midnight + 10, runs: 1, nextDue: nil, disables: true)])
        #expect(table.nextDue() == nil)
    }

    @Test mutating func startAndEndAreKept() {
        var entry = Self.entry()
        (entry.start, entry.end) = (Self.midnight + 25, Self.midnight + 40)
        table.read([entry], at: Self.midnight)
        #expect(table.nextDue() == Self.midnight + 25)
        #expect(table.send(at: Self.midnight + 25).map(\.disables) == [false])
        #expect(table.send(at: Self.midnight + 35) == [RecordedRun(name: "n", lastRun: Self.midnight + 35, runs: 2, nextDue: nil, disables: true)])
    }

    @Test mutating func whatWasMissedBeforeItsEndIsNotMadeGoodAfterIt() {
        var entry = Self.entry()
        entry.end = Self.midnight + 40
        table.read([entry], at: Self.midnight + 41)
        #expect(table.send(at: Self.midnight + 41).isEmpty)
        #expect(table.nextDue() == nil)
    }

    // MARK: - Broken ones

    @Test mutating func brokenEntriesAreToldOnceAndStopNobody() {
        var lost = Self.entry("zone"), wrong = Self.entry("options"), nameless = Self.entry("task")
        lost.zone = "Atlantis"
        wrong.options = ["priority": "high"]
        nameless.task = ""
        let stored = [lost.stored(), wrong.stored(), nameless.stored(), Self.entry("bad").stored(problem: "no JSON"), Self.entry("good").stored()]
        for _ in 0..<2 { table.read(stored, at: Self.midnight) }
        #expect(
            table.takeNotes().complaints == [
                .init(name: "zone", reason: "no such zone"), .init(name: "options", reason: "high is no priority"), .init(name: "task", reason: "it names no task"),
                .init(name: "bad", reason: "no JSON"),
            ])
        #expect(table.send(at: Self.midnight + 10).map(\.name) == ["good"])
        // Mended, it runs.
        lost.zone = "Paris"
        table.read([lost.stored(edit: 2)], at: Self.midnight + 10)
        #expect(table.send(at: Self.midnight + 10).map(\.name) == ["zone"])
        #expect(table.takeNotes().complaints.isEmpty)
    }

    @Test mutating func aMessageThatIsRefusedStaysDueAndIsTriedLessAndLessOften() {
        table.read([Self.entry(), Self.entry("other", every: 11)], at: Self.midnight)
        var time = Self.midnight + 10
        for pause in [1.0, 2, 4, 8, 16, 32, 60, 60] {
            let dues = table.takeDue(at: time, atMost: 9).filter { $0.entry.name == "n" }
            #expect(dues.count == 1)
            table.refused(dues, at: time)
            #expect(table.takeDue(at: time + pause - 0.01, atMost: 9).allSatisfy { $0.entry.name != "n" })
            time += pause
        }
        #expect(table.send(at: time).contains(RecordedRun(name: "n", lastRun: time, runs: 1, nextDue: time + 10)))
    }

    @Test mutating func whatCouldNotBeSentStaysDueAndIsSentOnce() {
        table.read([Self.entry()], at: Self.midnight)
        for second in 10..<100 { table.failed(table.takeDue(at: Self.midnight + Double(second), atMost: 9), at: Self.midnight + Double(second)) }
        #expect(table.send(at: Self.midnight + 100) == [RecordedRun(name: "n", lastRun: Self.midnight + 100, runs: 1, nextDue: Self.midnight + 110)])
    }

    // MARK: - Edits

    @Test mutating func anEditTakesEffectAndDisturbsNoOther() {
        table.read([Self.entry("a"), Self.entry("b")], at: Self.midnight)
        _ = table.send(at: Self.midnight + 10)
        var edited = Self.entry("a", every: 3, last: Self.midnight + 10)
        edited.runs = 1
        var other = Self.entry("b", last: Self.midnight + 10)
        other.runs = 1
        table.recorded([RecordedRun(name: "a", lastRun: Self.midnight + 10, runs: 1, nextDue: nil), RecordedRun(name: "b", lastRun: Self.midnight + 10, runs: 1, nextDue: nil)])
        table.read([edited.stored(edit: 2), other.stored()], at: Self.midnight + 11)
        #expect(table.send(at: Self.midnight + 13).map(\.name) == ["a"])
        #expect(table.send(at: Self.midnight + 20).map(\.name).sorted() == ["a", "b"])
    }

    @Test mutating func whatIsGoneIsNotSentAndMayComeBack() {
        table.read([Self.entry("a"), Self.entry("b")], at: Self.midnight)
        table.read([Self.entry("b")], at: Self.midnight + 1)
        table.remove("b")
        #expect(table.send(at: Self.midnight + 30).isEmpty)
        table.read([Self.entry("a", last: Self.midnight + 30)], at: Self.midnight + 31)
        #expect(table.nextDue() == Self.midnight + 40)
        #expect(table.count == 1)
    }

    @Test mutating func aReadingFromBeforeARunDoesNotUndoIt() {
        table.read([Self.entry()], at: Self.midnight)
        let began = table.beginReading()
        let runs = table.send(at: Self.midnight + 10)
        table.put(Self.entry().stored(), began: began, at: Self.midnight + 10)
        #expect(table.nextDue() == Self.midnight + 20)
        table.recorded(runs)
        table.put(Self.entry().stored(), began: began, at: Self.midnight + 10)
        #expect(table.nextDue() == Self.midnight + 20)
        // But who moved the last run afterwards is followed: so a run is asked for, or left out.
        table.put(Self.entry(last: Self.midnight + 15).stored(), began: table.moment(), at: Self.midnight + 16)
        #expect(table.nextDue() == Self.midnight + 25)
    }

    @Test mutating func anEditWhileTheMessageIsSentCountsFromThatRun() {
        table.read([Self.entry()], at: Self.midnight)
        let dues = table.takeDue(at: Self.midnight + 10, atMost: 9)
        table.put(Self.entry(every: 4).stored(edit: 2), began: table.moment(), at: Self.midnight + 10)
        #expect(table.nextDue() == nil)
        #expect(table.sent(dues, at: Self.midnight + 10).map(\.nextDue) == [Self.midnight + 14])
        let gone = table.takeDue(at: Self.midnight + 14, atMost: 9)
        table.remove("n")
        #expect(table.sent(gone, at: Self.midnight + 14).isEmpty)
    }

    @Test mutating func runsThatCouldNotBeRecordedAreKnownToTheNextTerm() {
        let run = RecordedRun(name: "n", lastRun: Self.midnight + 10, runs: 3, nextDue: Self.midnight + 20)
        table = Timetable(Self.rules(), unrecorded: ["n": run, "gone": run])
        var stored = Self.entry()
        stored.runs = 2
        table.read([stored], at: Self.midnight + 12)
        #expect(table.takeNotes().writes == [run])
        #expect(table.nextDue() == Self.midnight + 20)
        // Unless another beat led in between.
        table = Timetable(Self.rules(), unrecorded: ["n": run])
        stored.runs = 3
        table.read([stored], at: Self.midnight + 12)
        #expect(table.takeNotes().writes.isEmpty)
    }

    // MARK: - Clocks

    @Test(arguments: [3600.0, -3600.0]) mutating func intervalsGoOnWhenSomebodySetsTheClock(jump: Double) {
        table.read([Self.entry()], at: Self.midnight)
        _ = table.send(at: Self.midnight + 10)
        table.clockJumped(by: jump, to: Self.midnight + 13 + jump)
        #expect(table.nextDue() == Self.midnight + 20 + jump)
        #expect(table.send(at: Self.midnight + 19 + jump).isEmpty)
        #expect(table.send(at: Self.midnight + 20 + jump).map(\.nextDue) == [Self.midnight + 30 + jump])
    }

    @Test mutating func crontabsPassedOverRunOnceAndNotAgainWhenTheClockIsPutBack() throws {
        table.read([try Self.entry(crontab: "*/5 * * * *")], at: Self.midnight)
        table.clockJumped(by: 3600, to: Self.midnight + 3720)
        #expect(table.send(at: Self.midnight + 3720).count == 1)
        #expect(table.send(at: Self.midnight + 3720).isEmpty)
        table.clockJumped(by: -3600, to: Self.midnight + 180)
        for second in stride(from: 180.0, to: 3900, by: 60) { #expect(table.send(at: Self.midnight + second).isEmpty, "\(second)") }
        #expect(table.send(at: Self.midnight + 3900).count == 1)
    }

    @Test func onlyJumpsAreJumps() {
        var watch = ClockWatch()
        #expect(watch.jump(wall: 1000, steady: 5) == nil)
        #expect(watch.jump(wall: 1010, steady: 15) == nil)
        // Corrected slowly, and after a pause.
        #expect(watch.jump(wall: 4610.4, steady: 3615) == nil)
        #expect(watch.jump(wall: 8211.4, steady: 3616) == 3600)
        #expect(watch.jump(wall: 8212.4, steady: 3617) == nil)
        #expect(watch.jump(wall: 4613.4, steady: 3618) == -3600)
    }

    // MARK: - Many

    /// Whatever is edited, removed, late or set: each entry is sent as often as time went by, never sooner than its interval, and never less.
    @Test(arguments: UInt64(0)..<40) mutating func eachIsSentOncePerDue(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var entries = (0..<20).map { Self.entry("\($0)", every: Double(1 + $0 % 7)) }
        table.read(entries, at: Self.midnight)
        var last: [String: Double] = [:]
        var now = Self.midnight
        for _ in 0..<300 {
            now += Double.random(in: 0...0.8, using: &random)
            let dues = table.takeDue(at: now, atMost: Int.random(in: 1...30, using: &random))
            if Bool.random(using: &random) { table.failed(dues, at: now) } else {
                for run in table.sent(dues, at: now) {
                    let index = Int(run.name) ?? 0, every = Double(1 + index % 7)
                    #expect(run.lastRun - (last[run.name] ?? Self.midnight) >= every - 1e-6)
                    last[run.name] = run.lastRun
                    (entries[index].lastRun, entries[index].runs) = (run.lastRun, run.runs)
                    table.recorded([run])
                }
            }
            if Int.random(in: 0..<5, using: &random) == 0 { table.read(entries, at: now) }
        }
        _ = table.send(at: now)
        #expect((table.nextDue() ?? 0) > now)
        #expect(entries.allSatisfy { $0.runs > 0 })
    }
}

extension ScheduleEntry {
    /// - Parameter edit: how often it was edited.
    fileprivate func stored(edit: Int = 1, problem: String? = nil) -> StoredEntry {
        StoredEntry(self, version: EntryVersion(definition: "\(name) \(edit)", runs: "\(runs)").text, problem: problem)
    }

    fileprivate func named(_ name: String) -> ScheduleEntry {
        var entry = self
        entry.name = name
        return entry
    }
}

extension Timetable {
    fileprivate mutating func read(_ entries: [ScheduleEntry], at time: Double) { read(entries.map { $0.stored() }, at: time) }

    fileprivate mutating func read(_ entries: [StoredEntry], at time: Double) {
        let began = beginReading()
        for entry in entries { put(entry, began: began, at: time) }
        endReading()
    }

    /// All that is due, as if the broker took it at once.
    fileprivate mutating func send(at time: Double) -> [RecordedRun] { sent(takeDue(at: time, atMost: .max), at: time) }
}
