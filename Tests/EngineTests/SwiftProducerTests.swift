import Celeriac
import TestSupport
import Testing

/// We send, real Celery runs, we read the results; and workflows that run on both.
@Suite(.enabled(if: RedisServer.isThere, "\(RedisServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(3)))
struct SwiftProducerTests {
    @Test(arguments: MixedCluster.Broker.all) func pythonRunsWhatWeSend(broker: MixedCluster.Broker) async throws {
        let cluster = try await MixedCluster(broker), app = cluster.app
        let add = app.remote("shop.add", as: ((Int, Int) -> Int).self)
        let worker = try await cluster.python.worker("py@test", ["-Q", "python"])
        defer { worker.stop() }

        #expect(try await add.delay(2, 3).get(timeout: .seconds(30)) == 5)
        #expect(try await app.signature("shop.add", kwargs: ["y": 1, "x": 2], returning: Int.self).delay().get(timeout: .seconds(30)) == 3)
        #expect(try await add.apply(1, 1, options: CallOptions(countdown: .milliseconds(100))).get(timeout: .seconds(30)) == 2)
        let results = try await add.delayAll((0..<50).map { ($0, 1) })
        for (index, result) in results.enumerated() { #expect(try await result.get(timeout: .seconds(30)) == index + 1) }

        let failed = try await app.send("shop.fail")
        let error = await #expect(throws: TaskError.self) { try await failed.get(timeout: .seconds(30)) }
        #expect(error?.exception == StoredException(type: "ValueError", module: "builtins", arguments: ["no such order"]))
        #expect(error?.traceback?.contains("raise ValueError") == true)

        #expect(try await (add.s(1, 2) | add.partial(3) | add.partial(4)).delay().get(timeout: .seconds(30)) == 10)
        #expect(try await group((0..<4).map { add.s($0, $0) }).delay().get(timeout: .seconds(30)) == [0, 2, 4, 6])
        #expect(try await add.starmap([(1, 2), (3, 4)]).set(CallOptions(queue: "python")).delay().get(timeout: .seconds(30)) == [3, 7])

        let revoked = try await add.apply(1, 1, options: CallOptions(countdown: .seconds(2)))
        try await revoked.revoke()
        let end = await #expect(throws: TaskError.self) { try await revoked.get(timeout: .seconds(30)) }
        #expect(end?.state == .revoked)
        await app.close()
    }

    @Test(arguments: MixedCluster.Broker.all) func oneWorkflowRunsOnBothSides(broker: MixedCluster.Broker) async throws {
        let cluster = try await MixedCluster(broker), app = cluster.app
        let theirs = app.remote("shop.add", as: ((Int, Int) -> Int).self)
        let ours = try app.task("swift.add", "x", "y") { (x: Int, y: Int) in x + y }
        let total = try app.task("swift.total", "numbers") { (numbers: [Int]) in numbers.reduce(0, +) }
        let python = try await cluster.python.worker("py@test", ["-Q", "python"])
        defer { python.stop() }
        try await cluster.working { () async throws in
            #expect(try await (ours.s(1, 2) | theirs.partial(3) | ours.partial(4)).delay().get(timeout: .seconds(30)) == 10)
            #expect(try await chord(ours.s(1, 1), theirs.s(2, 2), ours.s(3, 3), theirs.s(4, 4), body: total.partial()).delay().get(timeout: .seconds(30)) == 20)
            #expect(try await (group(ours.s(1, 1), theirs.s(2, 2)) | total.partial() | theirs.partial(1)).delay().get(timeout: .seconds(30)) == 7)
            let failing = chord([app.signature("shop.fail"), ours.s(1, 1).returning(Value.self)], body: total.partial())
            let error = await #expect(throws: TaskError.self) { try await failing.delay().get(timeout: .seconds(30)) }
            #expect(error?.exception.type == "ChordError")
        }
    }
}
