import Celeriac
import TestSupport
import Testing

/// Real Celery sends, our worker runs, real Celery reads the results.
@Suite(.enabled(if: RedisServer.isThere, "\(RedisServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(3)))
struct PythonProducerTests {
    struct Order: Codable { var id: Int, lines: [String: Double] }

    private func registered(_ app: App) throws {
        try app.task("swift.add", "x", .optional("y", default: 10)) { (x: Int, y: Int) in x + y }
        try app.task("swift.total", "numbers") { (numbers: [Int]) in numbers.reduce(0, +) }
        try app.task("swift.price", "order") { (order: Order) in order.lines.values.reduce(0, +) }
        try app.task("swift.fail") { () throws -> Int in throw StoredException(type: "ValueError", module: "builtins", arguments: ["no such order", 7]) }
        try app.task("swift.retry", retry: .fixed(.zero, max: 5)) { (context: TaskContext) throws -> Int in
            if context.retries < 2 { throw StoredException(type: "OSError", module: "builtins", arguments: []) }
            return context.retries
        }
        try app.task("swift.request") { (context: TaskContext) -> [String: Value] in
            [
                "id": .string(context.id.rawValue), "trace": context.request.message.headers["trace"] ?? .null,
                "priority": .integer(context.request.message.priority),
            ]
        }
        try app.task("swift.parent") { (context: TaskContext) async throws -> Value in
            try await context.app.send("swift.add", [1, 2]).tuple
        }
        try app.task("swift.progress") { (context: TaskContext) async throws -> Int in
            try await context.updateState("PROGRESS", meta: ["done": 1])
            try await Task.sleep(for: .seconds(60))
            return 0
        }
    }

    @Test(arguments: MixedCluster.Broker.all) func callsResultsAndErrorsAreAsBetweenPythons(broker: MixedCluster.Broker) async throws {
        let cluster = try await MixedCluster(broker)
        try registered(cluster.app)
        try await cluster.working {
            let printed = try await cluster.python.run(
                """
                import json
                def call(name, *args, **options): return app.send_task(name, **options)
                def get(name, args=(), kwargs=None, **options): return app.send_task(name, args, kwargs, **options).get(timeout=30)
                told = {
                    "positional": get("swift.add", (2, 3)), "keywords": get("swift.add", kwargs={"y": 4, "x": 1}), "default": get("swift.add", (1,)),
                    "codable": get("swift.price", ({"id": 1, "lines": {"tea": 1.5, "jam": 2}},)), "retries": get("swift.retry"),
                    "request": get("swift.request", headers={"trace": "a1"}, priority=3, task_id="mine"),
                    "countdown": get("swift.add", (1, 1), countdown=0.2),
                }
                try: get("swift.fail")
                except ValueError as error: told["error"] = list(error.args)
                try: get("swift.add", ("a", 1))
                except TypeError as error: told["mismatch"] = "argument 'x'" in str(error)
                try: get("swift.add", (1, 2, 3))
                except TypeError as error: told["surplus"] = str(error)
                parent = app.send_task("swift.parent"); parent.get(timeout=30)
                told["children"] = [child.get(timeout=30) for child in parent.children]
                ignored = app.send_task("swift.add", (1, 1), expires=-1)
                try: ignored.get(timeout=30)
                except Exception as error: told["expired"] = type(error).__name__
                print(json.dumps(told))
                """)
            let told = try Value(lastLineOf: printed)
            #expect(told["positional"] == 5 && told["keywords"] == 5 && told["default"] == 11 && told["countdown"] == 2)
            #expect(told["codable"] == 3.5)
            #expect(told["retries"] == 2)
            #expect(told["request"]?.sorted == (["id": "mine", "trace": "a1", "priority": 3] as Value).sorted)
            #expect(told["error"] == ["no such order", 7])
            #expect(told["mismatch"] == true)
            #expect(told["surplus"] == "swift.add() takes 2 positional arguments but 3 were given")
            #expect(told["children"] == [3])
            #expect(told["expired"] == "TaskRevokedError")
        }
    }

    @Test(arguments: MixedCluster.Broker.all) func workflowsThatPythonComposesRunHere(broker: MixedCluster.Broker) async throws {
        let cluster = try await MixedCluster(broker)
        try registered(cluster.app)
        try await cluster.working {
            let printed = try await cluster.python.run(
                """
                import json
                from celery import chain, group, chord, signature
                add, total = app.signature("swift.add"), app.signature("swift.total")
                def s(*args): return app.signature("swift.add", args=args)
                told = {
                    "chain": chain(s(1, 2), s(3), s(4)).apply_async().get(timeout=30),
                    "group": group(s(i, i) for i in range(5)).apply_async().get(timeout=30),
                    "chord": chord([s(i, 1) for i in range(4)], total).apply_async().get(timeout=30),
                    "nested": chain(s(1, 1), group(s(1), s(2)), total, s(100)).apply_async().get(timeout=30),
                }
                try: chord([s(1, 1), app.signature("swift.fail")], total).apply_async().get(timeout=30)
                except Exception as error: told["failed"] = type(error).__name__
                progress = app.send_task("swift.progress")
                while progress.state != "PROGRESS": pass
                told["progress"] = progress.info
                progress.revoke(terminate=True)
                try: progress.get(timeout=30)
                except Exception as error: told["terminated"] = type(error).__name__ + " " + str(error)
                print(json.dumps(told))
                """)
            let told = try Value(lastLineOf: printed)
            #expect(told["chain"] == 10 && told["group"] == [0, 2, 4, 6, 8] && told["chord"] == 10 && told["nested"] == 107)
            #expect(told["failed"] == "ChordError" || told["failed"] == "ValueError")
            #expect(told["progress"] == ["done": 1])
            #expect(told["terminated"] == "TaskRevokedError terminated")
        }
    }
}
