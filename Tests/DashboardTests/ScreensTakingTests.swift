import CeleriacCore
import Foundation
import OrderedCollections
import Testing

@testable import Dashboard

/// Deleting, moving, purging and taking back, by keys.
@Suite struct ScreensTakingTests {
    private func kept(_ numbers: Int...) -> [KeptMessage] { numbers.map { MessageSample.message($0).kept } }

    @Test func oneMessageIsDeletedByY() throws {
        var session = Session.atMessages()
        #expect(session.press("j x") == [])
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-delete")
        #expect(session.press("enter") == [] && session.state.notice?.text == "nothing was changed")
        #expect(session.press("x y") == [.begin(.delete(.messages(kept(1)), in: "default"))])
    }

    @Test func markedOnesAreDeletedByTheirCount() {
        var session = Session.atMessages()
        session.press("space space j space x")
        #expect(session.grid.text.contains("Delete 3 messages of default") && session.grid.text.contains("type the count: 3"))
        #expect(session.press("y enter") == [])
        session.press("x")
        #expect(session.type("3") == [] && session.press("enter") == [.begin(.delete(.messages(kept(0, 1, 3)), in: "default"))])
        #expect(session.state[.messages].marks.isEmpty)
    }

    @Test func allThatMatchAreMovedByTheQueuesName() throws {
        var session = Session.atMessages()
        session.press("/")
        session.type("name:mail.*")
        session.press("enter A m")
        session.type("re")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-target")
        session.press("tab")
        #expect(session.grid.text.contains("move to the queue: reports"))
        session.press("enter")
        let filter = try Filter("name:mail.*")
        #expect(session.grid.text.contains("all that match name:mail.* when it is done") && session.grid.text.contains("from default to the end of reports"))
        session.type("default")
        #expect(session.press("enter") == [.begin(.move(.matching(filter), from: "default", to: "reports"))])
    }

    @Test func theTargetMustBeAnotherQueue() {
        var session = Session.atMessages()
        session.press("m")
        session.type("default")
        session.press("enter")
        #expect(session.grid.text.contains("they are there already"))
        session.press("ctrl-u enter")
        #expect(session.grid.text.contains("the queue's name is missing"))
        session.type("nowhere")
        session.press("enter")
        #expect(session.grid.text.contains("No queue of this name has been seen"))
        #expect(session.press("y") == [.begin(.move(.messages(kept(0)), from: "default", to: "nowhere"))])
    }

    @Test func messagesAreServedFirstOrLast() {
        var session = Session.atMessages()
        session.press("K")
        #expect(session.grid.text.contains("Serve 1 message of default first") && session.grid.text.contains("before all others of the same priority"))
        #expect(session.press("y") == [.begin(.reorder(.messages(kept(0)), in: "default", isFirst: true))])
        session.press("space space J")
        #expect(session.grid.text.contains("Serve 2 messages of default last"))
        #expect(session.type("2") == [] && session.press("enter") == [.begin(.reorder(.messages(kept(0, 1)), in: "default", isFirst: false))])
        session.state.editing = [.holds, .replacesAtEnd, .noFront]
        session.press("K")
        #expect(session.state.notice?.text.contains("can put nothing at the front") == true)
    }

    @Test(arguments: ["3 X", "3 enter X", "3 enter [ X"]) func purgingWantsTheQueuesName(_ keys: String) {
        var session = Session(columns: 110, rows: 30)
        session.press(keys)
        #expect(session.grid.text.contains("Purge the queue default") && session.grid.text.contains("12,482 messages waiting"))
        #expect(session.press("y enter") == [])
        session.press("X")
        session.type("default")
        #expect(session.press("enter") == [.begin(.purge("default"))])
    }

    @Test func inProductionTheContextsNameIsTyped() {
        var session = Session.atMessages(isProduction: true)
        session.press("x y enter")
        #expect(session.state.notice?.text == "nothing was changed: what was typed is not the context's name")
        session.press("x")
        session.type("prod")
        #expect(session.press("enter") == [.begin(.delete(.messages(kept(0)), in: "default"))])
    }

    @Test func itSaysWhyNot() {
        var session = Session.atMessages(permission: .readOnly)
        for keys in ["x", "X", "m", "e"] { #expect(session.press(keys) == [] && session.state.notice?.text.hasPrefix("read-only") == true && session.state.modals.isEmpty, "\(keys)") }
        session = .atMessages()
        session.press("j j j j j j j e")
        #expect(session.state.notice?.text == "it is no task's message: it can be moved or deleted")
        session.press("space space e")
        #expect(session.state.notice?.text == "messages are edited one at a time: U unmarks")
        session.press("esc q 2 m")
        #expect(session.state.notice?.text == "m does nothing here: ? lists the keys")
        session.press("3 m")
        #expect(session.state.notice?.text == "this key is for messages: Enter on a queue lists them")
        session.queues[0].ready = .known(0)
        session.look()
        session.press("3 X")
        #expect(session.state.modals.count == 1 || session.state.notice?.text == "no message waits in default")
    }

    @Test func whereMessagesAreTakenOutToBeFoundItIsSaid() {
        var session = Session.atMessages(marks: true)
        session.state.editing = [.holds, .replacesAtEnd]
        session.press("x")
        #expect(session.grid.text.contains("To be found, messages are taken out and given back"))
        session.press("enter e")
        #expect(session.grid.text.contains("the changed message comes to the end of its queue; a crash at the wrong moment"))
    }

    // MARK: - Jobs

    private func job(_ id: Int, _ act: MessageAct, _ title: String, in session: inout Session, done: Int = 0) {
        session.state.handle(.jobBegan(MessageJob(id: id, act: act, title: title, startedAt: Sample.now - 4)), now: session.now)
        var progress = JobProgress()
        (progress.total, progress.looked, progress.found, progress.done) = (100_000, 40_000, done, done)
        session.state.handle(.jobProgressed(id, progress), now: session.now)
        session.look()
    }

    @Test func jobsTellHowFarTheyAreAndAreStopped() throws {
        var session = Session.atMessages()
        job(7, .purge("mail"), "purge mail", in: &session, done: 39_000)
        session.now = Sample.now
        #expect(session.grid.text.contains("purge mail: 39,000 done, 40,000 of 100,000 looked at, 10,000 /s, 6.0 s left  Ctrl-x stops"))
        // The table stays usable.
        session.press("j j")
        #expect(session.pointed == 2)
        job(8, .move(.all, from: "default", to: "late"), "move all messages from default to late", in: &session)
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-jobs")
        session.press("ctrl-x")
        #expect(session.grid.text.contains("Stop") && session.press("j enter") == [.stop(log: 8)])
        #expect(session.press("ctrl-x") == [.stop(log: 7)])
        #expect(session.press("ctrl-x") == [] && session.state.notice?.text == "it is being stopped")
        session.state.handle(.jobEnded(8), now: session.now)
        session.state.handle(.jobEnded(7), now: session.now)
        session.look()
        #expect(session.state.jobs.isEmpty && !session.grid.text.contains("purge mail"))
        // What it was about is looked at anew.
        #expect(session.state.due(now: session.now) == [.peek("default", from: 0)])
        #expect(session.press("ctrl-x") == [] && session.state.notice?.text == "no job is running")
    }

    @Test func whatWasTakenAwayIsShownNoMore() {
        var session = Session.atMessages()
        session.state.handle(.jobBegan(MessageJob(id: 1, act: .delete(.messages(kept(0, 1)), in: "default"), title: "delete", startedAt: session.now)), now: session.now)
        session.state.handle(.jobEnded(1), now: session.now)
        session.look()
        #expect(!session.grid.text.contains("order-1'") && session.grid.text.contains("order-2'") && session.titleLine.contains("12,480"))
    }

    // MARK: - Taking back

    private let entry = TrashEntry(
        id: TrashID(rawValue: "2026-1"), at: Sample.now - 60, act: "move", broker: "redis://cache:6379/0", queue: "default", target: "late", who: "eve@host", count: 1000, isFinished: true)

    @Test func theNewestActIsTakenBackFirst() throws {
        var session = Session(columns: 110, rows: 30)
        session.press("u")
        #expect(session.state.notice?.text == "nothing was done from here that can be taken back")
        session.state.handle(.edited(DoneEdit(id: 4, title: "suspended nightly", names: ["nightly"], count: 1)), now: session.now)
        session.state.handle(.trashed(entry), now: session.now)
        session.press("3 u")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-undo")
        #expect(session.press("y enter") == [])
        session.press("u")
        session.type("default")
        #expect(session.press("enter") == [.begin(.restore(entry))])
        session.state.handle(.restored(entry.id), now: session.now)
        #expect(session.press("u y") == [.undoEdit(4, title: "suspended nightly")])
    }

    @Test func unfinishedActsAreToldOfAndListed() throws {
        var session = Session(columns: 110, rows: 30)
        var unfinished = entry, other = entry, old = entry
        (unfinished.id, unfinished.isFinished) = (TrashID(rawValue: "2026-2"), false)
        (other.id, other.broker, other.act, other.target, other.count) = (TrashID(rawValue: "2026-3"), "redis://other:6379/0", "purge", nil, 12)
        (old.id, old.restoredAt, old.act, old.target, old.count) = (TrashID(rawValue: "2026-0"), Sample.now - 30, "edit", nil, 1)
        session.state.handle(.trashListed([other, unfinished, entry, old], isFirst: true), now: session.now)
        #expect(session.grid.text.contains("an unfinished move of 1,000 messages from default to late is in the trash: :trash lists"))
        session.press(":")
        session.type("trash")
        #expect(session.press("enter") == [.listTrash(isFirst: false)])
        session.state.handle(.trashListed([other, unfinished, entry, old], isFirst: false), now: session.now)
        session.press("j")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "trash")
        session.press("enter")
        #expect(session.state.notice?.text == "these messages are of another broker: redis://other:6379/0")
        session.press("j u")
        #expect(session.grid.text.contains("did not come to its end"))
        session.type("default")
        #expect(session.press("enter") == [.begin(.restore(unfinished))])
        session.press("j j enter")
        #expect(session.state.notice?.text == "it was put back already")
    }

    // MARK: - Editing

    @Test(arguments: [(80, 24), (110, 30)]) func aMessageIsEditedOnAForm(_ columns: Int, _ rows: Int) throws {
        var session = Session.atMessages(columns: columns, rows: rows)
        #expect(session.press("j e") == [])
        session.press("ctrl-a right")
        session.type("7, ")
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-form-\(columns)x\(rows)")
        session.now += 2
        #expect(session.press("ctrl-s") == [])
        session.now = Sample.now
        try ScreensPictureTests().compare(session.grid.text, with: "messages-form-confirm-\(columns)x\(rows)")
        session.now += 60
        guard case .editMessage(let message, let draft)? = session.press("y").first else { Issue.record("no edit"); return }
        #expect(message == MessageSample.message(1).kept && draft.read(now: session.now).terms?.args == [7, "order-1", ["paid": true]])
        // It stays until it is known what became of it.
        session.state.handle(.messageEdited(.refused("a worker took it meanwhile")), now: session.now)
        #expect(session.grid.text.contains("a worker took it meanwhile"))
        session.press("ctrl-s y")
        var new = message
        new.bytes = Array(String(decoding: message.bytes, as: UTF8.self).replacing("('order-1'", with: "(7, 'order-1'").utf8)
        session.state.handle(.messageEdited(.edited(from: message, to: new)), now: session.now)
        session.look()
        #expect(session.state.modals.isEmpty && session.grid.text.contains("(7, 'order") && session.pointed == 1)
    }

    @Test func theEditorGetsADocumentAndGivesOneBack() throws {
        var session = Session.atMessages()
        session.press("e")
        guard case .openEditor(let document)? = session.press("ctrl-o").first else { Issue.record("no editor"); return }
        #expect(document.contains("\"args\": [\"order-0\",{\"paid\":true}]"))
        session.state.handle(.documentEdited(document.replacing("order-0", with: "order-9") + "}"), now: session.now)
        #expect(session.grid.text.contains("no JSON") && session.state.modals.count == 1)
        // What was typed is not lost.
        guard case .openEditor(let again)? = session.press("ctrl-o").first else { Issue.record("no editor"); return }
        #expect(again.contains("order-9"))
        session.state.handle(.documentEdited(document.replacing("order-0", with: "order-9")), now: session.now)
        #expect(session.grid.text.contains("Change 1 message of default") && session.grid.text.contains("order-9"))
        guard case .editMessage(_, let draft)? = session.press("y").first else { Issue.record("no edit"); return }
        #expect(draft.read(now: session.now).terms?.args == ["order-9", ["paid": true]])
    }

    @Test func whatAWorkerHoldsIsRevokedAndSentAgain() throws {
        var session = Session.atMessages()
        session.press("] ]")
        var task = Sample.task(4)
        task.eta = Sample.now + 90
        session.tasks = [task]
        var picture = session.picture
        picture.tasks = ListPage(rows: [task], matching: 1, total: 1)
        func press(_ name: String) -> [Effect] {
            session.now += 1
            return session.state.handle(Key(name: name)!, keymap: Sample.keymap, picture: picture, now: session.now)
        }
        #expect(press("j") == [] && press("e") == [.findHeld(task.id)])
        let message = try #require(MessageSample.message(3).task)
        session.state.handle(.heldFound("default", message), now: session.now)
        #expect(session.grid.text.contains("A worker holds it: that one is revoked"))
        _ = press("tab")
        for _ in 0..<30 { _ = press("backspace") }
        for key in ["{", "}"] { _ = press(key) }
        _ = press("ctrl-s")
        #expect(session.grid.text.contains("Revoke 1 task and send it again") && session.grid.text.contains("Nothing is sent unless a worker confirms"))
        guard case .sendInstead(message, let draft)? = press("y").first else { Issue.record("nothing is sent"); return }
        #expect(draft.read(now: session.now).terms?.kwargs == [:])
        session.state.handle(.messageEdited(.sentAgain("new")), now: session.now)
        #expect(session.state.modals.isEmpty)
    }
}
