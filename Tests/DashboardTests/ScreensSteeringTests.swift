import CeleriacCore
import Foundation
import Testing

@testable import Dashboard

/// Mouse, command line, palette, details and what they ask of the runner.
@Suite struct ScreensSteeringTests {
    // MARK: - Mouse

    /// Where a text stands on the screen.
    private func place(of text: String, in session: Session) -> (row: Int, column: Int)? {
        for (row, line) in session.grid.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let range = line.range(of: text) { return (row, line.distance(from: line.startIndex, to: range.lowerBound)) }
        }
        return nil
    }

    private func click(_ text: String, _ event: Key.MouseEvent = .click, in session: inout Session) throws {
        let found = place(of: text, in: session)
        let place = try #require(found, "\(text) is not on screen")
        session.press(.mouse(event, row: place.row, column: place.column))
    }

    @Test func aClickSelectsAndADoubleClickOpens() throws {
        var session = Session()
        session.press("2")
        try click("8a216bc4", in: &session)
        #expect(session.state[.tasks].cursor == Sample.tasks[2].id.rawValue)
        try click("8a24fb37", .doubleClick, in: &session)
        #expect(session.state.details.last?.subject == .task(Sample.tasks[5].id, .summary))
    }

    @Test func aClickOnAHeadingSortsAndAgainTurnsRound() throws {
        var session = Session()
        session.press("3")
        try click("READY", in: &session)
        #expect(session.state[.queues].sort == "ready" && !session.state[.queues].ascending)
        try click("READY", in: &session)
        #expect(session.state[.queues].ascending)
    }

    @Test func aClickOnATabSwitchesAndOnAHintRuns() throws {
        var session = Session()
        try click("Workers", in: &session)
        #expect(session.state.view == .workers)
        try click("Enter open", in: &session)
        #expect(session.state.details.last?.subject == .worker("celery@batch-1", .active))
        try click("Stats", in: &session)
        #expect(session.state.details.last?.subject == .worker("celery@batch-1", .stats))
    }

    @Test func aClickDecidesNoDialog() throws {
        var session = Session()
        session.press("2 j j j j j x")
        let before = session.state.modals
        for row in 0..<24 { for column in stride(from: 0, to: 80, by: 3) { session.press(.mouse(.doubleClick, row: row, column: column)) } }
        #expect(session.state.modals == before && session.effects.allSatisfy { !$0.acts })
    }

    @Test func theWheelMovesByThree() {
        var session = Session()
        session.press("2 j")
        session.press(.mouse(.wheelDown, row: 8, column: 8))
        #expect(session.state[.tasks].index == 3)
        session.press(.mouse(.wheelUp, row: 8, column: 8))
        #expect(session.state[.tasks].index == 0)
    }

    // MARK: - Command line and palette

    @Test(arguments: [
        (":tasks state:failure", ViewName.tasks, "state:failure"), (":queues mail", .queues, "mail"), (":workers web", .workers, "web"), (":beat nightly", .beat, "nightly"), (":log revoke", .log, "revoke"), (":overview", .overview, ""),
    ]) func aCommandOpensAViewWithItsFilter(_ text: String, _ view: ViewName, _ filter: String) {
        var session = Session()
        session.type(text)
        session.press("enter")
        #expect(session.state.view == view)
        #expect(session.state[session.state.list].filter?.text ?? "" == filter)
    }

    @Test func aMisspeltCommandNamesTheNearest() {
        var session = Session()
        session.type(":taks")
        session.press("enter")
        #expect(session.state.notice?.text == "there is no command :taks, did you mean :tasks?")
        session.type(":inspect statz")
        session.press("enter")
        #expect(session.state.notice?.text == "statz is no method that only asks, did you mean stats?")
    }

    @Test func inspectAsksAtOnceAndControlAsksTheUserFirst() {
        var session = Session()
        session.type(":inspect stats")
        session.press("enter")
        #expect(session.effects.last == .control(ControlRequest("stats")))
        session.type(":control rate_limit task_name=mail.send rate_limit=10/m")
        session.press("enter")
        #expect(session.effects.count == 1)
        session.type("4")
        session.press("enter")
        guard case .control(let request) = session.effects.last else { Issue.record("nothing was sent"); return }
        #expect(request.method == "rate_limit" && Value.object(request.arguments) == ["task_name": "mail.send", "rate_limit": "10/m"])
    }

    @Test func tabCompletesRoundAndRound() {
        var session = Session()
        func line() -> String? { if case .line(let line) = session.state.modals.last { line.input.text } else { nil } }
        session.type(":t")
        session.press("tab")
        #expect(line() == "tasks ")
        session.press("tab")
        #expect(line() == "theme ")
        session.press("esc 2 /")
        session.type("state:fai")
        session.press("tab")
        #expect(line() == "state:failure")
        #expect(session.state[.tasks].filter?.text == "state:failure")
    }

    @Test func commandsComeBackFromHistory() {
        var session = Session()
        session.type(":tasks state:retry")
        session.press("enter : up")
        guard case .line(let line) = session.state.modals.last else { Issue.record("no line"); return }
        #expect(line.input.text == "tasks state:retry")
    }

    @Test func thePaletteRunsWhatItShowsFirst() {
        var session = Session()
        session.press("ctrl-p")
        session.type("freeze")
        session.press("enter")
        #expect(session.state.isFrozen)
    }

    // MARK: - Details

    @Test func aFinishedTasksResultIsFetchedOnce() {
        var session = Session()
        session.press("2 j enter esc enter")
        #expect(session.effects == [.fetchResult(Sample.tasks[0].id)])
        session.state.handle(.result(Sample.tasks[0].id, ResultRecord(id: Sample.tasks[0].id, state: .success, result: ["paid": 42])), now: session.now)
        session.press("] ]")
        #expect(session.grid.text.contains("\"paid\": 42"))
    }

    @Test func aWorkersDetailIsAskedAndShown() {
        var session = Session()
        session.press("4 enter")
        #expect(session.effects == [.inspect("celery@batch-1")])
        #expect(session.grid.text.contains(" …"))
        session.state.handle(.inspected("celery@batch-1", method: "active", [["id": "8a1f0c22-1", "name": "shop.charge", "args": [7], "kwargs": [:], "time_start": .number(session.now - 3)]]), now: session.now)
        #expect(session.grid.text.contains("8a1f0c22  shop.charge                   3.0 s         [7]"))
        session.press("j enter")
        #expect(session.state.details.last?.subject == .task("8a1f0c22-1", .summary))
        session.press("esc esc")
        #expect(session.state.details.isEmpty)
    }

    @Test func aPassiveDashboardShowsWhatEventsTellInstead() {
        var session = Session(permission: .passive)
        session.press("4 enter")
        #expect(session.effects.isEmpty)
        #expect(session.grid.text.contains("passive: the worker is not asked"))
    }

    @Test func searchFindsAndGoesOn() {
        var session = Session()
        session.press("2 j v /")
        session.type("retr")
        session.press("enter")
        let first = session.state.details.last?.text.match
        session.press("n")
        #expect(first != nil && session.state.details.last?.text.match != first)
        session.press("N")
        #expect(session.state.details.last?.text.match == first)
    }

    @Test func copyAndRawGiveTheWholeRecord() {
        var session = Session()
        session.press("2 j y")
        #expect(session.effects.last == .copy(Sample.tasks[0].id.rawValue))
        session.press("Y")
        guard case .copy(let text) = session.effects.last else { Issue.record("nothing copied"); return }
        #expect(text.contains("\"args\": \"(0, 'order-1000')\""))
    }

    // MARK: - Small things

    @Test func unboundKeysSayWhereToLook() {
        var session = Session()
        session.press("O")
        #expect(session.state.notice?.text == "O does nothing here: ? lists the keys")
        session.press("9")
        #expect(session.state.notice?.text == "there is no view 9")
    }

    @Test func qGoesBackAndThenQuits() {
        var session = Session()
        session.press("2 j enter q")
        #expect(session.state.details.isEmpty && !session.effects.contains(.quit))
        #expect(session.press("q") == [.quit])
        #expect(session.press("ctrl-c") == [.quit])
    }

    @Test func everyCommandHasItsKeyAndEveryKeyItsCommand() {
        let bound = Set(Sample.keymap.names)
        #expect(Set(Command.allCases.map { "\($0.place.rawValue).\($0.rawValue)" }) == bound)
    }

    @Test(arguments: [60, 80, 100, 200]) func aContextMarkedProductionIsAlwaysCalledSo(columns: Int) {
        let session = Session(columns: columns, rows: 24, isProduction: true)
        #expect(session.grid.text.split(separator: "\n").first?.contains("prod  production") == true)
    }

    @Test func theLogKeepsTheNewestThousand() {
        var state = DashboardState(rows: 24, columns: 80)
        for id in 0..<1500 { state.handle(.logged(LogEntry(id: id, at: 0, title: "a", command: "b")), now: 0) }
        #expect(state.log.count == 1000 && state.log.first?.id == 500)
    }

    @Test func manyWorkersScrollInTheirPane() {
        var session = Session(columns: 120, rows: 30)
        session.workers = (0..<700).map { WorkerRow(name: WorkerName(String(format: "w%03d", $0)), state: .online) }
        session.press("1 tab")
        // The worker selected before is gone: the first key selects the row that took its place.
        for _ in 0...40 { session.press("j") }
        #expect(session.state[.workersPane].cursor == "w040")
        #expect(session.grid.text.contains("▶ w040"))
        session.press("G")
        #expect(session.grid.text.contains("▶ w699"))
    }
}
