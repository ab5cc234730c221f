import CeleriacCore
import OrderedCollections
import Testing

@testable import Dashboard

/// What the operator sees of beat's entries and can ask of them.
@Suite struct ScreensBeatTests {
    private func session(_ keys: String, columns: Int = 120, rows: Int = 36, permission: Permission = .act) -> Session {
        var session = Session(columns: columns, rows: rows, permission: permission)
        session.press(keys)
        return session
    }

    private static func seen(_ name: String) -> EntryTarget { EntryTarget(name, seen: Sample.schedule.stored(name)) }

    // MARK: - Acting

    @Test(arguments: [("s", EntryAct.disable), ("T", .trigger), ("x", .remove), ("S", .skip)]) func anActKeyIsAboutTheEntryAsItWasShown(_ key: String, _ act: EntryAct) {
        var session = session("5 / send-mail enter \(key)".replacing("send-mail", with: "s e n d - m a i l"))
        guard case .confirmation(let question) = session.state.modals.last else { Issue.record("\(key) asks nothing"); return }
        #expect(question.facts.contains { $0.hasPrefix("send-mail  mail.send  every 30 s") }, "\(question.facts)")
        session.press("y")
        #expect(session.effects == [.entries(act, .entries([Self.seen("send-mail")]))])
    }

    @Test func aSuspendedEntryIsResumedByTheSameKey() {
        var session = session("5 / i m p o r t enter s")
        guard case .confirmation(let question) = session.state.modals.last else { Issue.record("nothing asked"); return }
        #expect(question.title == "Resume 1 entry")
        session.press("y")
        #expect(session.effects == [.entries(.enable, .entries([Self.seen("import-legacy")]))])
    }

    @Test func markedEntriesAreChangedTogether() {
        var session = session("5 space space s")
        session.press("2 enter")
        #expect(session.effects == [.entries(.disable, .entries([Self.seen("black-friday"), Self.seen("campaign")]))])
        #expect(session.state[.beat].marks.isEmpty)
    }

    @Test func allThatMatchAreChangedAsManyAsMatched() throws {
        var session = session("5 / s h o p enter A T")
        guard case .confirmation(let question) = session.state.modals.last, case .text(let count, _) = question.need else { Issue.record("nothing asked"); return }
        session.type(count)
        session.press("enter")
        #expect(session.effects == [.entries(.trigger, .matching(try Filter("shop"), count: Int(count) ?? 0))])
        #expect(Int(count) == Sample.entries.count { $0.entry.task.hasPrefix("shop") })
    }

    @Test func pausingTheBeatWantsTheContextsName() {
        var session = session("5 B y")
        #expect(session.effects.isEmpty)
        session.press("esc B")
        session.type("prod")
        session.press("enter")
        #expect(session.effects == [.entries(.disable, .enabled(count: Sample.beatFacts.enabled))])
    }

    @Test func theLastEditIsTakenBackByU() {
        var session = session("5 u")
        #expect(session.state.notice?.text == "nothing was done from here that can be taken back")
        session.state.handle(.edited(DoneEdit(id: 7, title: "suspended send-mail", names: ["send-mail"], count: 1)), now: session.now)
        session.press("2 u y")
        #expect(session.effects == [.undoEdit(7, title: "suspended send-mail")])
        session.state.handle(.undone(7), now: session.now)
        #expect(session.state.scheduleEdits.isEmpty)
    }

    @Test(arguments: [("S", "import", "it is suspended: it has no next run"), ("S", "black", "it has no next run"), ("S", "warehouse", "it has no next run"), ("X", "lamps", "x removes a schedule entry")])
    func whatMakesNoSenseIsRefusedWithTheReason(_ key: String, _ name: String, _ reason: String) {
        let session = session("5 / \(name.map(String.init).joined(separator: " ")) enter \(key)")
        #expect(session.state.notice?.text == reason && session.state.modals.isEmpty)
    }

    @Test(arguments: ["s", "T", "x", "S", "B"]) func withoutPermissionNothingIsAsked(_ key: String) {
        let session = session("5 \(key) y", permission: .readOnly)
        #expect(session.state.modals.isEmpty && session.effects.count { $0.acts } == 0)
        #expect(self.session("5 \(key)", permission: .readOnly).state.notice?.text.hasPrefix("read-only") == true)
    }

    @Test func editsDoNotNeedTheBrokerButSendingDoes() {
        var session = session("5")
        session.header.link = .reconnecting(since: session.now, retryAt: session.now + 1, reason: "down")
        session.press("T")
        #expect(session.state.notice?.text == "the broker cannot be reached now")
        session.press("s y")
        #expect(session.effects.count == 1)
    }

    @Test func aStoreThatWentAwayMeanwhileRefusesTheAnswer() {
        var session = session("5 s")
        session.beatFacts.link = .lost(since: session.now, reason: "Connection refused")
        session.press("y")
        #expect(session.effects.isEmpty && session.state.notice?.text == "the schedule store cannot be reached now")
    }

    @Test func theOverviewsPaneTakesTheSameKeys() {
        let session = session("1 tab tab tab j s y")
        guard case .entries(.disable, .entries(let targets))? = session.effects.last else { Issue.record("nothing done"); return }
        #expect(targets.first?.name == session.state[.beatPane].cursor)
    }

    @Test func inAnOpenEntryTheKeysMeanIt() {
        var session = session("5 / s e n d enter enter s y")
        #expect(session.effects == [.entries(.disable, .entries([Self.seen("send-mail")]))])
        // A task that is selected there has the key instead.
        session.press("j x")
        #expect(session.state.notice?.text.hasSuffix("has ended already: SUCCESS") == true)
    }

    @Test func editAndAddOpenTheFormOfTheStore() {
        var session = session("5 / s e n d enter e")
        guard case .entry(let form) = session.state.modals.last else { Issue.record("no form: \(session.state.notice?.text ?? "")"); return }
        #expect(form.base == Sample.schedule.stored("send-mail") && form.title == "Entry send-mail")
        session.press("esc a")
        guard case .entry(let empty) = session.state.modals.last else { Issue.record("no form"); return }
        #expect(empty.base == nil)
        #expect(self.session("5 a", permission: .readOnly).state.modals.isEmpty)
    }

    // MARK: - Looking

    @Test func whatIsWrongIsSaidInWords() {
        let text = session("5", columns: 200).grid.text
        for words in ["late 43 s", "missed 20", "never ran", "off", "ended", "storm", "! stock.count: minute \"61\" is above 59", "≈FAILURE 41 ms", "every day at 03:30 Europe/Berlin", "led by 7f3a91c2d4e5"] {
            #expect(text.contains(words), "\(words) in \(text)")
        }
    }

    @Test func everyColumnSorts() {
        for field in BeatScreen.table.columns.compactMap(\.field) {
            var session = session("5")
            session.state.sort(by: field, ascending: false)
            session.look()
            session.look()
            let names = session.picture.beat?.rows.map(\.name) ?? []
            #expect(names.count == Sample.entries.count && Set(names).count == names.count, "\(field)")
        }
        var session = session("5")
        session.state.sort(by: "state", ascending: true)
        session.look()
        #expect(session.picture.beat?.rows.map(\.state.rank) == session.picture.beat?.rows.map(\.state.rank).sorted())
        #expect(session.picture.beat?.rows.first?.name == "warehouse")
    }

    @Test func enterShowsRunsAndAKeyTheComingOnes() {
        var session = session("5 / s e n d enter enter")
        #expect(session.grid.text.contains("triggered from here") && session.grid.text.contains("≈"))
        session.press("i")
        #expect(session.state.details.last?.subject == .periodic("send-mail", .upcoming))
        session.press("]")
        #expect(session.grid.text.contains("Positional"))
        session.press("esc esc / n i g h t enter i")
        // The clocks go back on 31 October 2027 and forward on 28 March; twenty days from November see neither.
        #expect(session.grid.text.contains("entry: Europe/Berlin") && session.grid.text.contains("Mon 2026-11-23 03:30") && session.grid.text.contains("Mon 2026-11-23 02:30"))
    }

    @Test func changesOfTheClockAreMarkedBetweenRuns() {
        var session = Session(columns: 120, rows: 40)
        session.now = 1_806_000_000
        session.schedule.fold("nightly-report", Sample.schedule.stored("nightly-report").map { old in
            var stored = old
            stored.entry.lastRun = session.now - 3600
            return stored
        }, now: session.now)
        session.press("5 / n i g h t enter i")
        #expect(session.grid.text.contains("-- 2027-03-28 03:00: clocks go forward by 1 h, Europe/Berlin"), "\(session.grid.text)")
    }

    @Test func withoutAStoreTheViewSaysHowToGetOne() {
        var session = Session(columns: 100, rows: 30)
        session.beatFacts = BeatFacts()
        session.press("5")
        #expect(session.grid.text.contains("no schedule store") && session.grid.text.contains("redbeat+redis://"))
        session.press("s")
        #expect(session.state.notice?.text == "no schedule store: start with -S URL")
    }

    @Test func ofAStoreThatIsAwayTheOldRowsStayGreyedWithTheirAge() {
        var session = session("5")
        session.beatFacts.link = .lost(since: session.now - 40, reason: "Connection refused")
        session.beatFacts.heardAt = session.now - 42
        session.look()
        let grid = session.grid
        #expect(grid.text.contains(", 42 s old") && grid.text.contains("the schedule store cannot be reached: Connection refused") && grid.text.contains("send-mail"))
        #expect(grid.cells.contains { $0.text == "m" && $0.style.role == .stale })
    }

    @Test func theOverviewShowsWhatIsNextFirst() {
        let session = session("1")
        let next = session.picture.beat?.rows.compactMap { $0.next.value } ?? []
        #expect(!next.isEmpty && next == next.sorted())
    }

    @Test func anEditsFateIsToldInWords() {
        #expect(EditVerdict.taken(at: Sample.now).words(.utc) == "taken up by beat at 14:32:05")
        #expect(EditVerdict.silent(due: Sample.now, seconds: 61).words(.utc) == "beat has not reacted for 1 m 1 s: due at 14:32:05, no run recorded")
        #expect(EditVerdict.silent(due: 0, seconds: 1).isError && !EditVerdict.quiet(since: 0).isError)
    }

    @Test func aRecordHasTheFieldsOfTheList() {
        let record = Sample.schedule.row("nightly-report", now: Sample.now)?.record.object
        let fields = ["name", "task", "kind", "schedule", "args", "kwargs", "options", "enabled", "last_run", "next_run", "total_runs", "last_state", "last_runtime"]
        #expect(record.map { Array($0.keys.prefix(fields.count)) } == fields)
        #expect(record?["kind"] == "crontab" && record?["last_state"] == "SUCCESS" && record?["last_runtime"] == 41.0)
    }
}
