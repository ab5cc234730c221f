import CeleriacCore
import Foundation
import TestSupport
import Testing

/// The program on a RabbitMQ of its own, with Python's workers where they are needed.
@Suite(.serialized, .timeLimit(.minutes(4)), .enabled(if: RabbitServer.isThere, Comment(rawValue: RabbitServer.missing)))
struct RabbitMQTests {
    private let certificates: Certificates
    private let server: RabbitServer

    init() async throws {
        certificates = try Certificates()
        server = try await RabbitServer.start(certificates: certificates)
    }

    // MARK: - What stands in the way

    /// Commands that look, ask, send and listen all complain of `url` by exit code 69 and one line with `words`, which shows no password.
    private func expectComplaint(of url: String, _ words: String, status: Set<Int32> = [69]) throws {
        for command in [["queues"], ["inspect", "ping"], ["call", "shop.add"], ["events"]] {
            let finished = try Celeriac.start(["-b", url] + command).finish()
            #expect(status.contains(finished.status) && finished.output == [], "\(command): \(finished)")
            let lines = finished.complaint.split(separator: "\n")
            #expect(lines.count == 1 && lines[0].hasPrefix("celeriac: ") && lines[0].contains(words), "\(command): \(finished)")
            #expect(!finished.complaint.contains("s3cret"), "\(command): \(finished)")
        }
    }

    @Test func eachMistakeIsToldInALine() async throws {
        let place = "127.0.0.1:\(server.port)"
        try expectComplaint(of: "amqp://guest:s3cret-wrong@\(place)", "refused user and password")
        try expectComplaint(of: "amqp://guest:guest@\(place)/nosuch", "no virtual host \"nosuch\"")
        try await server.ctl("add_user", "clerk", "s3cret")
        try expectComplaint(of: "amqp://clerk:s3cret@\(place)", "clerk may not use the virtual host")
        try await server.ctl("set_permissions", "-p", "/", "clerk", "^mine$", "", "")
        try expectComplaint(of: "amqp://clerk:s3cret@\(place)", "refused for user 'clerk'")
        try expectComplaint(of: "amqp://guest:s3cret@no.such.host.invalid", "no.such.host.invalid")

        let port = server.tlsPort
        try expectComplaint(of: "amqps://guest:s3cret@localhost:\(port)", "certificate")
        try expectComplaint(of: "amqps://guest:s3cret@127.0.0.1:\(port)/?ssl_ca_certs=\(certificates.authority)", "host name")
        try expectComplaint(of: "amqps://guest:s3cret@localhost:\(port)/?ssl_ca_certs=/nosuch.pem", "/nosuch.pem", status: [2, 69])
        let right = try Celeriac.run("-b", "amqps://localhost:\(port)/?ssl_ca_certs=\(certificates.authority)", "queues", "--json")
        #expect(right.status == 0, "\(right)")

        // Nothing is wrong, only nobody is there.
        let url = try await server.virtualHost()
        for command in [["status"], ["inspect", "ping"], ["control", "enable_events"], ["revoke", "8a1f"]] {
            let finished = try Celeriac.start(["-b", url] + command).finish()
            #expect(finished.status == 69 && finished.complaint.contains("no worker"), "\(command): \(finished)")
        }
    }

    @Test(.enabled(if: CeleryApp.isThere, Comment(rawValue: CeleryApp.missing))) func garbageAmongTheEventsHidesNothing() async throws {
        let python = try CeleryApp(broker: try await server.virtualHost())
        let watching = try Celeriac.start(["-b", python.broker, "tasks", "--for", "6", "--json"])
        while watching.isRunning {
            try await python.run(
                """
                from kombu import Exchange
                garbage = [b"", b"hello", b"\\xff\\xfe\\x00", b'{"type":', b"[]", b"null", b"7", b"[" * 100_000, b'{"type": "task-received"}', b"x" * (5 << 20)]
                with app.connection() as connection:
                    events = Exchange("celeryev", type="topic")
                    producer = connection.Producer(exchange=events)
                    for body in garbage:
                        for kind in ("application/json", "application/x-python-serialize", "text/plain"):
                            producer.publish(body, routing_key="task.received", content_type=kind, content_encoding="utf-8", declare=[events])
                    with app.events.Dispatcher(connection, hostname="celery@w1") as dispatcher:
                        dispatcher.send("task-received", uuid="sound", name="shop.sound", args="()", kwargs="{}", retries=0)
                """)
        }
        let finished = try watching.finish()
        #expect(finished.status == 0, "\(finished)")
        #expect(try finished.json().array?.contains { $0["id"] == "sound" && $0["name"] == "shop.sound" } == true, "\(finished)")
    }

    // MARK: - What arrives

    @Test(.enabled(if: CeleryApp.isThere, Comment(rawValue: CeleryApp.missing))) func resultsOnRPCReachWhoSentTheTask() async throws {
        let python = try CeleryApp(broker: try await server.virtualHost(), backend: "rpc://")
        let worker = try await python.worker()
        defer { worker.stop() }
        let cluster = ["-b", python.broker, "-r", "rpc://"]
        let sum = try Celeriac.start(cluster + ["call", "shop.add", "-a", "[2, 3]", "--wait", "30", "--json"]).finish()
        #expect(sum.status == 0, "\(sum)")
        #expect(try sum.json()["result"] == 5)
        let failure = try Celeriac.start(cluster + ["call", "shop.fail", "--wait", "30"]).finish()
        #expect(failure.status == 1 && failure.complaint.contains("no such order"), "\(failure)")
        let impatient = try Celeriac.start(cluster + ["call", "shop.sleep", "-a", "[2]", "--wait", "0.2"]).finish()
        #expect(impatient.status == 1 && impatient.complaint.contains("no result within 0.2 s\n"), "\(impatient)")
        // Others cannot look them up, and are told so; the rest is to be seen all the same.
        let later = try Celeriac.start(cluster + ["result", "8a1f"]).finish()
        #expect(later.status == 2 && later.complaint.contains("reach only who sent the task"), "\(later)")
        let found = try Celeriac.start(cluster + ["find", try sum.json()["id"]?.string ?? "?"]).finish()
        #expect(found.status == 1 && found.complaint.contains("nowhere to be found"), "\(found)")
        for command in [["workers"], ["workflows", "--for", "0"], ["top", "--once", "--view", "workflows"]] {
            let finished = try Celeriac.start(cluster + command).finish()
            #expect(finished.status == 0 && finished.complaint == "" && !finished.text.contains("rpc://"), "\(command): \(finished)")
        }
    }

    @Test(.enabled(if: CeleryApp.isThere, Comment(rawValue: CeleryApp.missing))) func beatSendsToAPythonWorkerThroughAQuorumQueue() async throws {
        let redis = try await RedisServer.start()
        let python = try CeleryApp(
            broker: try await server.virtualHost(), backend: "redis://127.0.0.1:\(redis.port)/0", settings: "task_default_queue_type='quorum'")
        let worker = try await python.worker()
        defer { worker.stop() }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).db"), store = "sqlite:///\(file.path)"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + suffix) } }
        let added = try Celeriac.run("schedule", "add", "tick", "--task", "shop.add", "--every", "0.5", "-a", "[2, 3]", "-Q", "celery", "-S", store)
        #expect(added.status == 0, "\(added)")
        let beat = try Celeriac.start(["beat", "-b", python.broker, "-S", store, "-l", "info"])
        let results = { () throws -> [Value] in
            let script = "local all = {} for _, key in ipairs(redis.call('KEYS', 'celery-task-meta-*')) do table.insert(all, redis.call('GET', key)) end return all"
            let texts = try Program(["redis-cli", "-p", String(redis.port), "EVAL", script, "0"]).finish().text
            return try texts.split(separator: "\n").map { try JSON.decode(String($0)) }
        }
        let ran = try eventually(within: 40) { try results().count >= 4 }
        #expect(ran, "\(beat.complained)")
        beat.end()
        #expect(try beat.finish().status == 0, "\(beat.complained)")
        // Each run was sent once, and none is lost.
        let listed = try Celeriac.run("schedule", "list", "--json", "-S", store)
        let runs = try #require(try listed.json().array?.first?["total_runs"]?.integer, "\(listed.text)")
        let all = try eventually { try results().count == runs }
        #expect(all, "of \(runs) runs")
        #expect(try results().allSatisfy { $0["status"] == "SUCCESS" && $0["result"] == 5 })
    }
}
