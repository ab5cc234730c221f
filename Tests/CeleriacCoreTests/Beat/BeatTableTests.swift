import TestSupport
import Testing

@testable import CeleriacCore

/// What follows from what a store tells of its entries.
@Suite struct BeatTableTests {
    private static func entry(_ name: String, every seconds: Double = 60, last: Double? = nil, runs: Int = 1) -> ScheduleEntry {
        ScheduleEntry(name, task: "shop.\(name)", schedule: .interval(IntervalSchedule(every: seconds)), lastRun: last, runs: runs)
    }

    private static func table(_ entries: [ScheduleEntry], features: ScheduleFeatures = [], at now: Double = start) -> BeatTable {
        var table = BeatTable(features: features) { $0 == "UTC" ? .utc : nil }
        table.fold(all: entries.map { StoredEntry($0, version: "1") }, now: now)
        return table
    }

    private func state(_ entry: ScheduleEntry, features: ScheduleFeatures = [], now: Double = start) -> EntryState? {
        Self.table([entry], features: features, at: now).row(entry.name, now: now)?.state
    }

    // MARK: - States

    @Test func anEntryIsLateAfterItsTimeAndMissedAfterTheNextOne() {
        #expect(state(Self.entry("a", last: start - 59)) == .scheduled)
        #expect(state(Self.entry("a", last: start - 64)) == .scheduled, "beat has some seconds")
        #expect(state(Self.entry("a", last: start - 70)) == .late(10))
        #expect(state(Self.entry("a", last: start - 126)) == .missed(2))
        #expect(state(Self.entry("a", last: start - 60 * 5 - 30)) == .missed(5))
        #expect(state(Self.entry("a", last: start - 1e6)) == .missed(EntryState.missedLimit))
    }

    @Test func aStoreThatIsToldLateIsNotCalledLate() {
        let entry = Self.entry("a", every: 10, last: start - 100)
        #expect(state(entry) == .missed(9))
        #expect(state(entry, features: .lateRecords) == .scheduled)
        #expect(Self.table([entry], features: .lateRecords).row("a", now: start)?.next == .inferred(start + 10))
        #expect(state(Self.entry("a", every: 10, last: start - 400), features: .lateRecords) == .missed(21))
    }

    @Test func otherStatesAreToldApart() {
        var off = Self.entry("a", last: start - 1e6), ended = Self.entry("a", last: start - 1e6), once = Self.entry("a", last: start - 1e6)
        off.isEnabled = false
        ended.end = start - 1e5
        once.isOneOff = true
        #expect(state(off) == .disabled && state(ended) == .ended, "what was missed before its end is not made good")
        ended.lastRun = start - 1e5 - 1
        #expect(state(ended) == .ended && state(once) == .ended)
        #expect(state(Self.entry("a", runs: 0)) == .neverRan)
        #expect(state(Self.entry("a", last: start + 30)) == .skipping)
        var table = Self.table([])
        table.fold(all: [StoredEntry(Self.entry("a"), version: "1", problem: "no task")], now: start)
        #expect(table.row("a", now: start)?.state == .broken("no task"))
        var foreign = Self.entry("a", last: start)
        foreign.zone = "Mars/Olympus"
        #expect(state(foreign) == .broken("the time zone Mars/Olympus is not known here"))
    }

    @Test func runsThatPourInAreAStormAndThoseOnTimeAreNot() {
        var table = Self.table([Self.entry("storm", last: start, runs: 1), Self.entry("quick", every: 1, last: start, runs: 1)])
        for step in 1...15 {
            table.fold("storm", StoredEntry(Self.entry("storm", last: start + Double(step), runs: 1 + step * 3), version: "\(step)"), now: start + Double(step))
            table.fold("quick", StoredEntry(Self.entry("quick", every: 1, last: start + Double(step), runs: 1 + step), version: "\(step)"), now: start + Double(step))
        }
        #expect(table.row("storm", now: start + 16)?.state == .storm(runs: 45, seconds: 15))
        #expect(table.row("quick", now: start + 16)?.state == .scheduled)
        #expect(table.row("storm", now: start + 76)?.state == .late(1) || table.row("storm", now: start + 76)?.state == .scheduled, "it passes")
    }

    @Test func runsThatFellOutAreRemembered() {
        var table = Self.table([Self.entry("a", last: start, runs: 5)])
        table.fold("a", StoredEntry(Self.entry("a", last: start + 241, runs: 6), version: "2"), now: start + 242)
        table.fold("a", StoredEntry(Self.entry("a", last: start + 301, runs: 7), version: "3"), now: start + 302)
        #expect(table.samples("a") == [RunSample(at: start, runs: 5), RunSample(at: start + 241, runs: 6, missed: 3), RunSample(at: start + 301, runs: 7)])
    }

    // MARK: - Folding

    /// Whatever comes one by one is the same as what comes at once.
    @Test(arguments: UInt64(0)..<50) func oneByOneIsAsAllAtOnce(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = Self.table([]), stored: [String: StoredEntry] = [:]
        for step in 0..<200 {
            let name = "e\(Int.random(in: 0..<20, using: &random))"
            stored[name] = Bool.random(using: &random) ? StoredEntry(Self.entry(name, last: start + Double(step), runs: step), version: "\(step)") : nil
            table.fold(name, stored[name], now: start)
        }
        var whole = Self.table([])
        whole.fold(all: Array(stored.values), now: start)
        #expect(table.names == whole.names)
        #expect(table.names.map { table.stored($0) } == whole.names.map { whole.stored($0) })
        #expect(table.page(ListQuery(), now: start + 500).rows.map(\.next) == whole.page(ListQuery(), now: start + 500).rows.map(\.next))
    }

    // MARK: - Pages

    private static let many: BeatTable = {
        let kinds: [Schedule] = [.interval(IntervalSchedule(every: 60)), .clocked(start + 90)]
        return table((0..<50).map { index in
            var entry = ScheduleEntry(index < 10 ? "e0\(index)" : "e\(index)", task: index % 5 == 0 ? "mail.send" : "shop.charge", args: [.integer(index)], schedule: kinds[index % 2], lastRun: start - Double(index), runs: index)
            entry.isEnabled = index % 7 != 0
            return entry
        })
    }()

    @Test(arguments: [
        ("name:e0*", 10), ("task:mail.*", 10), ("mail", 10), ("enabled:no", 8), ("state:off", 8), ("kind:clocked", 25), ("enabled:yes and task:mail.send", 8), ("runs>45", 4), ("last_run<5s", 4), ("args~\"[3]\"", 1),
        ("schedule~\"every 1 min\"", 25), ("not schedule~once", 25), ("next_run<15s", 2),
    ]) func filtersUnderstandWhatEntriesHave(_ text: String, _ count: Int) throws {
        var table = Self.many
        let filter = try Filter(text)
        #expect(table.page(ListQuery(filter: filter), now: start).matching == count, "\(table.page(ListQuery(filter: filter), now: start).rows.map(\.name))")
    }

    @Test(arguments: ["name", "task", "schedule", "last_run", "next_run", "state", "total_runs", "zone", "last_state", "last_runtime"], [true, false])
    func everyOrderHoldsAllEntriesAndItsAnchor(_ sort: String, _ ascending: Bool) {
        var table = Self.many
        let page = table.page(ListQuery(sort: sort, ascending: ascending, count: 1000), now: start)
        #expect(Set(page.rows.map(\.name)).count == 50)
        let window = table.page(ListQuery(sort: sort, ascending: ascending, count: 10, anchor: "e25", anchorRow: 3), now: start)
        #expect(window.anchorIndex.map { window.rows[$0].name } == "e25")
        #expect(window.rows == Array(page.rows[window.first..<window.first + 10]))
    }

    @Test func figuresSortAsFigures() {
        var table = Self.many
        #expect(table.page(ListQuery(sort: "total_runs", ascending: false, count: 3), now: start).rows.map(\.entry.runs) == [49, 48, 47])
        #expect(table.page(ListQuery(sort: "last_run", ascending: false, count: 3), now: start).rows.map(\.name) == ["e01", "e02", "e03"], "the first never ran")
    }

    @Test func countsTellHowManyAreInTrouble() {
        let counts = Self.many.counts(now: start + 100)
        #expect(counts.total == 50 && counts.enabled == 42)
        #expect(counts.inTrouble == Self.many.names.count { (Self.many.row($0, now: start + 100)?.state.isTrouble)! })
    }

    // MARK: - Runs and their outcomes

    @Test func aRunsTaskIsFoundByNameArgumentsAndTime() {
        var state = ClusterState(), table = Self.table([])
        var charge = Self.entry("charge", last: start, runs: 3), other = Self.entry("charge2", last: start, runs: 3)
        (charge.args, other.args, other.task) = ([7], [8], "shop.charge")
        state.run(uuid(1), at: start - 60, args: "[7]")
        state.run(uuid(2), at: start + 0.2, seconds: 2, args: "[7]")
        state.run(uuid(3), at: start + 0.1, args: "[8]", result: nil)
        state.run(uuid(4), at: start + 30, args: "(7,)")
        table.fold(all: [charge, other, Self.entry("silent", last: start)].map { StoredEntry($0, version: "1") }, now: start)
        let questions = table.questions(limit: 10, now: start + 40)
        #expect(Set(questions.map(\.name)) == ["charge", "charge2", "silent"])
        table.fold(Array(zip(questions, state.outcomes(of: questions, now: start + 40))).map { ($0.0, $0.1) })
        #expect(table.row("charge", now: start)?.outcome == .inferred(EntryOutcome(task: TaskID(uuid(2)), state: .success, runtime: 2)))
        #expect(table.row("charge2", now: start)?.outcome.value?.task == TaskID(uuid(3)))
        #expect(table.row("charge2", now: start)?.outcome.value?.state == .started)
        #expect(table.row("silent", now: start)?.outcome == .noAnswer(last: nil, at: nil))
        // What has ended is not asked again, what runs is.
        #expect(Set(table.questions(limit: 10, now: start + 41).map(\.name)) == ["charge2", "silent"])
        // A new run is another question.
        charge.lastRun = start + 60
        charge.runs = 4
        table.fold("charge", StoredEntry(charge, version: "2"), now: start + 61)
        #expect(table.row("charge", now: start + 61)?.outcome == .asking)
    }

    @Test func tasksOfTheSameCallAreListed() {
        var state = ClusterState()
        state.run(uuid(1), at: start, args: "()")
        state.run(uuid(2), at: start + 1, args: "(1,)")
        state.run(uuid(3), at: start + 2, args: "[]")
        let question = RunQuestion(name: "charge", entry: Self.entry("charge"), at: start)
        #expect(state.runs(like: question, limit: 10, now: start).map(\.task.id) == [TaskID(uuid(3)), TaskID(uuid(1))])
        #expect(state.runs(like: question, limit: 10, now: start).map(\.isInferred) == [true, true])
        // A message that was seen tells for sure.
        var facts = BrokerFacts(at: start)
        facts.periodic = [PeriodicMessage(task: TaskID(uuid(3)), entry: "charge"), PeriodicMessage(task: TaskID(uuid(1)), entry: "another")]
        state.fold(facts)
        #expect(state.runs(like: question, limit: 10, now: start).map(\.task.id) == [TaskID(uuid(3))])
        #expect(state.runs(like: question, limit: 10, now: start).map(\.isInferred) == [false])
    }

    @Test func aMessageThatNamesItsEntryIsJoinedToNoOther() {
        var state = ClusterState()
        var (one, two) = (Self.entry("one", last: start), Self.entry("two", last: start))
        (one.task, two.task) = ("shop.charge", "shop.charge")
        state.run(uuid(1), at: start + 0.1)
        let questions = [one, two].map { RunQuestion(name: $0.name, entry: $0, at: start) }
        #expect(state.outcomes(of: questions, now: start).compactMap { $0 }.map(\.isInferred) == [true])
        for (owner, index) in [("one", 0), ("two", 1)] {
            var facts = BrokerFacts(at: start)
            facts.periodic = [PeriodicMessage(task: TaskID(uuid(1)), entry: owner)]
            state.fold(facts)
            let outcomes = state.outcomes(of: questions, now: start)
            #expect(outcomes[index]?.isInferred == false && outcomes[1 - index] == nil)
        }
    }

    // MARK: - Edits

    private func verdict(_ before: ScheduleEntry?, _ after: ScheduleEntry, _ current: ScheduleEntry, after seconds: Double) -> EditVerdict {
        WatchedEdit(at: start, before: before, after: after, zone: .utc).verdict(current, now: start + seconds)
    }

    @Test func onlyARunThatFitsTheNewScheduleShowsThatBeatTookItUp() {
        let before = Self.entry("a", every: 100, last: start - 10), after = Self.entry("a", every: 30, last: start - 10)
        var current = after
        #expect(verdict(before, after, current, after: 5) == .waiting(until: start + 20))
        #expect(verdict(before, after, current, after: 79) == .waiting(until: start + 20))
        #expect(verdict(before, after, current, after: 81) == .silent(due: start + 20, seconds: 61))
        current.lastRun = start + 20.1
        #expect(verdict(before, after, current, after: 21) == .taken(at: start + 20.1))
        // The old schedule's run, when the new one is slower.
        let slower = Self.entry("a", every: 1000, last: start - 10)
        current.lastRun = start + 90
        #expect(verdict(before, slower, current, after: 91) == .ignored(at: start + 90))
        // One that was on its way when the edit was made.
        current.lastRun = start + 3
        #expect(verdict(before, slower, current, after: 5) == .waiting(until: start + 990))
    }

    @Test func ofASuspendedEntryItsSilenceIsAllThereIsToSee() {
        let before = Self.entry("a", every: 100, last: start - 10)
        var after = before
        after.isEnabled = false
        #expect(verdict(before, after, after, after: 5) == .listening(until: start + 90))
        #expect(verdict(before, after, after, after: 151) == .quiet(since: start + 90))
        var ran = after
        ran.lastRun = start + 90
        #expect(verdict(before, after, ran, after: 95) == .ignored(at: start + 90))
    }
}
