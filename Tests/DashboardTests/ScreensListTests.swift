import CeleriacCore
import TestSupport
import Testing

@testable import Dashboard

/// The cursor keeps to its item, not to its row.
@Suite struct ScreensListTests {
    @Test func tasksShowTheNewestUntilOneIsSelected() {
        var session = Session()
        session.press("2")
        #expect(session.state[.tasks].cursor == nil)
        session.press("x")
        #expect(session.state.notice?.text == "no task is selected: j or a click selects")
        session.press("j")
        #expect(session.state[.tasks].cursor == Sample.tasks[0].id.rawValue)
        session.press("g")
        #expect(session.state[.tasks].cursor == nil)
    }

    @Test func newRowsDoNotMoveTheCursorFromItsItemNorFromItsRow() {
        var session = Session()
        session.press("2 j j j j")
        let (cursor, row) = (session.state[.tasks].cursor, session.state[.tasks].row)
        for round in 0..<50 {
            session.tasks.insert(Sample.task(1000 + round), at: 0)
            session.look()
        }
        #expect(session.state[.tasks].cursor == cursor)
        #expect(session.state[.tasks].row == row)
        #expect(session.state[.tasks].index == 53)
        session.press("j")
        #expect(session.state[.tasks].cursor == Sample.tasks[4].id.rawValue)
    }

    @Test func aVanishedRowKeepsItsPlaceAndRefusesToAct() {
        var session = Session()
        session.press("2 j j j j j")
        session.tasks.remove(at: 4)
        session.look()
        #expect(session.state[.tasks].isGone)
        #expect(session.state[.tasks].index == 4)
        session.press("x")
        #expect(session.state.modals.isEmpty)
        #expect(session.state.notice?.text == "this task is gone: j selects the next one")
        session.press("j")
        #expect(session.state[.tasks].cursor == Sample.tasks[5].id.rawValue)
        #expect(!session.state[.tasks].isGone)
    }

    /// Whatever keys move it, the cursor is the row drawn as selected, inside the window.
    @Test(arguments: UInt64(0)..<40) func theSelectedRowIsAlwaysInSight(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var session = Session(columns: 90, rows: Int.random(in: 8...40, using: &random))
        session.press("2 j")
        let keys = "j k j k ctrl-d ctrl-u page-down page-up G home down up end".split(separator: " ").map(String.init)
        for _ in 0..<60 {
            if Bool.random(using: &random) { session.tasks.insert(Sample.task(Int.random(in: 2000...9000, using: &random)), at: 0) }
            session.press(keys.randomElement(using: &random) ?? "j")
            let list = session.state[.tasks]
            #expect(list.row >= 0 && list.row < session.state.window(of: .tasks))
            guard let cursor = list.cursor else { continue }
            let page = session.picture.tasks
            #expect(page?.rows[list.index - (page?.first ?? 0)].id.rawValue == cursor, "seed \(seed)")
            let drawn = session.grid.text.split(separator: "\n").filter { $0.contains(Glyphs.unicode.pointer) }
            #expect(drawn.count == 1 && drawn[0].contains(cursor.prefix(8)), "seed \(seed)")
        }
    }

    @Test func queuesAndWorkersSelectTheirFirstRowAtOnce() {
        var session = Session()
        session.press("3")
        #expect(session.state[.queues].cursor == "default")
        session.press("4")
        #expect(session.state[.workers].cursor == "celery@batch-1")
    }

    @Test func theFilterNarrowsAsItIsTypedAndEscGoesBack() {
        var session = Session()
        session.press("2 /")
        session.type("state:failure")
        #expect(session.state[.tasks].filter?.text == "state:failure")
        #expect(session.state[.tasks].matching == 14)
        session.press("esc")
        #expect(session.state[.tasks].filter == nil)
        session.press("/")
        session.type("state:failure")
        session.press("enter")
        #expect(session.grid.text.contains("filter: state:failure"))
        session.press("esc")
        #expect(session.state[.tasks].filter == nil)
    }

    @Test func rangesMarkWhatTheCursorPasses() {
        var session = Session()
        session.press("2 j j V j j j V")
        #expect(session.state[.tasks].marks == Set(Sample.tasks[1...4].map(\.id.rawValue)))
        session.press("j")
        #expect(session.state[.tasks].marks.count == 4)
        session.press("U")
        #expect(session.state[.tasks].marks.isEmpty)
    }

    @Test func aFrozenPictureStandsStillWhileTheHeaderGoesOn() {
        var session = Session()
        session.press("2 j Z")
        let before = session.grid.text.split(separator: "\n").dropFirst().joined()
        session.tasks = Array(session.tasks.dropFirst(40))
        session.header.eventsPerSecond = 7
        session.look()
        let after = session.grid.text.split(separator: "\n")
        #expect(after.dropFirst().joined() == before)
        #expect(after[0].contains("FROZEN") && after[0].contains("7 ev/s"))
        session.press("Z")
        #expect(!session.grid.text.contains("FROZEN"))
    }

    @Test func sortingAsksTheStateForThatColumn() {
        var session = Session()
        session.press("2 >")
        #expect(session.state.request().tasks?.sort == "id")
        session.press("o G enter")
        #expect(session.state.request().tasks?.sort == "args")
        #expect(session.state.request().tasks?.ascending == false)
        session.press("I")
        #expect(session.state.request().tasks?.ascending == true)
    }

    @Test func aFailureLeadsToItsTasks() {
        var session = Session()
        session.press("1 shift-tab enter")
        #expect(session.state.view == .tasks)
        #expect(session.state[.tasks].filter?.text == "state:failure name=shop.charge error=ConnectionError")
    }
}
