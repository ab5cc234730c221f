import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// From where a task's arguments are known, and that nothing is made up.
@Suite struct KnownCallTests {
    private let id: TaskID = "8a1f0c22-1111-4222-8333-000000000001"

    private func row(args: String? = "('shown',)", kwargs: String? = "{}") -> TaskRow {
        var row = TaskRow(id: id, name: "shop.charge", state: .failure)
        (row.args, row.kwargs, row.failedAt) = (args, kwargs, 100)
        return row
    }

    private func record(args: Value? = ["kept"], kwargs: Value? = [:]) -> CallEvidence.Answer<ResultRecord> {
        var record = ResultRecord(id: id, state: .failure)
        (record.name, record.args, record.kwargs, record.queue) = ("shop.charge", args, kwargs, "default")
        return .found(record)
    }

    private func seen(_ args: [Value], _ standing: SeenMessage.Standing) throws -> SeenMessage {
        SeenMessage(try TaskMessage(TaskCall(id: id, name: "shop.charge", args: args).envelope(now: 0, replyTo: "r", origin: "o")), in: "dead", standing)
    }

    private func known(_ text: String, kwargs: String = "{}") -> KnownCall {
        KnownCall(id, CallEvidence(record: .missing("no record"), message: .missing("in no queue"), row: row(args: text, kwargs: kwargs)))
    }

    // MARK: - The order

    @Test func theRecordIsBelievedFirstThenTheMessageThenWhatWasSeenThenTheText() throws {
        let message = try seen(["message"], .held), past = try seen(["seen"], .past(7))
        var evidence = CallEvidence(record: record(), message: .found(message), history: past, row: row())
        var calls = [KnownCall(id, evidence)]
        evidence.record = record(args: nil, kwargs: nil)
        calls.append(KnownCall(id, evidence))
        evidence.message = .missing("it is in no queue")
        calls.append(KnownCall(id, evidence))
        evidence.history = nil
        calls.append(KnownCall(id, evidence))
        evidence.row = nil
        calls.append(KnownCall(id, evidence))
        #expect(calls.map(\.source) == [.record, .message, .history, .shown, nil])
        #expect(calls.map(\.args) == [["kept"], ["message"], ["seen"], ["shown"], nil])
        #expect(calls[3].lacks.map(\.source) == [.record, .message, .history])
        #expect(calls[4].lacks.map(\.source) == CallSource.allCases)
        #expect(calls[0].original == message && calls[1].original == message && calls[2].original == past && calls[3].original == nil)
        #expect(calls[0].waiting == message && calls[2].waiting == nil)
        #expect(calls[3].lacks[0].words.contains("result_extended"))
    }

    @Test(arguments: [Value.string("('a',)"), nil, ["x": 1], 7]) func aRecordWhoseArgumentsAreNoListIsNotBelieved(args: Value?) {
        let call = KnownCall(id, CallEvidence(record: record(args: args), message: .missing(""), row: row()))
        #expect(call.source == .shown && call.args == ["shown"])
    }

    @Test func aMessageThatCannotBeReadIsNotBelieved() throws {
        var message = try seen([1], .waiting(position: 3))
        message.message.arguments = .opaque("it is pickled")
        let call = KnownCall(id, CallEvidence(record: .missing(""), message: .found(message), row: row(args: "(<object>,)")))
        #expect(call.source == nil && call.args == nil && call.kwargs == [:] && call.original == nil && call.waiting != nil)
        #expect(call.lacks[1].words.contains("it is pickled"))
    }

    @Test func whatIsKnownInPartFillsAFormAndMarksTheRest() {
        let call = known("('a', ...)", kwargs: "{'k': 1}")
        #expect(call.source == nil && call.args == nil && call.kwargs == ["k": 1])
        #expect(call.draft.missing == [.args] && call.draft.read(now: 0).terms == nil && call.call(id: "n", keepsLinks: false) == nil)
        #expect(call.draft[.kwargs] == #"{"k":1}"#)
    }

    @Test func theQueueIsTheMessagesThenTheOneThatEventsNamedThenTheRecords() throws {
        var told = row()
        told.queue = .known("told")
        #expect(KnownCall(id, CallEvidence(record: record(), message: .missing(""), row: told)).queue == "told")
        told.queue = .inferred("guessed")
        #expect(KnownCall(id, CallEvidence(record: record(), message: .missing(""), row: told)).queue == "default")
        #expect(KnownCall(id, CallEvidence(record: .missing(""), message: .missing(""), row: told)).queue == "guessed")
    }

    // MARK: - Texts of senders

    static let hostile: [(String, String)] = [
        ("(__import__('os').system('rm -rf /'),)", "only plain values"), ("(lambda: 1,)", "only plain values"), ("(1 + 1,)", "only plain values"),
        ("('a' 'b',)", "only plain values"), ("(hidden)", "only plain values"), ("'text'", "no tuple and no list"), ("7", "no tuple and no list"), ("", "no tuple and no list"),
        ("{1, 2}", "no tuple and no list"), ("{'a': 1}", "no tuple and no list"), ("***", "no tuple and no list"), ("({1, 2},)", "no sets"), ("(set(),)", "no sets"),
        ("('ab...',)", "cut"), ("('a', ...)", "cut"), ("([...],)", "cut"), ("({...},)", "cut"), ("(12345...,)", "cut"), ("(1,", "ends too early"), ("('a", "ends too early"),
        ("(b'ab',)", "only plain values"), ("(datetime.datetime(2024, 1, 2),)", "only plain values"), ("(Decimal('1.5'),)", "only plain values"), ("(<Order 7>,)", "only plain values"),
        ("(1) ", "only plain values"), ("(1,) or 1", "something follows"), (String(repeating: "(", count: 10_000), "inside each other"),
        (String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000), "inside each other"),
    ]

    @Test(arguments: hostile) func aHostileOrDoubtfulTextIsRefusedWithTheReason(text: String, reason: String) {
        let call = known(text)
        #expect(call.source == nil && call.args == nil, "\(text.prefix(80))")
        #expect(call.lacks.last?.words.contains(reason) == true, "\(text.prefix(80)): \(call.lacks.last?.words ?? "")")
    }

    @Test func tenMegabytesAreRefused() {
        let call = known("('" + String(repeating: "a", count: 10 << 20) + "',)")
        #expect(call.source == nil && call.lacks.last?.words.contains("too long") == true)
    }

    @Test(arguments: ["", "[1]", "()", "{1}", "{'a': ...}", "{'a'", "hidden", "{'a': {1}}", "dict(a=1)"]) func aDoubtfulTextOfKeywordsIsRefused(text: String) {
        let call = known("()", kwargs: text)
        #expect(call.source == nil && call.kwargs == nil && call.args == [])
    }

    @Test func plainTextsAreRead() {
        let call = known(#"('it\'s', '日本', -12345678901234567890123, 1.5, None, [1, (2, 3)], {'k': [True]})"#, kwargs: "{'n': nan}")
        #expect(call.args == ["it's", "日本", .bigInteger("-12345678901234567890123"), 1.5, nil, [1, [2, 3]], ["k": [true]]])
        #expect(call.source == .shown && call.kwargs?["n"] != nil)
        #expect(known("[1, 2]").args == [1, 2] && known("()").args == [])
    }

    /// Whatever the sender's abbreviation leaves out is noticed: what is read is what was there, or nothing is read.
    @Test(arguments: UInt64(0)..<60) func whatWasCutIsNeverTaken(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let args = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.value(&random, depth: 0) }
            let limit = Int.random(in: 1...120, using: &random), levels = Int.random(in: 1...4, using: &random)
            let text = PythonRepr.text(.array(args), asTuple: Bool.random(using: &random), limit: limit, levels: levels)
            guard let read = known(text).args else { continue }
            #expect(read == args, "\(text)")
        }
    }

    /// In full it is read, unless something in it looks as if it had been cut.
    @Test(arguments: UInt64(0)..<20) func whatIsShownInFullIsReadBack(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var count = 0
        for _ in 0..<100 {
            let args = (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.value(&random, depth: 0) }
            let text = PythonRepr.text(.array(args), asTuple: true, limit: nil, levels: 100)
            if let read = known(text).args { #expect(read == args, "\(text)"); count += 1 } else { #expect(text.contains("...'") || text.contains(#"\'"#), "\(text)") }
        }
        #expect(count > 20)
    }

    private static func value(_ random: inout SeededGenerator, depth: Int) -> Value {
        let texts = ["", "a", "it's", "two words", "...", "ab...", "日本", "'", "\\", "\\'", "a\\", ", ", "('x',)", "\n", "\"", "\"'", "x, ...", "# …[cut]", String(repeating: "long ", count: 30)]
        switch Int.random(in: 0..<(depth > 3 ? 5 : 8), using: &random) {
        case 0: return .integer(Int.random(in: -1000...1000, using: &random))
        case 1: return .string(texts.randomElement(using: &random) ?? "")
        case 2: return .bigInteger("9" + String(repeating: "0", count: Int.random(in: 20...60, using: &random)))
        case 3: return .number(Double(Int.random(in: -99...99, using: &random)) / 8)
        case 4: return [Value.null, true, false].randomElement(using: &random) ?? nil
        case 5, 6: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth + 1) })
        default:
            var members: OrderedDictionary<String, Value> = [:]
            for _ in 0..<Int.random(in: 0...3, using: &random) { members[texts.randomElement(using: &random) ?? ""] = value(&random, depth: depth + 1) }
            return .object(members)
        }
    }

    // MARK: - The call

    @Test func aNewCallHasNoLinksUnlessTheyAreKept() throws {
        var original = TaskCall(id: id, name: "shop.charge", args: [1], kwargs: ["k": 2])
        original.callbacks = [["task": "after"]]
        original.errbacks = [["task": "alarm"]]
        original.chain = [["task": "last"], ["task": "next"]]
        original.chord = ["task": "body"]
        (original.root, original.parent, original.group, original.groupIndex) = ("root", "parent", "group", 3)
        (original.retries, original.eta, original.expires, original.hardLimit, original.priority) = (2, 50, 60, 30, 6)
        original.headers = ["tenant": "eu"]
        let message = try TaskMessage(original.envelope(now: 0, replyTo: "r", origin: "o"))
        let call = KnownCall(id, CallEvidence(record: .missing(""), message: .found(SeenMessage(message, in: "dead", .waiting(position: 0)))))
        #expect(call.links.count == 5)
        let dropped = try #require(call.call(id: "new", keepsLinks: false)), kept = try #require(call.call(id: "new", keepsLinks: true))
        for new in [dropped, kept] {
            #expect(new.id == "new" && new.args == [1] && new.kwargs == ["k": 2] && new.name == "shop.charge")
            // What was not to run any more after a time that is past would not run at all.
            #expect(new.retries == 0 && new.eta == nil && new.expires == nil && new.hardLimit == 30 && new.priority == 6 && new.headers == ["tenant": "eu"])
        }
        #expect(dropped.callbacks.isEmpty && dropped.errbacks.isEmpty && dropped.chain.isEmpty && dropped.chord == nil && dropped.root == nil && dropped.parent == nil && dropped.group == nil)
        #expect(kept.callbacks == original.callbacks && kept.errbacks == original.errbacks && kept.chain == original.chain && kept.chord == original.chord)
        #expect(kept.root == "root" && kept.parent == "parent" && kept.group == "group" && kept.groupIndex == 3)
    }

    @Test func itsTextsAreInFullSoThatItCanBeRetriedAgain() throws {
        let args: [Value] = [.string(String(repeating: "long words ", count: 500)), [[[[[1]]]]]]
        let call = try #require(KnownCall(id, CallEvidence(record: record(args: .array(args)), message: .missing(""))).call(id: "new", keepsLinks: false))
        let text = try #require(call.argsrepr)
        #expect(known(text).args == args)
    }

    // MARK: - Messages seen

    @Test func messagesThatWereSeenAreRememberedWithinBounds() throws {
        var seen = SeenMessages(byteLimit: 100_000)
        for number in 0..<500 {
            let message = try TaskMessage(TaskCall(id: TaskID("t\(number)"), name: "a", args: [.integer(number)]).envelope(now: 0, replyTo: "r", origin: "o"))
            seen.note(message, in: "q", size: 1000, at: Double(number))
        }
        #expect(seen.count == 16 && seen["t499"]?.message.arguments == .known(args: [499], kwargs: [:]) && seen["t0"] == nil)
        let message = try TaskMessage(TaskCall(id: "t499", name: "a", args: [7]).envelope(now: 0, replyTo: "r", origin: "o"))
        for _ in 0..<1000 { seen.note(message, in: "q", size: 1000, at: 600) }
        #expect(seen["t499"]?.message.arguments == .known(args: [7], kwargs: [:]) && seen.count == 16)
        seen.note(message, in: "q", size: 10 << 20, at: 700)
        #expect(seen["t499"]?.standing == .past(600), "one that has no room is left out")
    }
}
