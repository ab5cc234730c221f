import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

@testable import Dashboard

/// Sending tasks again, others like them, and new ones. `RECORD_PICTURES=1` writes the pictures anew.
@Suite struct ScreensRetryTests {
    /// The first failed task of the samples.
    static let failed = Sample.tasks[2]

    static func known(
        _ id: TaskID = failed.id, args: [Value]? = ["order-1002", 7], kwargs: OrderedDictionary<String, Value>? = ["retry": true], record: Bool = true, message: TaskMessage? = nil, shown: String? = nil
    ) -> KnownCall {
        var kept = ResultRecord(id: id, state: .failure)
        (kept.name, kept.queue, kept.args, kept.kwargs) = ("reports.nightly", "reports", args.map(Value.array), kwargs.map(Value.object))
        var row = failed
        row.id = id
        if let shown { row.args = shown }
        return KnownCall(
            id,
            CallEvidence(
                record: record ? .found(kept) : .missing("no result backend: give -r URL or set CELERY_RESULT_BACKEND"),
                message: message.map { .found(SeenMessage($0, in: "reports", .held)) } ?? .missing("it is in no queue, and no worker holds it"), row: row))
    }

    private func session(columns: Int = 100, rows: Int = 30, permission: Permission = .act, isProduction: Bool = false) -> Session {
        var session = Session(columns: columns, rows: rows, permission: permission, isProduction: isProduction)
        session.press("2 j j j")
        return session
    }

    private func question(_ session: Session) -> Dashboard.Confirmation? { if case .confirmation(let question)? = session.state.modals.last { question } else { nil } }
    private func form(_ session: Session) -> MessageForm? { session.state.modals.lazy.compactMap { if case .message(let form) = $0 { form } else { nil } }.last }

    private func fill(_ session: inout Session, _ field: MessageDraft.Field, _ text: String) {
        for _ in 0..<20 where form(session).map({ $0.form.fields[$0.form.focus].id }) != field.rawValue { session.press("tab") }
        session.press("end ctrl-u")
        session.type(text)
    }

    // MARK: - One

    @Test func aRetryShowsWhatIsSentAndWhereItIsFrom() throws {
        var session = session()
        #expect(session.press("r") == [.findCall(Self.failed.id, .retry)])
        session.state.handle(.callFound(Self.known(), .retry), now: session.now)
        let asked = try #require(question(session))
        #expect(asked.title == "Retry 1 task")
        #expect(asked.facts.contains { $0.contains(Self.failed.id.rawValue) } && asked.facts.contains("args [\"order-1002\",7]") && asked.facts.contains("kwargs {\"retry\":true}"))
        #expect(asked.facts.contains { $0.contains("result_extended") } && asked.facts.contains("to queue reports") && asked.facts.contains { $0.contains("in context prod") })
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "dialog-retry")
        session.now += 10
        let effects = session.press("y")
        guard case .send(let order)? = effects.first else { Issue.record("\(effects)"); return }
        #expect(order.known?.id == Self.failed.id && order.resending == ResendingTerms() && order.terms.args == ["order-1002", 7] && order.terms.kwargs == ["retry": true])
        #expect(order.terms.queue == "reports" && order.terms.name == "reports.nightly" && session.state.modals.isEmpty)
    }

    @Test func noKeyButTheAnswerRetries() {
        for keys in ["enter", "esc", "n", "q", "r", "space enter"] {
            var session = session()
            session.press("r")
            session.state.handle(.callFound(Self.known(), .retry), now: session.now)
            session.press(keys)
            #expect(!session.effects.contains { if case .send = $0 { true } else { false } }, "\(keys)")
        }
        var session = session()
        session.press("r")
        session.state.handle(.callFound(Self.known(), .retry), now: session.now)
        session.press(.character("y"), after: 0.1)
        #expect(question(session) != nil, "a key that was meant for what the dialog covers does nothing")
    }

    @Test func whatIsNotKnownIsMarkedAndHasToBeFilledIn() throws {
        var session = session(columns: 80, rows: 24)
        session.press("r")
        session.state.handle(.callFound(Self.known(record: false, shown: "('order-1002', 'a very long…', ...)"), .retry), now: session.now)
        #expect(question(session) == nil)
        #expect(form(session)?.draft.missing == [.args])
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "form-retry-missing")
        session.now += 10
        session.press("ctrl-s")
        #expect(question(session) == nil, "what is missing is not sent")
        fill(&session, .args, "[\"order-1002\"]")
        session.press("ctrl-s")
        let asked = try #require(question(session))
        #expect(asked.facts.contains("arguments as you typed them") && asked.facts.contains("Args: (none) → [\"order-1002\"]"))
        let effects = session.press("y")
        guard case .send(let order)? = effects.first else { Issue.record("\(effects)"); return }
        #expect(order.terms.args == ["order-1002"] && form(session)?.isBusy == true)
        session.state.handle(.sendRefused("the broker is away"), now: session.now)
        #expect(session.grid.text.contains("the broker is away"))
        session.press("ctrl-s y")
        session.state.handle(.sent("new"), now: session.now)
        #expect(session.state.modals.isEmpty)
    }

    @Test func theIdAndTheLinksAreAChoice() throws {
        var message = try TaskMessage(TaskCall(id: Self.failed.id, name: "reports.nightly", args: [1]).envelope(now: 0, replyTo: "r", origin: "o"))
        message.callbacks = [["task": "reports.mail", "args": []]]
        message.chain = [["task": "reports.last"], ["task": "reports.next"]]
        message.chord = ["task": "reports.total"]
        var session = session()
        session.press("r")
        session.state.handle(.callFound(Self.known(record: false, message: message), .retry), now: session.now)
        let asked = try #require(question(session))
        #expect(asked.facts.contains("links dropped: after success reports.mail; then its chain: reports.next, reports.last; counts in a chord that ends in reports.total"))
        #expect(asked.facts.contains { $0.hasPrefix("A worker still holds its message") })
        session.press("e")
        #expect(form(session) != nil && question(session) == nil)
        session.press("shift-tab space shift-tab space")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "form-retry")
        session.now += 10
        session.press("ctrl-s")
        let kept = try #require(question(session))
        #expect(kept.facts.contains { $0.hasPrefix("links kept") } && kept.facts.contains { $0.hasPrefix("under its own id") })
        guard case .send(let order)? = session.press("y").first else { Issue.record("nothing is sent"); return }
        #expect(order.resending?.keepsID == true && order.resending?.keepsLinks == true)
    }

    @Test func aTaskThatHasNotEndedIsNotRetried() {
        var session = session()
        session.press("k")
        #expect(session.press("r") == [] && session.state.notice?.text.contains("has not ended: c sends another one like it") == true)
        #expect(session.press("c") == [.findCall(Sample.tasks[1].id, .clone)])
    }

    @Test func anAnswerThatComesTooLateOpensNothing() {
        var session = session()
        session.press("r")
        session.press("2 j r")
        session.state.handle(.callFound(Self.known(), .retry), now: session.now)
        #expect(session.state.modals.isEmpty)
    }

    @Test func inProductionTheContextIsTyped() throws {
        var session = session(isProduction: true)
        session.press("r")
        session.state.handle(.callFound(Self.known(), .retry), now: session.now)
        #expect(question(session)?.need == .text("prod", kind: "the context's name"))
        #expect(session.press("y") == [])
        session.press("ctrl-e")
        #expect(form(session) != nil)
    }

    @Test(arguments: [Permission.readOnly, .passive]) func whoMayNotActSendsNothing(_ permission: Permission) {
        var session = session(permission: permission)
        for keys in ["r", "c", "a", "7 r"] { session.press(keys) }
        #expect(session.effects.isEmpty && session.state.modals.isEmpty)
    }

    // MARK: - Many

    @Test func aGroupOfFailuresIsRetriedAsAWhole() throws {
        var session = Session(columns: 100, rows: 30)
        session.press("7")
        #expect(session.press("r") == [])
        session.press("enter")
        let asked = try #require(question(session))
        #expect(asked.title == "Retry 1204 tasks" || asked.title == "Retry 1,204 tasks")
        #expect(asked.need == .text("prod", kind: "the context's name"))
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "dialog-retry-group")
        session.now += 10
        session.type("prod")
        let filter = try Filter("state:failure name=shop.charge error=ConnectionError")
        #expect(session.press("enter") == [.retry(.matching(filter, count: 1204), ResendingTerms())])
    }

    @Test func markedOnesAreRetriedTogether() throws {
        var session = session()
        session.press("space space r j enter")
        let asked = try #require(question(session))
        #expect(asked.title == "Retry 2 tasks" && asked.need == .text("2", kind: "the count"))
        var terms = ResendingTerms()
        terms.keepsID = true
        let ids = [Self.failed.id, Sample.tasks[3].id].sorted { $0.rawValue < $1.rawValue }
        #expect(session.press("2 enter") == [.retry(.tasks(ids), terms)])
        #expect(session.state[.tasks].marks.isEmpty)
    }

    @Test func aJobTellsHowFarItIsAndIsStoppedByItsKey() {
        var session = session()
        #expect(session.press("ctrl-x") == [] && session.state.notice?.text == "no job is running")
        session.press("j")
        session.state.handle(.logged(LogEntry(id: 7, at: session.now, title: "retry 900 tasks", command: "celeriac retry")), now: session.now)
        session.state.handle(.progressed(log: 7, "retried 300 of 900, 500 /s, 2 s left"), now: session.now)
        #expect(session.grid.text.contains("retried 300 of 900, 500 /s, 2 s left") && session.grid.text.contains("Ctrl-x stop the job"))
        #expect(session.press("ctrl-x") == [.stop(log: 7)])
        session.state.handle(.finished(log: 7, summary: "retried 300 tasks, stopped", isError: true), now: session.now)
        #expect(!session.grid.text.contains("stop the job"))
    }

    // MARK: - The list of errors

    @Test func aGroupLeadsToItsTasks() {
        var session = Session(columns: 100, rows: 30)
        session.press("7 j enter")
        #expect(session.state.view == .tasks && session.state[.tasks].filter?.text == "state:failure name=reports.nightly error=SoftTimeLimitExceeded")
    }

    @Test func errorsCanBeSortedFilteredAndSaved() {
        var session = Session(columns: 100, rows: 30)
        session.press("7 o j enter")
        #expect(session.state.request().errors?.sort == "count" && session.state.request().errors?.ascending == false)
        session.press("/ K e y enter")
        #expect(session.state.request().errors?.filter?.text == "Key" && session.state.wholeTable.errors?.filter?.text == "Key")
        session.press("ctrl-s")
        #expect(session.press("enter") == [.save(view: "errors", kind: .csv)])
    }

    // MARK: - The message

    @Test func theMessageOfATaskIsLookedForWhenItsTabIsOpened() throws {
        var session = session()
        #expect(session.press("enter ] ] ] ] ] ]").contains(.findMessage(Self.failed.id)))
        #expect(session.grid.text.contains("looking through the queues"))
        session.state.handle(.messageFound(Self.failed.id, .missing("it is in no queue, and no worker holds it")), now: session.now)
        #expect(session.grid.text.contains("? it is in no queue"))
        #expect(session.press("ctrl-r") == [.refresh, .findMessage(Self.failed.id)])
        var call = TaskCall(id: Self.failed.id, name: "reports.nightly", args: ["\u{1B}[31mred", 7], kwargs: ["retry": true])
        call.callbacks = [["task": "reports.mail"]]
        let message = try TaskMessage(call.envelope(now: 0, replyTo: "reply", origin: "gen1@host"))
        session.state.handle(.messageFound(Self.failed.id, .found(SeenMessage(message, in: "reports", .held))), now: session.now)
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "task-message")
    }

    // MARK: - New ones

    @Test func aNewTaskIsSentFromAForm() throws {
        var session = session()
        #expect(session.press("a") == [.askTaskNames])
        session.state.handle(.taskNames(["mail.send", "shop.charge", "shop.refund"]), now: session.now)
        session.type("shop.")
        session.press("ctrl-n ctrl-n")
        #expect(form(session)?.draft[.name] == "shop.refund")
        session.press("ctrl-n")
        #expect(form(session)?.draft[.name] == "shop.charge", "round and round")
        fill(&session, .args, "[1, {\"a\": 12345678901234567890123}]")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "form-send")
        session.now += 10
        session.press("ctrl-s")
        #expect(question(session)?.title == "Send 1 task")
        guard case .send(let order)? = session.press("y").first else { Issue.record("nothing is sent"); return }
        #expect(order.resending == nil && order.terms.name == "shop.charge" && order.terms.args == [1, ["a": .bigInteger("12345678901234567890123")]])
    }

    @Test func leavingAFormThatWasTypedInAsks() {
        var session = session()
        session.press("a")
        session.type("x")
        session.press("esc")
        #expect(form(session)?.isLeaving == true)
        session.press("n")
        #expect(form(session)?.isLeaving == false)
        session.press("esc y")
        #expect(session.state.modals.isEmpty && !session.effects.contains { if case .send = $0 { true } else { false } })
    }

    /// Whatever is pressed in the form, nothing is sent without the question.
    @Test(arguments: UInt64(0)..<40) func noKeysOfTheFormSend(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var session = session()
        session.press("a")
        let names = ["tab", "shift-tab", "ctrl-s", "ctrl-n", "enter", "left", "right", "up", "down", "x", "[", "]", "{", "}", "1", "\"", "backspace", "ctrl-u", "ctrl-x", "f9", "delete"]
        for _ in 0..<60 {
            session.press(names.randomElement(using: &random) ?? "tab")
            _ = session.grid
        }
        #expect(!session.effects.contains { if case .send = $0 { true } else { false } })
    }
}
