import CeleriacCore
import OrderedCollections
import TestSupport
import Testing

/// What the golden vectors and single examples tell of canvases; random ones are compared with Celery in `CanvasAgainstCeleryTests`.
@Suite struct CanvasTests {
    static let context = CanvasContext(now: 1_700_000_000, replyTo: "ffffffff-0000-4000-8000-000000000000")

    static func ids() -> () -> String {
        var count = 0
        return {
            count += 1
            return RandomCanvas.id(count)
        }
    }

    static func plan(_ signature: Signature, _ args: Value..., context: CanvasContext = context) throws -> CanvasPlan {
        try Canvas.plan(signature, args: args, context: context, newID: ids())
    }

    static func calls(_ plan: CanvasPlan) -> [TaskCall] { plan.steps.compactMap { if case .send(let call) = $0 { call } else { nil } } }

    static func task(_ name: String, _ args: Value..., options: OrderedDictionary<String, Value> = [:]) -> Signature {
        Signature(name, args: args, options: options)
    }

    /// Each vector has the signature, and one of the messages that applying it made.
    @Test func theCapturedCanvasesSendTheCapturedMessages() throws {
        var canvases: [String: [Vector]] = [:]
        for vector in vectors("messages", prefix: "redis.v2.canvas") {
            let name = vector.name.split(separator: ".").dropFirst(3).first.map(String.init) ?? ""
            canvases[name, default: []].append(vector)
        }
        try #require(canvases.count > 15)
        for (name, vectors) in canvases {
            let signature = try Signature(try #require(vectors[0].content["signature"]))
            // On the wire chunks look like a plain task; this one was applied as what it is.
            let kind = signature.task == "celery.chunks" ? Signature.Kind.chunks : signature.kind
            let applied = Signature(
                signature.task, args: signature.args, kwargs: signature.kwargs, options: signature.options, kind: kind, isImmutable: signature.isImmutable)
            let plan = try Self.plan(applied)
            let ours = Self.calls(plan).map(Picture.sent)
            let theirs = try vectors.map { try Picture.sent(TaskCall(TaskMessage(Envelope(decoding: try #require($0.raw))))) }
            var names = Renaming(), otherNames = Renaming()
            // Priorities and queues are the sender's to fill.
            let difference = Picture.difference(Picture.placeless(names.renamed(.array(ours))), Picture.placeless(otherNames.renamed(.array(theirs))))
            #expect(difference == nil, "\(name): \(difference ?? "")")
            let sizes = vectors[0].content["backend_keys"]?.members.filter { $0.key.hasSuffix(".s") }.compactMap(\.value.string) ?? []
            let opened = plan.steps.compactMap { if case .openChord(_, let size) = $0 { String(size) } else { nil } }
            if !sizes.isEmpty { #expect(opened == sizes, "\(name)") }
        }
    }

    @Test func aChainIsItsFirstMessageWithTheRestInReverse() throws {
        let plan = try Self.plan(.chain([Self.task("a"), Self.task("b"), Self.task("c")]), 1)
        let call = try #require(Self.calls(plan).first)
        #expect(plan.steps.count == 1 && call.name == "a" && call.args == [1] && call.root == nil)
        #expect(call.chain.map { $0["task"] } == ["c", "b"])
        guard case .task(let last, parent: .task(let middle, parent: .task(let first, parent: nil)?)?) = plan.result else {
            return #expect(Bool(false), "\(plan.result)")
        }
        #expect(first == call.id && call.chain.map { $0["options"]?["task_id"]?.string } == [last.rawValue, middle.rawValue])
    }

    @Test func aChordIsOpenedBeforeTheLastOfItsHeader() throws {
        let plan = try Self.plan(.chord([Self.task("a"), try .chain([Self.task("b"), Self.task("c")]), Self.task("d")], body: Self.task("sum")))
        guard case .openChord(let group, size: 3) = plan.steps[2], plan.steps.count == 4 else { return #expect(Bool(false), "\(plan.steps)") }
        let calls = Self.calls(plan)
        #expect(calls.map(\.name) == ["a", "b", "d"])
        #expect(calls[0].chord?["task"] == "sum" && calls[1].chord == nil && calls[1].chain[0]["options"]?["chord"]?["task"] == "sum")
        guard case .task(let body, parent: .group(group, let members, parent: nil)?) = plan.result else { return #expect(Bool(false), "\(plan.result)") }
        #expect(members.count == 3 && calls[0].chord?["options"]?["task_id"] == .string(body.rawValue))
    }

    @Test func withoutACounterSomebodyWaitsForTheHeader() throws {
        var context = Self.context
        (context.countsChords, context.chordRetryInterval) = (false, 0.5)
        let body = Self.task("sum", options: ["queue": "sums", "priority": 4])
        let plan = try Self.plan(.chord([Self.task("a"), Self.task("b")], body: body), context: context)
        let calls = Self.calls(plan)
        #expect(calls.map(\.name) == ["celery.chord_unlock", "a", "b"] && plan.steps.count == 3)
        #expect(calls[0].args.first == calls[1].group.map(Value.string) && calls[0].args.last == calls[1].chord)
        #expect(calls[0].kwargs["result"] == [[[.string(calls[1].id.rawValue), nil], nil], [[.string(calls[2].id.rawValue), nil], nil]])
        #expect(calls[0].kwargs["interval"] == 0.5 && calls[0].eta == 1_700_000_001 && calls[0].queue == "sums" && calls[0].priority == 4)
    }

    @Test func aHeaderWithGroupsInsideKeepsItsNesting() throws {
        let inner = try Signature.chain([Self.task("b"), .group([Self.task("c"), Self.task("d")])])
        let plan = try Self.plan(.chord([Self.task("a"), inner], body: Self.task("sum")))
        guard case .saveGroup(let group, let members)? = plan.steps.first else { return #expect(Bool(false), "\(plan.steps)") }
        #expect(members.array?.first == [.string(group), nil] && members.array?.last?.array?.count == 2)
        #expect(members.array?.last?.array?.last?.array?.last?.array?.count == 2)
    }

    @Test func whatATaskSendsIsPartOfItsWorkflow() throws {
        var context = Self.context
        (context.parent, context.root, context.priority) = ("p", "r", 7)
        let calls = Self.calls(try Self.plan(.group([Self.task("a"), Self.task("b", options: ["priority": 1])]), context: context))
        #expect(calls.allSatisfy { $0.parent == "p" && $0.root == "r" } && calls.map(\.priority) == [7, 1])
    }

    @Test func whatCannotBeAppliedIsAnError() throws {
        func kind(_ body: () throws -> Void) -> CanvasError.Kind? {
            do { try body() } catch { return (error as? CanvasError)?.kind }
            return nil
        }
        #expect(kind { _ = try Self.plan(.chain([])) } == .empty)
        #expect(kind { _ = try Self.plan(Signature("celery.chord", kwargs: ["header": []], kind: .chord)) } == .chordWithoutBody)
        #expect(kind { _ = try Self.plan(Signature("celery.group", kwargs: ["tasks": [5]], kind: .group)) } == .notASignature)
        #expect(kind { _ = try Canvas.plan(.group([Self.task("a")]), options: ["link": [:]], context: Self.context, newID: Self.ids()) } == .linkOnGroup)
        var deep = Self.task("a")
        for _ in 0..<150 { deep = .group([deep]) }
        #expect(kind { _ = try Self.plan(deep) } == .tooLarge)
        #expect(kind { _ = try Self.plan(.chain(Array(repeating: Self.task("a"), count: 10_001))) } == .tooLarge)
    }

    @Test func aLongChainIsPlannedAndItsResultFollowed() throws {
        let plan = try Self.plan(.chain((0..<5_000).map { Self.task("t\($0)") }))
        var length = 0
        var next: AppliedResult? = plan.result
        while case .task(_, let parent)? = next {
            length += 1
            next = parent
        }
        #expect(length == 5_000 && Self.calls(plan)[0].chain.count == 4_999)
    }

    @Test func aFailedHeaderFailsEveryResultOfTheBody() throws {
        let body = Signature.chord([Self.task("b")], body: Self.task("c", options: ["task_id": "inner"]))
        let plan = try Self.plan(.chord([Self.task("a")], body: body))
        let frozen = try #require(Self.calls(plan).first?.chord)
        let failure = Canvas.failedChord(body: frozen, context: Self.context, newID: Self.ids())
        #expect(failure.failures.map(\.id).last == "inner" && failure.failures.count == 2)
        let group = Canvas.failedChord(
            body: Signature.group([Self.task("b", options: ["task_id": "1"]), Self.task("c", options: ["task_id": "2"])]).value, context: Self.context,
            newID: Self.ids())
        #expect(group.revoked == ["1", "2"] && group.failures.prefix(2).map(\.id) == ["1", "2"])
    }

    @Test func anErrbackThatIsNoneDoesNotSaveTheRestOfTheChain() throws {
        var call = TaskCall(id: "a", name: "t")
        (call.errbacks, call.chain) = ([5], [Self.task("b", options: ["task_id": "next"]).value])
        let message = try TaskMessage(call.envelope(now: 0, replyTo: "r", origin: "o"))
        let plan = Canvas.afterFailure(of: message, context: Self.context, newID: Self.ids())
        #expect(plan.failures.map(\.id) == ["next"] && plan.errbacks.isEmpty && plan.problems.map(\.kind) == [.notASignature])
        #expect(Canvas.failedChord(body: 5, context: Self.context, newID: Self.ids()).problems.count == 1)
    }

    @Test func aChordErrorTellsWhichDependencyRaisedWhat() throws {
        let cause = StoredException(type: "Outer.Inner", module: "shop", arguments: ["no such order", 5])
        let error = Canvas.chordError(dependency: "t-1", raised: cause)
        #expect(error.type == "ChordError" && error.module == "celery.exceptions")
        #expect(error.arguments == ["Dependency t-1 raised Inner('no such order', 5)"])
    }

    @Test func linksAndImmutabilityGoWhereCeleryPutsThem() throws {
        let callback = Self.task("done"), errback = Self.task("failed")
        let group = try Signature.group([Self.task("a"), Self.task("b")]).linking(callback).linkingError(errback).immutable()
        let members = try #require(group.kwargs["tasks"]?.array)
        #expect(members[0]["options"]?["link"]?.array?.first?["immutable"] == true && members[1]["options"]?["link"] == nil)
        #expect(members.allSatisfy { $0["options"]?["link_error"] == [errback.value] && $0["immutable"] == true })
        let chord = try Signature.chord([Self.task("a")], body: Self.task("b")).linking(callback).linkingError(errback, onHeaders: true)
        #expect(chord.kwargs["body"]?["options"] == ["link": [callback.value], "link_error": [errback.value]])
        #expect(chord.kwargs["header"]?.array?.first?["options"]?["link_error"]?.array?.count == 1)
        #expect(try Signature.map(Self.task("a"), over: [1]).linking(callback).kind == .map)
    }
}
