import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// Random canvases are applied by Celery and by us; both must send the same messages, but for ids.
@Suite(.enabled(if: CeleryCanvas.python.isWanted, Comment(rawValue: CeleryCanvas.hint)))
struct CanvasAgainstCeleryTests {
    static let replyTo = "ffffffff-0000-4000-8000-000000000000"

    static func context() -> CanvasContext { CanvasContext(now: 1_700_000_000, replyTo: replyTo) }

    @Test func theSameCanvasSendsTheSameMessages() throws {
        var cases: [Value] = []
        for seed in UInt64(1)...600 {
            var random = RandomCanvas(seed: seed)
            var given: OrderedDictionary<String, Value> = [
                "do": "apply", "signature": random.signature(depth: seed % 3 == 0 ? 3 : 2), "on_headers": .bool(seed % 4 == 0),
            ]
            if random.chance(2) { given["args"] = [99] }
            if random.chance(5) { given["kwargs"] = ["given": 1] }
            if random.chance(3) {
                var options: OrderedDictionary<String, Value> = ["task_id": .string(random.id())]
                if random.chance(3) { options["countdown"] = 5 }
                if random.chance(3) { options["root_id"] = .string(random.id()) }
                if random.chance(3) { options["priority"] = 3 }
                given["options"] = .object(options)
            }
            cases.append(.object(given))
        }
        let compared = try compare(cases) { given in
            var context = Self.context()
            context.allowsErrorCallbacksOnChordHeader = given["on_headers"]?.bool == true
            let plan = try Canvas.plan(
                Signature(given["signature"] ?? .null), args: given["args"]?.array ?? [], kwargs: given["kwargs"]?.object ?? [:],
                options: given["options"]?.object ?? [:], context: context, newID: Self.ids())
            return ["steps": .array(Picture.steps(of: plan)), "result": Picture.tuple(plan.result)]
        }
        #expect(compared > 450)
    }

    /// Ids in the order in which they are asked for.
    static func ids() -> () -> String {
        var count = 0
        return {
            count += 1
            return RandomCanvas.id(1_000_000_000 + count)
        }
    }

    /// Compares what `ours` makes of each case with what Celery makes of it; returns how many Celery could carry out.
    ///
    /// Where Celery fails, with whatever error, it is enough that we do not crash.
    private func compare(_ cases: [Value], sourceLocation: SourceLocation = #_sourceLocation, ours: (Value) throws -> Value) throws -> Int {
        let answers = try CeleryCanvas.answers(to: cases)
        try #require(answers.count == cases.count)
        var compared = 0, shown = 0
        for (number, (given, answer)) in zip(cases, answers).enumerated() {
            let mine = Result { try ours(given) }
            guard answer["error"] == nil else { continue }
            compared += 1
            var names = Renaming(), otherNames = Renaming()
            let theirs = names.renamed(Picture.comparable(answer))
            let difference: String?
            switch mine {
            case .success(let value): difference = Picture.difference(otherNames.renamed(value), theirs)
            case .failure(let error):
                // Where Celery sends nothing and returns nothing, we say so.
                let isEmpty = (error as? CanvasError)?.kind == .empty && answer["steps"] == [] && answer["result"] == nil
                difference = isEmpty ? nil : "\(error)"
            }
            guard let difference else { continue }
            shown += 1
            if shown <= 3 { Issue.record("case \(number), \(JSON.text(given)): \(difference)", sourceLocation: sourceLocation) }
        }
        #expect(shown == 0, "\(shown) of \(compared) differ", sourceLocation: sourceLocation)
        return compared
    }
}

/// Both sides' steps in one form.
enum Picture {
    static func steps(of plan: CanvasPlan) -> [Value] {
        plan.steps.map { step in
            switch step {
            case .send(let call): sent(call)
            case .saveGroup(let id, let members): ["group", .string(id), members]
            case .openChord(let group, let size): ["chord", .string(group), .integer(size)]
            }
        }
    }

    static func tuple(_ result: AppliedResult?) -> Value {
        switch result {
        case nil: .null
        case .task(let id, let parent)?: [[.string(id.rawValue), tuple(parent)], nil]
        case .group(let id, let members, let parent)?: [[.string(id), tuple(parent)], .array(members.map { tuple($0) })]
        }
    }

    static func sent(_ call: TaskCall) -> Value {
        let envelope = call.envelope(now: 1_700_000_000, replyTo: "", origin: "")
        let place: Value = ["queue": .string(call.queue?.rawValue ?? "celery"), "priority": call.priority.map(Value.integer) ?? .null]
        return message(envelope.headers, envelope.properties, (try? envelope.content())?.array ?? [], place)
    }

    /// Where the first difference is, and what it is; `nil` when there is none.
    static func difference(_ ours: Value, _ theirs: Value, at path: String = "") -> String? {
        switch (ours, theirs) {
        case (.array(let mine), .array(let others)) where mine.count == others.count:
            for (index, pair) in zip(mine, others).enumerated() {
                if let found = difference(pair.0, pair.1, at: "\(path)[\(index)]") { return found }
            }
            return nil
        case (.object(let mine), .object(let others)):
            for key in Set(mine.keys).union(others.keys).sorted() {
                guard let one = mine[key], let other = others[key] else {
                    return "\(path).\(key): ours \(mine[key].map(JSON.text) ?? "missing"), theirs \(others[key].map(JSON.text) ?? "missing")"
                }
                if let found = difference(one, other, at: "\(path).\(key)") { return found }
            }
            return nil
        default: return ours == theirs ? nil : "\(path): ours \(JSON.text(ours)), theirs \(JSON.text(theirs))"
        }
    }

    /// Celery's answer with its messages in the same form.
    static func comparable(_ answer: Value) -> Value {
        guard case .object(var members) = answer else { return answer }
        members["steps"] = .array(
            (members["steps"]?.array ?? []).map { step in
                guard let parts = step.array, parts.first == "send", parts.count == 5 else { return step }
                return message(parts[1].object ?? [:], parts[2].object ?? [:], parts[3].array ?? [], parts[4])
            })
        return .object(members)
    }

    private static func message(
        _ headers: OrderedDictionary<String, Value>, _ properties: OrderedDictionary<String, Value>, _ body: [Value], _ place: Value
    ) -> Value {
        var shown: OrderedDictionary<String, Value> = [:]
        for key in ["task", "id", "group", "group_index", "root_id", "parent_id", "retries", "timelimit", "shadow", "replaced_task_nesting", "stamps"] {
            shown[key] = headers[key] ?? .null
        }
        shown["has_eta"] = .bool(headers["eta"]?.isNull == false)
        shown["stamped"] = .integer(headers["stamped_headers"]?.array?.count ?? 0)
        shown["reply_to"] = properties["reply_to"] ?? .null
        shown["place"] = place
        shown["args"] = body.first ?? .null
        shown["kwargs"] = body.dropFirst().first ?? .null
        shown["embed"] = .object((body.last?.object ?? [:]).mapValues { $0 == [] ? .null : $0 })
        return ["send", .object(shown)]
    }
}
