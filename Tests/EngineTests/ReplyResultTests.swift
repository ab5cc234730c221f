import Celeriac
import TestSupport
import Testing

/// `rpc://`: results as messages to whoever sent the task, between both languages.
@Suite(.enabled(if: RabbitServer.isThere, "\(RabbitServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(3)))
struct ReplyResultTests {
    @Test func resultsFindTheirSendersAcrossLanguages() async throws {
        let server = try await SharedServer.rabbit.server(), url = try await server.virtualHost()
        let python = try CeleryApp(broker: url, backend: "rpc://", settings: "task_routes={'shop.*': 'python'}")
        var configuration = AppConfiguration()
        configuration.worker.name = "swift@test"
        configuration.routes = [Route("shop.*", queue: "python")]
        let working = try App("worker", broker: url, resultBackend: "rpc://", configuration: configuration)
        try working.task("swift.add", "x", "y") { (x: Int, y: Int) in x + y }
        try working.task("swift.fail") { () throws -> Int in throw StoredException(type: "ValueError", module: "builtins", arguments: ["no"]) }
        let worker = Worker(app: working)
        async let end = worker.run()
        let other = try await python.worker("py@test", ["-Q", "python"])
        defer { other.stop() }

        // Ours to ours, ours to theirs.
        let sender = try App("sender", broker: url, resultBackend: "rpc://", configuration: configuration)
        let ours = sender.remote("swift.add", as: ((Int, Int) -> Int).self), theirs = sender.remote("shop.add", as: ((Int, Int) -> Int).self)
        #expect(try await ours.delay(2, 3).get(timeout: .seconds(30)) == 5)
        #expect(try await theirs.delay(4, 5).get(timeout: .seconds(30)) == 9)
        let results = try await ours.delayAll((0..<50).map { ($0, 1) })
        for (index, result) in results.enumerated() { #expect(try await result.get(timeout: .seconds(30)) == index + 1) }
        let failed = try await sender.send("swift.fail")
        let error = await #expect(throws: TaskError.self) { try await failed.get(timeout: .seconds(30)) }
        #expect(error?.exception.type == "ValueError")
        // Nobody could count it.
        await #expect(throws: TransportError.self) { _ = try await chord(ours.s(1, 1), ours.s(2, 2), body: ours.partial(1)).delay() }

        // Theirs to ours.
        let printed = try await python.run(
            """
            import json
            told = {"sum": app.send_task("swift.add", (1, 2)).get(timeout=30)}
            try: app.send_task("swift.fail").get(timeout=30)
            except ValueError as error: told["error"] = error.args[0]
            print(json.dumps(told))
            """)
        #expect(try Value(lastLineOf: printed) == ["sum": 3, "error": "no"])

        worker.shutdown()
        _ = try await end
        await sender.close()
        await working.close()
        // Nothing is left of those who asked.
        let queues = try await server.ctl("list_queues", "-p", try BrokerURL(url).path, "--no-table-headers", "name").split(separator: "\n")
        #expect(Set(queues) == ["celery", "python"] || queues.allSatisfy { ["celery", "python"].contains($0) || $0.hasPrefix("py@test") || $0.hasPrefix("celeryev") })
    }

    @Test func otherBrokersRefuseIt() {
        let error = #expect(throws: TransportError.self) { try App("x", broker: "memory://", resultBackend: "rpc://") }
        #expect(error?.kind == .misconfigured)
    }
}
