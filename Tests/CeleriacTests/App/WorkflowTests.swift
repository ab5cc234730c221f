import Celeriac
import CeleriacCore
import Testing

/// Workflows by a real worker, on a broker in memory.
@Suite(.timeLimit(.minutes(1))) struct WorkflowTests {
    let app: App
    let add: TypedTask<Int, Int, Int>
    let total: TypedTask<[Int], Int>
    let square: TypedTask<Int, Int>
    let note: TypedTask<String, String, NoResult>
    let log = Log()

    init() throws {
        app = try App("t", broker: "memory://", resultBackend: "memory://")
        add = try app.task("t.add", "x", "y") { (x: Int, y: Int) in x + y }
        total = try app.task("t.total", "numbers") { (numbers: [Int]) in numbers.reduce(0, +) }
        square = try app.task("t.square", "x") { (x: Int) in x * x }
        note = try app.task("t.note", "what", "prefix") { [log] (what: String, prefix: String) in log.add(prefix + what) }
    }

    private func working(_ body: () async throws -> Void) async throws {
        let worker = Worker(app: app)
        async let end = worker.run()
        do { try await body() } catch {
            worker.shutdown(.cold)
            _ = try await end
            throw error
        }
        worker.shutdown()
        #expect(try await end == 0)
        await app.close()
    }

    @Test func aChainHandsOnItsResults() async throws {
        try await working { () async throws in
            let result = try await (add.s(1, 2) | square.partial() | add.partial(1)).delay()
            #expect(try await result.get(timeout: .seconds(20)) == 10)
            #expect(try await result.parent?.get(timeout: .seconds(20)) == 9)
        }
    }

    @Test func groupsChordsMapsAndChunksRun() async throws {
        try await working { () async throws in
            #expect(try await group((1...20).map { square.s($0) }).delay().get(timeout: .seconds(20)) == (1...20).map { $0 * $0 })
            #expect(try await (group(square.s(1), square.s(2)) | total.partial() | add.partial(1)).delay().get(timeout: .seconds(20)) == 6)
            #expect(try await (add.s(1, 1) | group(add.partial(1), add.partial(2))).delay().get(timeout: .seconds(20)) == [3, 4])
            #expect(try await square.map(1...3).delay().get(timeout: .seconds(20)) == [1, 4, 9])
            #expect(try await add.starmap([(1, 2), (3, 4)]).delay().get(timeout: .seconds(20)) == [3, 7])
            #expect(try await add.chunks((0..<5).map { ($0, 1) }, of: 2).delay().get(timeout: .seconds(20)) == [[1, 2], [3, 4], [5]])
            let nested = chord(chord(square.s(1), square.s(2), body: total.partial()), add.s(1, 1), body: total.partial())
            #expect(try await nested.delay().get(timeout: .seconds(20)) == 7)
        }
    }

    @Test func linksFollowSuccessAndErrorCallbacksFailure() async throws {
        let fail = try app.task("t.fail") { () throws -> Int in throw StoredException(type: "ValueError", module: "builtins", arguments: ["no"]) }
        try await working { () async throws in
            let failed = fail.s().onError(note.partial("failed "))
            let error = await #expect(throws: TaskError.self) { try await failed.apply(CallOptions(taskID: "f1")).get(timeout: .seconds(20)) }
            #expect(error?.exception.type == "ValueError")
            _ = try await app.task("t.text") { "fine" }.s().link(note.partial("got ")).delay().get(timeout: .seconds(20))
            // The callbacks run beside whoever waits; each is a task of its own that the end of the worker waits for.
            while log.lines.count < 2 { await Task.yield() }
            #expect(Set(log.lines) == ["failed f1", "got fine"])
        }
    }

    @Test func aTaskRetriesUntilItSucceeds() async throws {
        let flaky = try app.task("t.flaky", retry: .fixed(.zero, max: 5)) { (context: TaskContext) throws -> Int in
            guard context.retries == 3 else { throw StoredException(type: "OSError", module: "builtins", arguments: []) }
            return context.retries
        }
        let hopeless = try app.task("t.hopeless", retry: .fixed(.zero, max: 1)) { () throws -> Int in
            throw StoredException(type: "OSError", module: "builtins", arguments: ["gone"])
        }
        try await working { () async throws in
            #expect(try await flaky.delay().get(timeout: .seconds(20)) == 3)
            let error = await #expect(throws: TaskError.self) { try await hopeless.delay().get(timeout: .seconds(20)) }
            #expect(error?.exception.arguments == ["gone"])
        }
    }

    @Test func aTaskIsReplacedAndAddsToItsChord() async throws {
        let sum = total
        let fan = try app.task("t.fan", "n") { [square] (context: TaskContext, n: Int) async throws -> Int in
            try await context.replace(with: group((1...n).map { square.s($0) }) | sum.partial())
        }
        let more = try app.task("t.more", "n") { [square] (context: TaskContext, n: Int) async throws -> Int in
            try await context.addToChord(square.s(n))
            return n
        }
        try await working { () async throws in
            #expect(try await fan.delay(3).get(timeout: .seconds(20)) == 14)
            #expect(try await (fan.s(2) | add.partial(1)).delay().get(timeout: .seconds(20)) == 6)
            #expect(try await chord([more.s(2), more.s(3)], body: total.partial()).delay().get(timeout: .seconds(20)) == 2 + 3 + 4 + 9)
        }
    }

    @Test func aFailedMemberFailsItsChord() async throws {
        let fail = try app.task("t.fail") { () throws -> Int in throw StoredException(type: "ValueError", module: "builtins", arguments: ["no"]) }
        try await working { () async throws in
            let error = await #expect(throws: TaskError.self) {
                try await chord(square.s(1), fail.s(), body: total.partial()).delay().get(timeout: .seconds(20))
            }
            #expect(error?.exception.type == "ChordError")
        }
    }

    @Test func theSoftLimitIsAFailureThatPythonKnows() async throws {
        let slow = try app.task("t.slow", limits: TimeLimits(soft: .milliseconds(30))) { () async throws -> Int in
            try await Task.sleep(for: .seconds(60))
            return 1
        }
        try await working { () async throws in
            let error = await #expect(throws: TaskError.self) { try await slow.delay().get(timeout: .seconds(20)) }
            #expect(error?.exception.type == "SoftTimeLimitExceeded" && error?.exception.module == "billiard.exceptions")
        }
    }
}
