import Celeriac
import TestSupport
import Testing

/// What real Celery asks of workers, ours does; what it watches, it sees.
@Suite(.enabled(if: RedisServer.isThere, "\(RedisServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(3)))
struct PythonControlTests {
    @Test(arguments: MixedCluster.Broker.all.filter { $0 != .quorum }) func commandsAreObeyed(broker: MixedCluster.Broker) async throws {
        let cluster = try await MixedCluster(broker)
        try cluster.app.task("swift.add", "x", "y") { (x: Int, y: Int) in x + y }
        try cluster.app.task("swift.wait") { () async throws -> Int in
            try await Task.sleep(for: .seconds(60))
            return 0
        }
        try await cluster.working {
            let printed = try await cluster.python.run(
                """
                import json, time
                told = {}
                while not app.control.ping(timeout=1, limit=1): pass
                # One worker: one reply is all there is to wait for.
                inspect = app.control.inspect(timeout=10, limit=1)
                told["ping"] = inspect.ping()
                told["registered"] = [name for name in inspect.registered()["swift@test"] if name.startswith("swift.")]
                stats = inspect.stats()["swift@test"]
                told["concurrency"] = stats["pool"]["max-concurrency"]
                told["grown"] = app.control.pool_grow(2, reply=True, limit=1, timeout=10)
                told["prefetch"] = [stats["prefetch_count"], inspect.stats()["swift@test"]["prefetch_count"]]

                revoked = app.send_task("swift.add", (1, 1), countdown=1)
                revoked.revoke()
                try: revoked.get(timeout=30)
                except Exception as error: told["revoked"] = type(error).__name__

                waiting = app.send_task("swift.wait")
                while not inspect.active()["swift@test"]: pass
                told["active"] = inspect.active()["swift@test"][0]["name"]
                waiting.revoke(terminate=True, signal="SIGKILL")
                try: waiting.get(timeout=30)
                except Exception as error: told["terminated"] = str(error)

                told["limit"] = app.control.rate_limit("swift.add", "2/s", reply=True, limit=1, timeout=10)
                begun = time.monotonic()
                for result in [app.send_task("swift.add", (i, i)) for i in range(4)]: result.get(timeout=30)
                told["took"] = time.monotonic() - begun
                app.control.rate_limit("swift.add", 0, reply=True, limit=1, timeout=10)

                told["added"] = app.control.add_consumer("extra", reply=True, limit=1, timeout=10)
                told["extra"] = app.send_task("swift.add", (20, 1), queue="extra").get(timeout=30)
                told["queues"] = sorted(queue["name"] for queue in inspect.active_queues()["swift@test"])
                told["cancelled"] = app.control.cancel_consumer("extra", reply=True, limit=1, timeout=10)
                print(json.dumps(told))
                """)
            let told = try Value(lastLineOf: printed)
            #expect(told["ping"] == ["swift@test": ["ok": "pong"]])
            #expect(told["registered"] == ["swift.add", "swift.wait"])
            #expect(told["concurrency"] == 4)
            // Four for each task that can run.
            #expect(told["prefetch"] == [16, 24])
            #expect(told["grown"] == [["swift@test": ["ok": "pool will grow"]]])
            #expect(told["revoked"] == "TaskRevokedError" && told["active"] == "swift.wait" && told["terminated"] == "terminated")
            #expect(told["limit"] == [["swift@test": ["ok": "new rate limit set successfully"]]])
            // Three waits of half a second after the first token.
            #expect((told["took"]?.double ?? 0) >= 1.4)
            #expect(told["added"] == [["swift@test": ["ok": "add consumer extra"]]])
            #expect(told["extra"] == 21 && told["queues"] == ["celery", "extra"])
            #expect(told["cancelled"] == [["swift@test": ["ok": "no longer consuming from extra"]]])
        }
    }

    @Test(arguments: MixedCluster.Broker.all) func eventsTellPythonsReceiverTheWholeStory(broker: MixedCluster.Broker) async throws {
        let cluster = try await MixedCluster(broker) {
            $0.worker.sendsEvents = true
            $0.sendsSentEvents = true
        }
        try cluster.app.task("swift.add", "x", "y") { (x: Int, y: Int) in x + y }
        try cluster.app.task("swift.call") { (context: TaskContext) async throws -> Int in
            try await context.sendEvent("task-progress", ["done": 1])
            return try await context.app.result(of: context.app.send("swift.add", [1, 2]).id, as: Int.self).get(timeout: .seconds(30))
        }
        try await cluster.working {
            let printed = try await cluster.python.run(
                """
                import json, threading
                state = app.events.State()
                seen, told = [], {}
                ready = threading.Event()
                def take(event):
                    seen.append(event)
                    state.event(event)
                    if event["type"] == "worker-heartbeat": ready.set()
                    if event["type"] == "task-succeeded" and event["uuid"] == told.get("id"): receiver.should_stop = True
                def send():
                    ready.wait(30)
                    told["id"] = "outer"
                    app.send_task("swift.call", task_id="outer")
                threading.Thread(target=send).start()
                with app.connection_for_read() as connection:
                    receiver = app.events.Receiver(connection, handlers={"*": take})
                    receiver.capture(limit=None, timeout=60, wakeup=True)
                outer = state.tasks["outer"]
                inner = [task for task in state.tasks.values() if task.name == "swift.add"][0]
                told |= {
                    "states": [outer.state, inner.state], "names": [outer.name, inner.name], "result": outer.result, "worker": outer.worker.hostname,
                    "parent": inner.parent_id, "root": inner.root_id, "args": inner.args, "runtime": outer.runtime > 0,
                    "alive": state.workers["swift@test"].alive, "software": state.workers["swift@test"].sw_ident,
                    "inner": [e["type"] for e in seen if e.get("uuid") == inner.uuid], "progress": [e["done"] for e in seen if e["type"] == "task-progress"],
                }
                print(json.dumps(told))
                """)
            let told = try Value(lastLineOf: printed)
            #expect(told["states"] == ["SUCCESS", "SUCCESS"] && told["names"] == ["swift.call", "swift.add"])
            #expect(told["result"] == "3" && told["worker"] == "swift@test" && told["runtime"] == true && told["alive"] == true)
            #expect(told["parent"] == "outer" && told["root"] == "outer" && told["args"] == "(1, 2)")
            let inner = (told["inner"]?.array ?? []).compactMap(\.string)
            #expect(inner.filter { $0 != "task-sent" } == ["task-received", "task-started", "task-succeeded"])
            // A quick worker may be the first to tell.
            #expect(inner.count { $0 == "task-sent" } == 1)
            #expect(told["progress"] == [1])
        }
    }
}
