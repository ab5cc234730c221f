import CeleriacCore
import Testing

@testable import Dashboard

/// Workflows as rows and as trees take the keys of the tasks that they show.
@Suite struct ScreensWorkflowTests {
    @Test func aNodeOfTheTreeIsRevokedAsATaskIs() {
        var session = Session(columns: 120, rows: 36)
        session.press("6 j enter j j j j x y")
        let waiting = Sample.waitingChord.nodes[4].task?.id
        #expect(session.effects == [.revoke([waiting ?? "?"], terminate: false, signal: "SIGTERM")])
    }

    @Test func aRunningNodeIsTerminatedAndNotRevoked() {
        var session = Session(columns: 120, rows: 36)
        session.press("6 j enter j j j x")
        #expect(session.effects.isEmpty && session.state.modals.isEmpty)
        #expect(session.state.notice?.text.hasSuffix("is running: X terminates it") == true)
        session.press("X enter y")
        #expect(session.effects == [.revoke([Sample.waitingChord.nodes[3].task?.id ?? "?"], terminate: true, signal: "SIGTERM")])
    }

    @Test func enterOnANodeOpensItsTaskAndEscComesBackToTheTree() {
        var session = Session(columns: 120, rows: 36)
        session.press("6 j enter j enter")
        #expect(session.state.details.map(\.subject) == [.workflow(Sample.waitingChord.row.id), .task(Sample.waitingChord.row.id, .summary)])
        session.press("esc")
        #expect(session.state.details.map(\.subject) == [.workflow(Sample.waitingChord.row.id)])
        #expect(session.state.details.last?.text.selected == .task(Sample.waitingChord.row.id))
    }

    @Test func aTaskLeadsToItsWorkflow() {
        var session = Session(columns: 120, rows: 36)
        session.press("2 j j p")
        #expect(session.state.details.last?.subject == .workflow(Sample.tasks[1].id))
    }

    @Test func tracebackAtARowIsThatOfItsWorstTask() {
        var session = Session(columns: 120, rows: 36)
        session.press("6 j j j t")
        #expect(session.state.details.last?.subject == .task(Sample.failedChain.row.worst?.id ?? "?", .traceback))
    }

    @Test func fShowsFailedWorkflowsOnlyAndThenAllAgain() {
        var session = Session(columns: 120, rows: 36)
        session.press("6 f")
        #expect(session.state.view == .workflows && session.state[.workflows].filter?.text == "state:failure")
        session.press("f")
        #expect(session.state[.workflows].filter == nil)
    }

    @Test func nothingOfARowIsTakenAwayByASlip() {
        var session = Session(columns: 120, rows: 36)
        session.press("6 x X delete j x X")
        #expect(session.effects.isEmpty && session.state.modals.isEmpty)
    }

    @Test func groupsThatTheResultBackendDoesNotTellOfAreSaid() {
        var session = Session(columns: 120, rows: 36)
        session.header.groupProblem = "open at rediss://h failed"
        session.press("2")
        #expect(!session.grid.text.contains("rediss://h"))
        session.press("6")
        #expect(session.grid.text.contains("the result backend does not tell of groups: open at rediss://h failed"))
        session.press("j enter")
        #expect(session.grid.text.contains("the result backend does not tell of groups"))
        #expect(WorkflowsScreen.emptiness(ListPage(), ListState(), session.header).last == "open at rediss://h failed")
    }

    @Test func aStuckChordIsTheReasonBeforeAFailure() {
        var row = Sample.failedChain.row
        #expect(WorkflowReason(row)?.texts.last == "shop.refuse: PaymentRefused")
        row.chord = .stuck(counted: 2, size: 2)
        #expect(row.isStuck && WorkflowReason(row) == .chord(.stuck(counted: 2, size: 2)))
        row = Sample.waitingChord.row
        #expect(!row.isStuck && WorkflowReason(row)?.texts.first == row.chord?.words)
        row.chord = .fired
        #expect(WorkflowReason(row)?.texts == ["reports.render on batch-1"])
        (row.counts.running, row.counts.waiting) = (0, 0)
        #expect(WorkflowReason(row) == nil)
    }

    /// What is known of a chord is said in one sentence.
    @Test func verdictsAreSentences() {
        #expect(
            Sample.waitingChord.row.chord?.words
                == "chord waits: 3 of 6 members done; missing \(Sample.waitingChord.nodes[3].task?.shortID ?? "") (running on batch-1, 12 s), \(Sample.waitingChord.nodes[4].task?.shortID ?? "") (waiting on web-2, 13 s), 1 not seen")
        #expect(ChordVerdict.stuck(counted: 5, size: 5).words == "chord stuck: the counter says 5 of 5 but the body was never sent")
        #expect(ChordVerdict.waits(counted: 1, size: 9, missing: [], unseen: 8, failed: 2).words == "chord waits: 1 of 9 members done; missing 8 not seen; 2 failed, so it will end in ChordError")
    }
}
