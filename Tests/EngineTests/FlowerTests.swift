import Celeriac
import TestSupport
import Testing

/// Flower, the web monitor, takes our worker for one of Celery's.
@Suite(.enabled(if: RedisServer.isThere, "\(RedisServer.missing)"), .enabled(if: CeleryApp.isThere, "\(CeleryApp.missing)"), .timeLimit(.minutes(3)))
struct FlowerTests {
    @Test func flowerShowsOurWorkerAndItsTasks() async throws {
        let cluster = try await MixedCluster { $0.worker.sendsEvents = true }
        try cluster.app.task("swift.add", "x", "y") { (x: Int, y: Int) in x + y }
        try await cluster.working {
            let printed = try await cluster.python.run(
                """
                import json, os, socket, subprocess, sys, time, urllib.request
                with socket.socket() as free:
                    free.bind(("127.0.0.1", 0))
                    port = free.getsockname()[1]
                flower = subprocess.Popen(
                    [sys.executable, "-m", "celery", "-A", "shop", "flower", f"--port={port}", "--address=127.0.0.1"],
                    env=dict(os.environ, FLOWER_UNAUTHENTICATED_API="true"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                def get(path):
                    while flower.poll() is None:
                        try: return json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=10))
                        except OSError: time.sleep(0.05)
                    raise SystemExit("flower ended: is it installed beside Celery?")
                try:
                    while "swift@test" not in get("workers?refresh=1"): pass
                    worker = get("workers?refresh=1")["swift@test"]
                    # It listens to events once it knows the worker; what was sent before it has not seen.
                    while True:
                        id = app.send_task("swift.add", (2, 3)).id
                        app.AsyncResult(id).get(timeout=30)
                        tasks = get("tasks")
                        done = [task for task in tasks.values() if task["state"] == "SUCCESS"]
                        if done: break
                    print(json.dumps({
                        "registered": "swift.add" in worker["registered"], "queues": [queue["name"] for queue in worker["active_queues"]],
                        "concurrency": worker["stats"]["pool"]["max-concurrency"], "name": done[0]["name"], "result": done[0]["result"],
                        "worker": done[0]["worker"]}))
                finally:
                    flower.terminate()
                    flower.wait()
                """)
            let told = try Value(lastLineOf: printed)
            #expect(told["registered"] == true && told["queues"] == ["celery"] && told["concurrency"] == 4)
            #expect(told["name"] == "swift.add" && told["result"] == "5" && told["worker"] == "swift@test")
        }
    }
}
