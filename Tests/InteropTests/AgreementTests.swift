import CeleriacCore
import Foundation
import TestSupport
import Testing

extension RealClusterTests {
    /// Of a cluster on RabbitMQ in which workers of both languages run each other's tasks, `celery inspect`, Flower and `celeriac` tell the same.
    @Suite(.enabled(if: RabbitServer.isThere, Comment(rawValue: RabbitServer.missing))) struct AgreementTests {
        let cluster: RealCluster
        /// For tasks of our worker; a quorum queue.
        private let queue = "ledger-\(UUID().uuidString.prefix(6))"

        init() throws { cluster = try RealCluster.quiet(on: .rabbitmq) }

        /// Runs `code` where the queue is known.
        private func python(_ code: String) throws -> [String] {
            let known = """
                from kombu import Exchange, Queue
                arguments = {"x-queue-type": "quorum"}
                shop.app.amqp.queues.add(Queue("\(queue)", Exchange("\(queue)", type="topic"), routing_key="\(queue)", queue_arguments=arguments))

                """
            return try cluster.python(known + code).split(separator: "\n").map(String.init)
        }

        /// Starts a worker of ours in the cluster.
        private func worker() throws -> Program {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(queue).toml")
            try "[tasks.\"ledger.copy\"]\ncommand = [\"cat\"]\n[tasks.\"ledger.wait\"]\ncommand = [\"sleep\", \"1000\"]\n".write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let options = ["--tasks", file.path, "-n", "swift@test", "-Q", queue, "-c", "3", "-E", "-l", "info"]
            let worker = try Celeriac.start(["worker", "-b", cluster.broker, "-r", cluster.backend] + options, limit: 180)
            try #require(eventually(within: 30) { worker.complained.contains(" ready.") }, "\(worker.complained)")
            return worker
        }

        @Test func celeryFlowerAndCeleriacTellTheSame() throws {
            // Python makes the queue, and what it says of it goes: our worker takes it as it is.
            let first = try python("print(shop.app.send_task('ledger.copy', ('first',), queue='\(queue)').id)")
            let worker = try worker()
            defer {
                worker.end()
                _ = try? worker.finish()
            }
            // All its workers have to tell, or Flower knows nothing of their tasks.
            _ = try cluster.celery("control", "enable_events")
            defer { _ = try? cluster.celery("control", "disable_events", "-d", "celery@batch-2") }
            let names: Set = ["celery@web-1", "celery@batch-1", "celery@batch-2", "swift@test"]
            let flower = try Flower(on: cluster)
            let isKnown = try eventually(within: 60) { Set(try flower.get("workers?refresh=1")?.names ?? []) == names }
            try #require(isKnown)

            let ours = try runEachOthersTasks(flower)
            #expect(ours[first[0]] == nil || ours[first[0]]?["state"] == "SUCCESS")
            try compareWorkers(flower, names)
            try compareQueues(flower)
        }

        /// Python and we call tasks of both, in classic queues and quorum queues; Flower and we tell the same of each.
        private func runEachOthersTasks(_ flower: Flower) throws -> [String: Value] {
            let listening = try Celeriac.start(["tasks", "-b", cluster.broker, "-r", cluster.backend, "--for", "6", "--json"])
            var rounds = 0
            while listening.isRunning {
                let results = try python(
                    """
                    sent = [shop.charge.delay("A-1", amount=2.5), shop.mail.delay("ä@example.org"), shop.render.delay("daily", 0.01), shop.refuse.delay("B-1")]
                    copies = [shop.app.send_task("ledger.copy", (number, "ü"), {"k": None}, queue="\(queue)") for number in range(3)]
                    for result in copies: print(result.get(timeout=30))
                    for result in sent: result.get(timeout=30, propagate=False)
                    """)
                #expect(results.count == 3 && results.allSatisfy { $0.contains("ü") }, "\(results)")
                let called = try cluster.celeriac("call", "reports.render", "-a", "[\"weekly\", 0.01]", "-Q", "reports", "--wait", "30", "--json")
                #expect(called.status == 0, "\(called.complaint)")
                #expect(try called.json()["result"] == ["kind": "weekly", "pages": 0])
                rounds += 1
            }
            let finished = try listening.finish()
            #expect(finished.status == 0, "\(finished.complaint)")
            let all = Dictionary(try #require(try finished.json().array).map { ($0["id"]?.string ?? "?", $0) }, uniquingKeysWith: { $1 })
            let ours = all.filter { ["SUCCESS", "FAILURE"].contains($0.value["state"]?.string ?? "") }
            var theirs: Value?
            let isHeard = try eventually(within: 60) {
                theirs = try flower.get("tasks?limit=10000")
                return ours.keys.allSatisfy { ["SUCCESS", "FAILURE"].contains(theirs?[$0]?["state"]?.string ?? "") }
            }
            #expect(isHeard)
            for (id, task) in ours {
                let other = try #require(theirs?[id], "\(task) was heard by us alone")
                // Flower shows at most so much of long texts; these are short.
                for field in ["name", "state", "worker", "args", "kwargs", "received", "started", "retries", "result", "exception", "root", "parent"] {
                    let name = ["root": "root_id", "parent": "parent_id"][field] ?? field
                    #expect((task[field] ?? .null) == (other[name] ?? .null), "\(field) of \(task)")
                }
                #expect(task["finished"] == (task["state"] == "SUCCESS" ? other["succeeded"] : other["failed"]), "\(task)")
                if let runtime = other["runtime"]?.double { #expect(task["runtime"]?.double == runtime, "\(task)") }
            }
            let kinds = Set(ours.values.compactMap { $0["name"]?.string })
            #expect(kinds.isSuperset(of: ["shop.charge", "mail.send", "reports.render", "shop.refuse", "ledger.copy"]), "\(rounds) rounds, \(kinds)")
            return all
        }

        private func compareWorkers(_ flower: Flower, _ names: Set<String>) throws {
            let stats = try cluster.celery("inspect", "stats"), queues = try cluster.celery("inspect", "active_queues")
            let registered = try cluster.celery("inspect", "registered")
            let theirs = try #require(try flower.get("workers?refresh=1")), ours = try cluster.rows("workers", "--wait", "1")
            #expect(Set(ours.keys) == names && Set(theirs.names) == names && Set(stats.names) == names)
            for (name, row) in ours {
                let worker = try #require(theirs[name]), total = { (stats: Value?) in stats?["total"]?.members.reduce(0) { $0 + ($1.value.integer ?? 0) } }
                #expect(row["state"] == "online", "\(row)")
                #expect(row["processed"]?.integer == total(stats[name]) && row["processed"]?.integer == total(worker["stats"]), "\(row)")
                let named = { (queues: Value?) in Set(queues?.array?.compactMap { $0["name"]?.string } ?? []) }
                #expect(Set(row["queues"]?.array?.compactMap(\.string) ?? []) == named(queues[name]))
                #expect(named(queues[name]) == named(worker["active_queues"]))
                #expect(worker["registered"]?.sorted == registered[name]?.sorted)
                let pool = worker["stats"]?["pool"]
                #expect(row["concurrency"]?.integer == (row["pool"] == "prefork" ? pool?["processes"]?.array?.count : pool?["max-concurrency"]?.integer), "\(row)")
            }
            let picture = try cluster.celeriac("top", "--once", "--view", "workers", "--wait", "1", "--size", "200x30")
            #expect(picture.status == 0, "\(picture.complaint)")
            for (name, row) in ours {
                let short = name.hasPrefix("celery@") ? String(name.dropFirst("celery@".count)) : name
                let words = picture.text.split(separator: "\n").first { $0.contains(" \(short) ") }?.split(separator: " ").map(String.init) ?? []
                let done = words.contains { $0.filter(\.isNumber) == row["processed"]?.integer.map(String.init) }
                #expect(words.contains("●") && done, "\(row): \(picture.text)")
            }
        }

        /// More tasks than our worker has slots: some run, some are held by it, the others wait in the quorum queue.
        private func compareQueues(_ flower: Flower) throws {
            let ids = try python("for number in range(40): print(shop.app.send_task('ledger.wait', queue='\(queue)').id)")
            var held = 0, told: [Int?] = []
            // The server's own figures are up to five seconds old.
            let agrees = try eventually(within: 30) {
                let taken = try ["active", "reserved"].flatMap { try cluster.celery("inspect", $0, "-d", "swift@test")["swift@test"]?.array ?? [] }
                held = Set(taken.compactMap { $0["id"]?.string }).intersection(ids).count
                let theirs = try flower.get("queues/length")?["active_queues"]?.array?.first { $0["name"]?.string == queue }
                let ours = try cluster.rows("queues")[queue]
                told = ["ready", "unacked", "consumers"].map { ours?[$0]?.integer } + [theirs?["messages"]?.integer]
                return held > 3 && held < 40 && told == [40 - held, held, 1, 40]
            }
            #expect(agrees, "ready, unacked, consumers, Flower's messages: \(told), \(held) are held")
            _ = try python("shop.app.control.revoke(\(ids), terminate=True)")
            let isEmpty = try eventually(within: 30) { ["ready", "unacked"].allSatisfy { field in (try? cluster.rows("queues")[queue]?[field]?.integer) == 0 } }
            #expect(isEmpty, "revoked tasks leave the queue")
        }
    }
}
