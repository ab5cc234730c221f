import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import Dashboard

/// The form of a schedule entry. `RECORD_PICTURES=1` writes the pictures anew.
@Suite struct ScreensEntryFormTests {
    static let redBeat: ScheduleFeatures = [.interval, .relativeInterval, .crontab, .recurrence, .anyOption, .leadership]

    static let nightly = StoredEntry(
        ScheduleEntry(
            "nightly-report", task: "reports.nightly", args: ["eu", 7], options: ["queue": "reports", "expires": 3600],
            schedule: try! .crontab(CrontabSchedule("30 2 * * *")), zone: "Europe/Berlin", lastRun: Sample.now - 40_000, runs: 17, note: "for the board"),
        version: "1")

    static let berlin = try! ZoneRules(name: "Europe/Berlin", file: Array(Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin"))))

    /// A dashboard with the form open, long enough for keys to count.
    private func session(
        _ stored: StoredEntry? = nightly, _ features: ScheduleFeatures = .everything, columns: Int = 80, rows: Int = 24, permission: Permission = .act, isProduction: Bool = false
    ) -> Session {
        var session = Session(columns: columns, rows: rows, permission: permission, isProduction: isProduction)
        let effects = session.state.openEntryForm(stored, features: features, store: "redbeat+redis://cache:6379/0", now: session.now)
        #expect(effects == (stored?.entry.zone.map { [.askZone($0)] } ?? []))
        if let zone = stored?.entry.zone { session.state.handle(.zone(zone, zone == "Europe/Berlin" ? Self.berlin : nil), now: session.now) }
        return session
    }

    private func form(_ session: Session) -> EntryForm? {
        for case .entry(let form) in session.state.modals { return form }
        return nil
    }

    private func go(_ session: inout Session, to field: EntryDraft.Field) {
        for _ in 0..<40 where form(session)?.form.fields[form(session)!.form.focus].id != field.rawValue { session.press("tab") }
        #expect(form(session)?.form.fields[form(session)!.form.focus].id == field.rawValue)
    }

    /// Empties the field and types.
    private func fill(_ session: inout Session, _ field: EntryDraft.Field, _ text: String) {
        go(&session, to: field)
        session.press("end ctrl-u")
        session.type(text)
    }

    private func problem(_ session: Session, _ field: EntryDraft.Field) -> String? { form(session)?.form.fields.first { $0.id == field.rawValue }?.problem }

    // MARK: - Editing

    @Test func anEditIsCheckedShownConfirmedAndSaved() throws {
        var session = session()
        fill(&session, .crontab, "0 5 * * mon-fri")
        #expect(session.press("ctrl-s") == [])
        guard case .confirmation(let question) = session.state.modals.last else { Issue.record("no question"); return }
        #expect(question.facts.first == "Crontab: 30 2 * * * → 0 5 * * mon-fri")
        #expect(question.facts.last == "in redbeat+redis://cache:6379/0, context prod")
        var wanted = Self.nightly.entry
        wanted.schedule = .crontab(try CrontabSchedule("0 5 * * mon-fri"))
        #expect(session.press("y") == [.saveEntry(wanted, replacing: Self.nightly)])
        #expect(form(session)?.isSaving == true, "it stays open until the entry is stored")
        session.state.handle(.entryWritten(.done(StoredEntry(wanted, version: "2"))), now: session.now)
        #expect(session.state.modals.isEmpty)
    }

    @Test func noKeyButTheAnswerSaves() {
        for keys in ["enter", "esc", "n", "q", "space enter"] {
            var session = session()
            fill(&session, .note, "x")
            session.press("ctrl-s")
            session.press(keys)
            #expect(session.effects.allSatisfy { !$0.acts } && form(session) != nil, "\(keys)")
        }
        var session = session()
        for key in ["enter", "f5", "ctrl-r", "x", "X", "down", "up", "ctrl-d", "f9", "delete", "pagedown", "pageup"] { session.press(key) }
        #expect(session.effects.isEmpty && form(session) != nil)
    }

    @Test func keysRightAfterItOpensAreIgnored() {
        var session = session()
        session.press(.character("z"), after: 0.1)
        #expect(form(session)?.draft.isChanged == false)
        session.press(.character("z"), after: 0.3)
        #expect(form(session)?.draft[.name] == "nightly-reportz")
    }

    @Test func inProductionTheContextsNameIsTyped() {
        var session = session(isProduction: true)
        fill(&session, .note, "x")
        session.press("ctrl-s y enter")
        #expect(session.effects.allSatisfy { !$0.acts })
        session.press("ctrl-s")
        session.type("prod")
        session.press("enter")
        #expect(session.effects.filter(\.acts).count == 1)
    }

    @Test func whatWasNotChangedIsNotSaved() {
        var session = session()
        session.press("ctrl-s")
        #expect(session.state.modals.count == 1 && session.state.notice?.text == "nothing is different: there is nothing to save")
    }

    @Test(arguments: [Permission.readOnly, .passive]) func whoMayOnlyLookCannotSave(_ permission: Permission) {
        var session = session(permission: permission)
        fill(&session, .note, "x")
        session.press("ctrl-s")
        #expect(session.state.modals.count == 1 && session.state.notice != nil)
    }

    @Test func leavingAsksOnlyWhenSomethingWasChanged() {
        var session = session()
        session.press("esc")
        #expect(session.state.modals.isEmpty)
        session = self.session()
        fill(&session, .note, "x")
        session.press("esc")
        #expect(form(session)?.question == .leave)
        session.press("n")
        #expect(form(session)?.question == nil && form(session)?.draft[.note] == "x")
        session.press("esc y")
        #expect(session.state.modals.isEmpty && session.effects.allSatisfy { !$0.acts })
    }

    // MARK: - Fields

    @Test func aNewEntryWantsNameAndTaskAndSaysSoAtTheFields() {
        var session = session(nil)
        #expect(form(session)?.form.fields.allSatisfy { $0.problem == nil } == true, "nobody has had a chance yet")
        session.press("ctrl-s")
        #expect(problem(session, .name) == "the name is missing" && problem(session, .task) == "the task's name is missing")
        #expect(form(session)?.form.focus == 0)
        session.type("cleanup")
        fill(&session, .task, "shop.cleanup")
        fill(&session, .every, "1h30m")
        session.press("ctrl-s y")
        #expect(session.effects.last == .saveEntry(ScheduleEntry("cleanup", task: "shop.cleanup", schedule: .interval(IntervalSchedule(every: 5400))), replacing: nil))
    }

    @Test func aFaultStandsAtItsFieldWhileItIsTyped() {
        var session = session()
        fill(&session, .crontab, "60 2 * * *")
        #expect(problem(session, .crontab) == "minute: 60 is not from 0 to 59")
        #expect(session.grid.text.contains("minute: 60 is not from 0 to 59"))
        fill(&session, .args, "[1")
        #expect(problem(session, .args)?.hasPrefix("no JSON at byte 2") == true)
        session.press("ctrl-s")
        #expect(session.state.modals.count == 1, "what is wrong is not asked about")
    }

    @Test func onlyWhatTheStoreHoldsIsOffered() {
        var session = session(nil, Self.redBeat)
        let ids = form(session)?.form.fields.map(\.id) ?? []
        #expect(!ids.contains("zone") && !ids.contains("note") && !ids.contains("one_off") && ids.contains("relative"))
        go(&session, to: .kind)
        session.press("right")
        #expect(form(session)?.draft.kind == .crontab)
        session.press("right")
        #expect(form(session)?.draft.kind == .rrule)
        session.press("right")
        #expect(form(session)?.draft.kind == .interval && form(session)?.draft[.every] == "1m", "round and round")
        #expect(form(session)?.form.fields[form(session)!.form.focus].id == "kind")
    }

    @Test func anUnknownZoneIsAskedForOnceAndTold() {
        var session = session()
        fill(&session, .zone, "No")
        #expect(session.effects == [.askZone("N"), .askZone("No")])
        session.state.handle(.zone("No", nil), now: session.now)
        #expect(problem(session, .zone) == "no such time zone is known here")
        session.press("ctrl-s")
        #expect(session.state.modals.count == 1)
    }

    @Test func textIsEditedWhereTheCursorIs() {
        var session = session()
        go(&session, to: .task)
        session.press("home delete R end backspace Y left left X")
        #expect(form(session)?.draft[.task] == "Reports.nightXlY")
    }

    @Test func theNextRunsFollowWhatIsTyped() {
        var session = session()
        #expect(form(session)?.preview.words == "every day at 02:30 Europe/Berlin")
        #expect(form(session)?.preview.warnings.first?.text.contains("02:30 does not exist; it runs at 03:30") == true)
        fill(&session, .crontab, "0 9 * * mon")
        #expect(form(session)?.preview.words == "every Monday at 09:00 Europe/Berlin" && form(session)?.preview.runs.count == 5)
        let first = form(session)?.preview.runs.first ?? 0
        session.now = first + 1
        session.look()
        #expect(form(session)?.preview.runs.prefix(2) == [session.now, first + 7 * 86_400], "time goes on; nobody has said that it ran")
        #expect(session.grid.text.contains("at once: a run is due already"))
    }

    @Test func aZoneThatIsStillAskedForIsNotSaved() {
        var session = session()
        fill(&session, .zone, "Asia/Tokyo")
        session.press("ctrl-s")
        #expect(session.state.modals.count == 1 && session.state.notice?.text.contains("Asia/Tokyo") == true)
        session.state.handle(.zone("Asia/Tokyo", ZoneRules(offset: 32_400, name: "Asia/Tokyo")), now: session.now)
        #expect(form(session)?.preview.words == "every day at 02:30 Asia/Tokyo")
        session.press("ctrl-s y")
        #expect(session.effects.last?.acts == true)
    }

    // MARK: - Conflicts

    private func conflicting() -> (Session, StoredEntry) {
        var session = session()
        fill(&session, .crontab, "0 6 * * *")
        session.press("ctrl-s y")
        var theirs = StoredEntry(Self.nightly.entry, version: "9")
        theirs.entry.schedule = try! .crontab(CrontabSchedule("0 5 * * *"))
        theirs.entry.note = "theirs"
        session.state.handle(.entryWritten(.conflict(theirs)), now: session.now)
        return (session, theirs)
    }

    @Test func aConflictKeepsTheFormOpenWithAllThreeVersions() {
        let (session, _) = conflicting()
        let picture = session.grid.text
        for text in ["30 2 * * *", "0 5 * * *", "0 6 * * *", "WAS READ", "THEIRS", "YOURS"] { #expect(picture.contains(text), "\(text)") }
    }

    @Test func theirsAreOverwrittenKnowingly() {
        var (session, theirs) = conflicting()
        session.press("ctrl-s")
        guard case .confirmation(let question) = session.state.modals.last else { Issue.record("no question"); return }
        #expect(question.facts.contains("Crontab: 0 5 * * * → 0 6 * * *") && question.facts.contains("Note: theirs → for the board"))
        #expect(question.facts.contains("This overwrites what somebody else has changed since."))
        guard case .saveEntry(_, replacing: let replaced)? = session.press("y").last else { Issue.record("not saved"); return }
        #expect(replaced == theirs)
    }

    @Test func theirsAreLoadedAfterAQuestion() {
        var (session, theirs) = conflicting()
        session.press("ctrl-t n")
        #expect(form(session)?.draft[.crontab] == "0 6 * * *")
        session.press("ctrl-t y")
        #expect(form(session)?.draft[.crontab] == "0 5 * * *" && form(session)?.base == theirs && form(session)?.conflict == nil)
    }

    @Test func whatWasRemovedMeanwhileCanBeAddedAgain() {
        var session = session()
        fill(&session, .note, "x")
        session.press("ctrl-s y")
        session.state.handle(.entryWritten(.conflict(nil)), now: session.now)
        #expect(session.grid.text.contains("removed by somebody else"))
        session.press("ctrl-s y")
        guard case .saveEntry(_, replacing: nil)? = session.effects.last else { Issue.record("not added"); return }
    }

    @Test func aNameThatIsTakenIsNoReasonToLoseTheEntry() {
        var session = session(nil)
        session.type("nightly-report")
        fill(&session, .task, "t")
        session.press("ctrl-s y")
        session.state.handle(.entryWritten(.conflict(Self.nightly)), now: session.now)
        #expect(session.grid.text.contains("This name is taken by another entry"))
        fill(&session, .name, "another")
        session.press("ctrl-s y")
        guard case .saveEntry(let entry, replacing: nil)? = session.effects.last else { Issue.record("not added"); return }
        #expect(entry.name == "another")
    }

    @Test func whatTheStoreRefusesIsToldAndCanBeMended() {
        var session = session()
        fill(&session, .note, "x")
        session.press("ctrl-s y")
        session.state.handle(.entryRefused("this store cannot hold \u{1B}notes"), now: session.now)
        #expect(session.grid.text.contains("this store cannot hold ␛notes"))
        #expect(form(session)?.isSaving == false && form(session)?.draft[.note] == "x")
    }

    // MARK: - Pictures

    @Test(arguments: [(80, 24), (120, 36), (200, 60), (50, 12), (18, 4)]) func looksAsRecorded(_ columns: Int, _ rows: Int) throws {
        var session = session(columns: columns, rows: rows)
        fill(&session, .crontab, "30 2 * * mon-fri")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "entry-form-\(columns)x\(rows)")
        fill(&session, .args, "[1, 2")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "entry-form-fault-\(columns)x\(rows)")
    }

    @Test func comesInASCII() throws {
        var session = session(columns: 100, rows: 30)
        fill(&session, .note, "größer")
        session.now = Sample.now
        let grid = session.state.render(session.picture, keymap: Sample.keymap, glyphs: .ascii)
        #expect(grid.text.utf8.allSatisfy { $0 == 10 || 0x20..<0x7F ~= $0 })
        try ScreensPictureTests().compare(grid.text, with: "entry-form-ascii")
    }

    @Test func newConfirmedAndConflictingLookAsRecorded() throws {
        var new = session(nil, Self.redBeat, columns: 100, rows: 30)
        new.press("ctrl-s")
        new.now = Sample.now
        try ScreensPictureTests().compare(new.grid.text, with: "entry-form-new")
        var confirmed = session(columns: 100, rows: 30)
        fill(&confirmed, .crontab, "0 6 * * *")
        confirmed.press("ctrl-s")
        confirmed.now = Sample.now
        try ScreensPictureTests().compare(confirmed.grid.text, with: "entry-form-confirm")
        var (conflict, _) = conflicting()
        conflict.now = Sample.now
        try ScreensPictureTests().compare(conflict.grid.text, with: "entry-form-conflict")
    }

    /// Whatever is typed, whatever the size: nothing traps, nothing acts.
    @Test(arguments: UInt64(0)..<60) func takesAnyKeys(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var session = session([Self.nightly, nil].randomElement(using: &random)!, [.everything, Self.redBeat, []].randomElement(using: &random)!)
        let keys: [Key] = [.tab, .backTab, .up, .down, .left, .right, .home, .end, .backspace, .delete, .enter, .control("u"), .control("k"), .control("w"), .control("s"), .control("t"), .escape,
            .character("1"), .character("*"), .character(" "), .character("é"), .character("漢"), .character("\u{202E}"), .character("["), .character("h"), .pageUp, .pageDown, .insert]
        for _ in 0..<120 {
            session.state.resize(rows: Int.random(in: 0...40, using: &random), columns: Int.random(in: 0...130, using: &random))
            session.press(keys.randomElement(using: &random)!)
            _ = session.grid
        }
        #expect(session.effects.allSatisfy { !$0.acts })
    }
}
