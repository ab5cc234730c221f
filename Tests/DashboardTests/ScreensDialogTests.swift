import CeleriacCore
import Testing

@testable import Dashboard

/// An acting key opens a question; only its answer acts.
@Suite struct ScreensDialogTests {
    /// Ways to every dialog that acts, and what answers it.
    static let dialogs: [(name: String, keys: String, answer: String)] = [
        ("revoke one", "2 j j j j j x", "y"), ("terminate one", "2 j j X enter", "y"), ("revoke marked", "2 j space space space x", "3 enter"),
        ("grow", "4 f8", "y"), ("shrink", "4 f7", "y"), ("events on", "4 E", "y"), ("consumer", "4 Q tab h i ctrl-s", "y"),
        ("suspend", "5 s", "y"), ("remove", "5 x", "y"), ("trigger", "5 T", "y"), ("skip", "5 G k S", "y"), ("remove marked", "5 space space space x", "3 enter"),
    ]

    @Test(arguments: dialogs) func enterAtOnceChangesNothing(_ name: String, _ keys: String, _ answer: String) {
        var session = Session()
        session.press(keys)
        #expect(session.effects.allSatisfy { !$0.acts }, "\(name)")
        guard case .confirmation = session.state.modals.last else { Issue.record("\(name) asks nothing"); return }
        session.press("enter")
        #expect(session.effects.allSatisfy { !$0.acts }, "\(name)")
        #expect(session.state.notice?.text == "nothing was changed")
    }

    @Test(arguments: dialogs) func theAnswerActs(_ name: String, _ keys: String, _ answer: String) {
        var session = Session()
        session.press(keys)
        session.press(answer)
        #expect(session.effects.filter(\.acts).count == 1, "\(name)")
        #expect(session.state.modals.isEmpty)
    }

    @Test(arguments: dialogs) func keysWithin300msAreIgnored(_ name: String, _ keys: String, _ answer: String) {
        var session = Session()
        session.press(keys)
        let before = session.state.modals
        for key in answer.split(separator: " ").compactMap({ Key(name: String($0)) }) { session.press(key, after: 0.1) }
        #expect(session.effects.allSatisfy { !$0.acts }, "\(name)")
        #expect(session.state.modals == before)
    }

    @Test(arguments: dialogs) func readOnlyRefusesWithTheReason(_ name: String, _ keys: String, _ answer: String) {
        var session = Session(permission: .readOnly)
        session.press(keys)
        session.press(answer)
        #expect(session.effects.allSatisfy { !$0.acts }, "\(name)")
    }

    @Test(arguments: dialogs) func aProductionContextWantsItsNameInsteadOfY(_ name: String, _ keys: String, _ answer: String) {
        var session = Session(isProduction: true)
        session.press(keys)
        session.press("y enter")
        #expect(session.effects.allSatisfy { !$0.acts })
        session.press(keys.hasPrefix("4 Q") ? "esc \(keys)" : "U g \(keys)")
        if answer == "y" { session.type("prod") } else { session.press(answer) }
        if answer == "y" { session.press("enter") }
        #expect(session.effects.filter(\.acts).count == 1, "\(name)")
    }

    @Test func aDialogKeepsToItsTaskHoweverTheListMoves() {
        var session = Session()
        session.press("2 j j j j j")
        let chosen = session.state[.tasks].cursor
        session.press("x")
        for round in 0..<20 {
            session.tasks.insert(Sample.task(1000 + round), at: 0)
            session.tasks.shuffle()
            session.look()
        }
        session.press("y")
        #expect(session.effects.last == .revoke([TaskID(chosen ?? "")], terminate: false, signal: "SIGTERM"))
    }

    @Test func moreThanTwentyWantTheContextsName() {
        var session = Session(columns: 120, rows: 36)
        session.press("2 A x")
        session.type("29")
        session.press("enter")
        #expect(session.effects.allSatisfy { !$0.acts })
        session.press("x")
        session.type("prod")
        session.press("enter")
        guard case .revoke(let ids, terminate: false, _) = session.effects.last else { Issue.record("nothing was revoked"); return }
        #expect(ids.count == session.state.window(of: .tasks))
    }

    @Test func allThatMatchAreRevokedByTheirFilter() throws {
        var session = Session()
        session.press("2 f A x")
        session.type("14")
        session.press("enter")
        #expect(session.effects.last == .revokeMatching(try Filter("state:failure"), count: 14, terminate: false, signal: "SIGTERM"))
    }

    @Test func shuttingDownWantsTheWorkersName() {
        var session = Session()
        session.press("4 j j X y enter")
        #expect(session.effects.allSatisfy { !$0.acts })
        session.press("X")
        session.type("celery@web-1")
        session.press("enter")
        #expect(session.effects.last == .control(ControlRequest("shutdown", destination: ["celery@web-1"])))
    }

    @Test func anotherSignalIsChosenInTheMenu() {
        var session = Session()
        session.press("2 j j X j enter y")
        #expect(session.effects.last == .revoke([Sample.tasks[1].id], terminate: true, signal: "SIGKILL"))
    }

    @Test func whatHasEndedIsNotRevoked() {
        var session = Session()
        session.press("2 j x")
        #expect(session.state.modals.isEmpty)
        #expect(session.state.notice?.text == "8a1f0c22 has ended already: SUCCESS")
    }

    @Test func aLostLinkRefusesEvenTheAnswer() {
        var session = Session()
        session.press("2 j j j j j x")
        session.header.link = .reconnecting(since: session.now, retryAt: session.now + 4, reason: "refused")
        session.press("y")
        #expect(session.effects.allSatisfy { !$0.acts })
        #expect(session.state.notice?.text == "the broker cannot be reached now")
    }

    @Test func eventsAreSwitchedOnWhereTheyAreMissing() {
        var session = Session()
        session.press("1 E y")
        #expect(session.effects.last == .control(ControlRequest("enable_events", destination: ["celery@web-2"])))
    }

    @Test func eventsAreNotSwitchedOffWhileItIsNotKnownThatTheyAreOn() {
        var session = Session()
        session.workers.removeAll { $0.sendsTaskEvents.value == false }
        (session.header.workersWithoutEvents, session.header.workersUnsureOfEvents) = (0, 1)
        session.press("1 E y")
        #expect(session.effects.last == .control(ControlRequest("enable_events", destination: ["celery@web-3"])))
    }
}

extension Effect {
    /// Changes something in the cluster.
    var acts: Bool {
        switch self {
        case .revoke, .revokeMatching, .entries, .undoEdit, .saveEntry, .send, .retry: true
        case .control(let request): !request.isInspection
        default: false
        }
    }
}
