import CeleriacBroker
import CeleriacCore
import Testing

@testable import Celeriac

@Suite struct ResultTests {
    let app: App
    init() throws { app = try App("t", broker: "memory://", resultBackend: "memory://") }

    private func store(_ id: TaskID, _ state: TaskState, _ result: Value) async throws {
        try await app.resultStore.store([ResultRecord(id: id, state: state, result: result)], lifetime: nil)
    }

    @Test func aResultIsAwaitedAndDecoded() async throws {
        let add = app.remote("t.add", as: ((Int, Int) -> Int).self)
        let result = try await add.delay(2, 3)
        #expect(try await result.state == .pending)
        async let sum = result.get(timeout: .seconds(30))
        try await store(result.id, .started, ["pid": 1])
        try await store(result.id, .success, 5)
        #expect(try await sum == 5)
        #expect(try await result.state == .success)
        #expect(try await result.info == 5)
        try await result.forget()
        #expect(try await result.state == .pending)
    }

    @Test func aFailureIsThrownAsItWasStored() async throws {
        let exception = StoredException(type: "ValueError", module: "builtins", arguments: ["no such order"])
        try await store("a", .failure, exception.value)
        let error = await #expect(throws: TaskError.self) { try await app.result(of: "a").get(timeout: .seconds(30)) }
        #expect(error?.exception == exception && error?.task == "a" && error?.state == .failure)
        #expect(error.map { "\($0)".contains("no such order") } == false)
    }

    @Test func waitingEnds() async throws {
        let error = await #expect(throws: TransportError.self) { try await app.result(of: "never").get(timeout: .milliseconds(20)) }
        #expect(error?.kind == .timedOut)
    }

    @Test func aRevokedStepEndsTheWaitForItsChain() async throws {
        let step = app.remote("t.step", as: ((Int) -> Int).self)
        let last = try await (step.s(1) | step.partial() | step.partial()).delay()
        let first = try #require(last.parent?.parent)
        try await store(first.id, .revoked, StoredException(type: "TaskRevokedError", module: "celery.exceptions", arguments: ["revoked"]).value)
        let error = await #expect(throws: TaskError.self) { try await last.get(timeout: .seconds(30)) }
        #expect(error?.task == first.id && error?.state == .revoked)
    }

    @Test func aGroupsResultsComeInItsOrder() async throws {
        let square = app.remote("t.square", as: ((Int) -> Int).self)
        let result = try await group((1...3).map { square.s($0) }).delay()
        for (index, member) in result.members.enumerated().reversed() { try await store(member.id, .success, .integer(index * 10)) }
        #expect(try await result.get(timeout: .seconds(30)) == [0, 10, 20])
        #expect(try await result.completedCount == 3)
        #expect(try await result.isReady)
        try await result.save()
        #expect(try await app.restoreGroup(result.id, as: Int.self)?.get(timeout: .seconds(30)) == [0, 10, 20])
    }

    @Test func withoutABackendThereAreNoResults() async throws {
        let silent = try App("t", broker: "memory://")
        let result = try await silent.send("t.x")
        let error = await #expect(throws: TransportError.self) { try await result.get() }
        #expect(error?.kind == .misconfigured)
    }

    @Test(arguments: [
        "[[\"a\", null], null]", "[[\"b\", [[\"a\", null], null]], null]", "[[\"g\", [[\"a\", null], null]], [[[\"m\", null], null], [[\"n\", null], null]]]",
    ])
    func celerysTupleFormIsReadAndWritten(text: String) throws {
        let tuple = try JSON.decode(text)
        #expect(AppliedResult(tuple)?.tuple == tuple)
    }
}
