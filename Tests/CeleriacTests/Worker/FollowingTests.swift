import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Synchronization
import Testing

@testable import Celeriac

/// What a task's end sets going.
@Suite struct FollowingTests {
    static let add = TaskDefinition(name: "shop.add") { args, _, _ in .integer(args.compactMap(\.integer).reduce(0, +)) }
    static let sum = TaskDefinition(name: "shop.sum") { args, _, _ in .integer((args.first?.array ?? []).compactMap(\.integer).reduce(0, +)) }
    static let fail = TaskDefinition(name: "shop.fail") { _, _, _ in throw OutcomeTests.Boom() }
    static let echo = TaskDefinition(name: "shop.echo") { args, _, _ in args.first ?? .null }
    static let all = [add, sum, fail, echo]

    static func s(_ name: String, _ args: [Value] = [], options: OrderedDictionary<String, Value> = [:]) -> Signature { Signature(name, args: args, options: options) }
    static func chain(_ steps: [Signature]) -> Signature { Signature("celery.chain", kwargs: ["tasks": .array(steps.map(\.value))], kind: .chain) }
    static func group(_ members: [Signature]) -> Signature { Signature("celery.group", kwargs: ["tasks": .array(members.map(\.value))], kind: .group) }
    static func chord(_ header: [Signature], _ body: Signature) -> Signature {
        Signature("celery.chord", kwargs: ["header": .array(header.map(\.value)), "body": body.value, "kwargs": .object([:])], kind: .chord)
    }

    private func id(_ result: AppliedResult) throws -> TaskID { try #require(result.tasks.last) }

    @Test func aChainHandsOnItsResults() async throws {
        let harness = await WorkerHarness(Self.all)
        let result = try await harness.app.apply(Self.chain([Self.s("shop.add", [1, 2]), Self.s("shop.add", [10]), Self.s("shop.add", [100])]))
        let record = try await harness.record(try id(result), .success)
        #expect(record.result == 113)
        #expect(record.parent != nil)
        try await harness.stop()
    }

    @Test func aBrokenChainFailsToItsEnd() async throws {
        let harness = await WorkerHarness(Self.all)
        let result = try await harness.app.apply(Self.chain([Self.s("shop.fail"), Self.s("shop.add", [10]), Self.s("shop.add", [100])]))
        #expect(try await harness.record(try id(result), .failure).exception?.text == "ValueError('boom')")
        try await harness.stop()
    }

    @Test func callbacksGetTheResultAndAreItsChildren() async throws {
        let harness = await WorkerHarness(Self.all)
        let callback = Self.s("shop.add", [1], options: ["task_id": "called-back"])
        let id = try await harness.send("shop.add", [2, 3]) { $0.callbacks = [callback.value] }
        #expect(try await harness.record("called-back", .success).result == 6)
        #expect(try await harness.record(id, .success).children == [[["called-back", nil], nil]])
        try await harness.stop()
    }

    @Test func errorCallbacksGetTheId() async throws {
        let harness = await WorkerHarness(Self.all)
        let errback = Self.s("shop.echo", options: ["task_id": "told"])
        let id = try await harness.send("shop.fail") { $0.errbacks = [errback.value] }
        #expect(try await harness.record("told", .success).result == .string(id.rawValue))
        try await harness.stop()
    }

    /// A callback that cannot be sent fails the task.
    @Test func aCallbackThatIsNoneFailsTheTask() async throws {
        let harness = await WorkerHarness(Self.all)
        let id = try await harness.send("shop.add", [2, 3]) { $0.callbacks = [["no": "signature"]] }
        _ = try await harness.record(id, .failure)
        #expect(try await harness.events.wait(for: "task-failed", id).last == "task-failed")
        try await harness.stop()
    }

    @Test(arguments: [1, 2, 20]) func aChordsBodyGetsTheResultsInOrder(size: Int) async throws {
        let harness = await WorkerHarness(Self.all) { $0.worker.concurrency = 8 }
        let header = (0..<size).map { Self.s("shop.add", [.integer($0), 1]) }
        let result = try await harness.app.apply(Self.chord(header, Self.s("shop.echo")))
        #expect(try await harness.record(try id(result), .success).result == .array((1...size).map(Value.integer)))
        try await harness.stop()
    }

    @Test func aFailedHeaderFailsTheBody() async throws {
        let harness = await WorkerHarness(Self.all)
        let body = Self.s("shop.sum", options: ["link_error": [Self.s("shop.echo", options: ["task_id": "told"]).value]])
        let result = try await harness.app.apply(Self.chord([Self.s("shop.add", [1]), Self.s("shop.fail")], body))
        let failed = try id(result)
        let exception = try await harness.record(failed, .failure).exception
        #expect(exception?.type == "ChordError")
        #expect(exception?.arguments.first?.string?.hasSuffix("raised ValueError('boom')") == true)
        #expect(try await harness.record("told", .success).result == .string(failed.rawValue))
        try await harness.stop()
    }

    @Test func aRevokedMemberFailsTheBodyToo() async throws {
        let harness = await WorkerHarness(Self.all)
        _ = await harness.ask("revoke", ["task_id": "doomed"])
        let header = [Self.s("shop.add", [1]), Self.s("shop.add", [2], options: ["task_id": "doomed"])]
        let result = try await harness.app.apply(Self.chord(header, Self.s("shop.sum")))
        #expect(try await harness.record(try id(result), .failure).exception?.type == "ChordError")
        try await harness.stop()
    }

    @Test func mapAndStarmapCallTheTaskForEachItem() async throws {
        let harness = await WorkerHarness(Self.all)
        let map = Signature("celery.map", kwargs: ["task": Self.s("shop.add").value, "it": [1, 2, 3]], kind: .map, isImmutable: true)
        #expect(try await harness.record(try id(try await harness.app.apply(map)), .success).result == [1, 2, 3])
        let starmap = Signature("celery.starmap", kwargs: ["task": Self.s("shop.add").value, "it": [[1, 2], [3, 4]]], kind: .starmap, isImmutable: true)
        #expect(try await harness.record(try id(try await harness.app.apply(starmap)), .success).result == [3, 7])
        try await harness.stop()
    }
}
