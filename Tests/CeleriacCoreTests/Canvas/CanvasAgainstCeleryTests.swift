import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// Random canvases are applied by Celery and by us; both must send the same messages, but for ids.
@Suite(.enabled(if: CeleryCanvas.python.isWanted, Comment(rawValue: CeleryCanvas.hint)))
struct CanvasAgainstCeleryTests {
    static let replyTo = "ffffffff-0000-4000-8000-000000000000"
    /// Who sent what the tasks of `runs` are part of.
    static let sender = "eeeeeeee-0000-4000-8000-000000000000"

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

    @Test func afterSuccessTheSameIsSent() throws {
        let runs = try Self.runs(seeds: 1000..<1200)
        let cases: [Value] = runs.map { ["do": "succeed", "value": 42, "request": $0.request] }
        let compared = try compare(cases) { given in
            let message = try Run.message(given["request"] ?? .null)
            let context = CanvasContext(now: 1_700_000_000, replyTo: Self.replyTo, running: message)
            let plans = try Canvas.afterSuccess(of: message, result: 42, context: context, newID: Self.ids())
            return ["steps": .array(plans.flatMap(Picture.steps(of:)) + Run.end(of: message, "SUCCESS"))]
        }
        #expect(compared > 150)
    }

    @Test func afterFailureTheSameIsSentAndFails() throws {
        let runs = try Self.runs(seeds: 2000..<2200)
        let cases: [Value] = runs.map { ["do": "fail", "request": $0.request] }
        let compared = try compare(cases) { given in
            let message = try Run.message(given["request"] ?? .null)
            let context = CanvasContext(now: 1_700_000_000, replyTo: Self.replyTo, running: message)
            let after = Canvas.afterFailure(of: message, context: context, newID: Self.ids())
            let failures = after.failures.flatMap(Run.steps(of:))
            return ["steps": .array(Run.end(of: message, "FAILURE") + failures + after.errbacks.flatMap(Picture.steps(of:)))]
        }
        #expect(compared > 150)
    }

    @Test func aReplacementSendsTheSame() throws {
        let runs = try Self.runs(seeds: 3000..<3200)
        let cases: [Value] = runs.map { ["do": "replace", "request": $0.request, "signature": $0.signature] }
        let compared = try compare(cases) { given in
            let message = try Run.message(given["request"] ?? .null)
            let context = CanvasContext(now: 1_700_000_000, replyTo: Self.replyTo, running: message)
            let plan = try Canvas.replacement(of: message, by: Signature(given["signature"] ?? .null), context: context, newID: Self.ids())
            return ["steps": .array(Picture.steps(of: plan))]
        }
        #expect(compared > 100)
    }

    @Test func anAdditionToAChordSendsTheSame() throws {
        let runs = try Self.runs(seeds: 4000..<4300).filter { $0.request["chord"]?.isNull == false && $0.request["group"]?.isNull == false }
        let cases: [Value] = runs.map { ["do": "add", "request": $0.request, "signature": Signature("added", args: [1]).value] }
        let compared = try compare(cases) { given in
            let message = try Run.message(given["request"] ?? .null)
            let context = CanvasContext(now: 1_700_000_000, replyTo: Self.replyTo, running: message)
            let addition = try Canvas.addition(toChordOf: message, Signature(given["signature"] ?? .null), context: context, newID: Self.ids())
            let after = try Canvas.afterSuccess(of: message, result: 1, context: context, newID: Self.ids(from: 5000))
            let sent = Picture.steps(of: addition) + after.flatMap(Picture.steps(of:))
            return ["steps": .array([["extend", message.group.map(Value.string) ?? .null]] + sent + Run.end(of: message, "SUCCESS"))]
        }
        #expect(compared > 10)
    }

    /// Sends, stores and revocations by themselves: Celery does them member by member.
    @Test func aFailedChordSendsTheSameAndFails() throws {
        var cases: [Value] = []
        for seed in UInt64(5000)..<5200 {
            var random = RandomCanvas(seed: seed)
            let chord: Value = Signature.chord([Signature("header")], body: try Signature(random.signature(depth: 2))).value
            let plan = try? Canvas.plan(Signature(chord), context: CanvasContext(now: 1_700_000_000, replyTo: Self.sender), newID: Self.ids(from: 1000))
            guard case .send(let call)? = plan?.steps.last(where: { if case .send = $0 { true } else { false } }), let body = call.chord else { continue }
            cases.append(["do": "chord failed", "signature": body])
        }
        let compared = try compare(cases, of: ["send", "store", "revoke"]) { given in
            let body = given["signature"] ?? .null
            let failure = Canvas.failedChord(body: body, context: Self.context(), newID: Self.ids())
            var stored = failure.failures
            // Of a chord we also fail the results of its body, which Celery leaves waiting.
            if body["subtask_type"] == "chord" { stored = Array(stored.prefix(1)) }
            let revoked: [Value] = body["subtask_type"] == "group" ? [["revoke", .array(failure.revoked.map { .string($0.rawValue) })]] : []
            return ["steps": .array(failure.errbacks.flatMap(Picture.steps(of:)) + stored.flatMap(Run.steps(of:)) + revoked)]
        }
        #expect(compared > 100)
    }

    @Test func stampsReachTheSameSignatures() throws {
        var cases: [Value] = []
        for seed in UInt64(6000)..<6150 {
            var random = RandomCanvas(seed: seed)
            cases.append(["do": "stamp", "signature": random.signature(depth: 2), "stamps": ["batch": "new", "tags": ["a", "b"]]])
        }
        let compared = try compare(cases) { given in
            let stamped = try Canvas.stamp(Signature(given["signature"] ?? .null), given["stamps"]?.object ?? [:])
            return ["signature": Picture.plain(stamped.value), "steps": []]
        }
        #expect(compared == cases.count)
    }

    @Test func chainsAreFoldedTheSame() throws {
        var cases: [Value] = []
        for seed in UInt64(7000)..<7300 {
            var random = RandomCanvas(seed: seed)
            cases.append(["do": "compose", "signatures": .array((0..<random.number(1...5)).map { _ in random.signature(depth: 1) })])
        }
        let compared = try compare(cases) { given in
            var steps: [Signature] = []
            for value in given["signatures"]?.array ?? [] { steps.append(try Signature(value)) }
            return ["signature": Picture.plain(try Signature.chain(steps).value), "steps": []]
        }
        #expect(compared > 200)
    }

    /// Requests as tasks of random canvases have them, and something to replace each by.
    private static func runs(seeds: Range<UInt64>) throws -> [(request: Value, signature: Value)] {
        var runs: [(request: Value, signature: Value)] = []
        for seed in seeds {
            var random = RandomCanvas(seed: seed)
            guard
                let plan = try? Canvas.plan(
                    Signature(random.signature(depth: 3)), context: CanvasContext(now: 1_700_000_000, replyTo: sender), newID: ids(from: 1000))
            else { continue }
            let calls = plan.steps.compactMap { if case .send(let call) = $0 { call } else { nil } }
            guard !calls.isEmpty else { continue }
            var call = calls[random.number(0...calls.count - 1)]
            if random.chance(3) { call.errbacks += random.callbacks() }
            if random.chance(3) { call.callbacks.append(random.signature(depth: 2)) }
            if random.chance(3) { call.callbacks.append(random.signature(depth: 2)) }
            runs.append((Run.request(call), random.signature(depth: 2)))
        }
        return runs
    }

    /// Ids in the order in which they are asked for.
    static func ids(from start: Int = 0) -> () -> String {
        var count = start
        return {
            count += 1
            return RandomCanvas.id(1_000_000_000 + count)
        }
    }

    /// Compares what `ours` makes of each case with what Celery makes of it; returns how many Celery could carry out.
    ///
    /// - Parameter kinds: compares only steps of these, each by themselves; all in their order when empty.
    /// Where Celery fails, with whatever error, it is enough that we do not crash.
    private func compare(
        _ cases: [Value], of kinds: [Value] = [], sourceLocation: SourceLocation = #_sourceLocation, ours: (Value) throws -> Value
    ) throws -> Int {
        let answers = try CeleryCanvas.answers(to: cases)
        try #require(answers.count == cases.count)
        var compared = 0, shown = 0
        for (number, (given, answer)) in zip(cases, answers).enumerated() {
            let mine = Result { try ours(given) }
            guard answer["error"] == nil else { continue }
            compared += 1
            var names = Renaming(), otherNames = Renaming()
            let theirs = names.renamed(Picture.sorted(Picture.comparable(answer), by: kinds))
            let difference: String?
            switch mine {
            case .success(let value): difference = Picture.difference(otherNames.renamed(Picture.sorted(value, by: kinds)), theirs)
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
