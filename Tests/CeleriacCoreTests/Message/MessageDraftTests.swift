import CeleriacCore
import OrderedCollections
import Testing

/// What a person may change of a message.
@Suite struct MessageDraftTests {
    private static let now = 1_800_000_000.0

    private func envelope(_ change: (inout TaskCall) -> Void = { _ in }) -> Envelope {
        var call = TaskCall(id: "8a1f", name: "shop.charge", args: [1, "é", [2.5, .null], .bigInteger("123456789012345678901234567890")], kwargs: ["order": ["id": 7]])
        call.eta = Self.now + 60.25
        call.callbacks = [["task": "next"]]
        call.headers = ["trace": "a1"]
        call.priority = 3
        change(&call)
        var envelope = call.envelope(now: Self.now, replyTo: "me", origin: "gen1@host", offset: 120)
        envelope.properties["delivery_info"] = ["exchange": "", "routing_key": "mail"]
        return envelope
    }

    private func draft(_ envelope: Envelope) throws -> MessageDraft { MessageDraft(try TaskMessage(envelope), in: "mail") }

    @Test func untouchedItSaysNothingNew() throws {
        let envelope = envelope(), draft = try draft(envelope)
        #expect(!draft.isChanged && draft.differences.isEmpty)
        let terms = try #require(draft.read(now: 0).terms)
        #expect(try terms.applied(to: envelope, changing: draft, now: 0) == envelope)
        var same = draft
        try same.take(document: draft.document(["title\n// \u{1b}[31m"]))
        #expect(!same.isChanged)
    }

    @Test func argumentsChangeAndLinksStay() throws {
        let envelope = envelope()
        var draft = try draft(envelope)
        draft[.args] = "[2]"
        draft[.kwargs] = "{}"
        let terms = try #require(draft.read(now: Self.now).terms)
        let changed = try TaskMessage(terms.applied(to: envelope, changing: draft, now: Self.now))
        #expect(changed.arguments == .known(args: [2], kwargs: [:]))
        #expect(changed.callbacks == [["task": "next"]] && changed.id == "8a1f" && changed.argsrepr == "(2,)" && changed.kwargsrepr == "{}")
        #expect(changed.eta == Self.now + 60.25)
        #expect(draft.differences.map(\.field) == [.args, .kwargs])
    }

    @Test func whatTakesAHeldTasksPlaceKeepsAllThatHangsOnIt() throws {
        let old = try TaskMessage(envelope { ($0.retries, $0.root) = (2, "8a1f") })
        var draft = MessageDraft(old, in: "mail")
        draft[.args] = "[\"new\"]"
        draft[.queue] = "late"
        let call = try #require(try draft.call(insteadOf: old, id: "9b2e", now: Self.now))
        #expect(call.id == "9b2e" && call.root == "9b2e" && call.args == ["new"] && call.kwargs == ["order": ["id": 7]] && call.argsrepr == nil)
        #expect(call.queue == "late" && call.eta == Self.now + 60.25 && call.priority == 3 && call.retries == 0)
        #expect(call.callbacks == [["task": "next"]] && call.headers == ["trace": "a1"])
        draft[.args] = "[1"
        #expect(try draft.call(insteadOf: old, id: "9b2e", now: Self.now) == nil)
    }

    @Test func timesPriorityQueueAndHeadersChange() throws {
        let envelope = envelope()
        var draft = try draft(envelope)
        draft[.eta] = ""
        draft[.expires] = "+1h"
        draft[.priority] = "9"
        draft[.queue] = "slow"
        draft[.headers] = "{\"other\": 1}"
        let changed = try #require(draft.read(now: Self.now).terms).applied(to: envelope, changing: draft, now: Self.now)
        let message = try TaskMessage(changed)
        #expect(message.eta == nil && message.expires == Self.now + 3600 && message.priority == 9 && message.queue == "slow")
        #expect(changed.properties["expiration"] == "3600000")
        #expect(changed.headers["other"] == 1 && changed.headers["trace"] == nil && changed.headers["task"] == "shop.charge")
    }

    /// Task protocol 1 keeps all in its body.
    @Test func protocolOneIsChangedInItsBody() throws {
        let body: Value = ["task": "old.way", "id": "77", "args": [1], "kwargs": [:], "eta": .null, "expires": .null, "retries": 0]
        let envelope = Envelope(properties: ["priority": 0], body: JSON.encode(body))
        var draft = try draft(envelope)
        draft[.args] = "[5]"
        draft[.eta] = "2030-01-31T12:00:00+00:00"
        let changed = try TaskMessage(try #require(draft.read(now: 0).terms).applied(to: envelope, changing: draft, now: 0))
        #expect(changed.form == .version1 && changed.arguments == .known(args: [5], kwargs: [:]) && changed.eta == 1_896_091_200)
    }

    @Test func whatCannotBeReadKeepsItsBody() throws {
        var envelope = envelope()
        envelope.contentType = "application/x-python-serialize"
        envelope.body = [0x80, 2]
        var draft = try draft(envelope)
        #expect(!draft.fields.contains(.args) && !draft.fields.contains(.kwargs))
        draft[.priority] = "0"
        let changed = try #require(draft.read(now: 0).terms).applied(to: envelope, changing: draft, now: 0)
        #expect(changed.body == envelope.body && changed.priority == 0)
        #expect(throws: MessageDraft.DocumentError.self) { try draft.take(document: "{\"args\": []}") }
    }

    @Test(arguments: [
        (MessageDraft.Field.args, "[1"), (.args, "{}"), (.kwargs, "[]"), (.priority, "300"), (.priority, "x"), (.eta, "tomorrow"), (.eta, "+"), (.queue, " "), (.headers, "{\"id\": \"other\"}"),
        (.headers, "1"), (.expires, "+9999999999999999h"),
    ]) func nonsenseIsAFault(field: MessageDraft.Field, text: String) throws {
        var draft = try draft(envelope())
        draft[field] = text
        let reading = draft.read(now: Self.now)
        #expect(reading.terms == nil && reading.faults.keys.sorted { $0.rawValue < $1.rawValue } == [field])
    }

    @Test func whatIsNotKnownHasToBeFilledIn() throws {
        var draft = MessageDraft(name: "shop.charge", args: nil, kwargs: ["a": 1], queue: nil)
        #expect(draft.missing == [.args] && draft.read(now: 0).faults[.args] != nil)
        draft[.args] = "[1]"
        let call = try #require(draft.read(now: 0).terms).call(id: "new")
        #expect(call.args == [1] && call.kwargs == ["a": 1] && call.queue == nil && call.name == "shop.charge")
    }

    @Test func aDocumentIsReadFieldByField() throws {
        var draft = try draft(envelope())
        try draft.take(document: "// words\n{\n  // more\n  \"kwargs\": {\"b\": [true]}, \"priority\": null, \"eta\": \"+5m\"\n}\n")
        #expect(draft[.kwargs] == "{\"b\":[true]}" && draft[.priority] == "" && draft[.eta] == "+5m")
        #expect(draft.differences.map(\.field) == [.kwargs, .priority, .eta])
        for wrong in ["", "[]", "{\"argss\": []}", "{\"args\": }"] {
            #expect(throws: MessageDraft.DocumentError.self) { try draft.take(document: wrong) }
        }
    }

    /// A broker searches for it as it stands in the envelope.
    @Test(arguments: [
        ("name:shop.charge", "shop.charge"), ("name:shop.*", "shop."), ("name=\"shop.charge\" priority>3", "\"shop.charge\""), ("name:*.charge or id:8", ""), ("args~x", ""), ("not name:x", ""),
        ("name:é", ""), ("id:8a1f*", "8a1f"),
    ]) func aFilterKnowsWhatAMatchContains(text: String, needle: String) throws {
        let filter = try Filter(text)
        #expect(String(decoding: filter.needle, as: UTF8.self) == needle)
        let message = QueueSample.Message(KeptMessage(queue: "mail", bytes: envelope().encoded()), position: 0)
        let isContained = needle.isEmpty || String(decoding: message.kept.bytes, as: UTF8.self).contains(needle)
        #expect(!filter.matches(message, now: Self.now) || isContained)
    }
}
