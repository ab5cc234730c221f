import CeleriacCore
import Foundation
import TestSupport
import Testing

extension RealClusterTests {
    /// What `celeriac` lists is what Celery and Redis say themselves, on a cluster where nothing else happens.
    @Suite struct ListingTests {
        @Test(arguments: RealCluster.Kind.all) func workersAreTheOnesThatCeleryInspects(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let stats = try cluster.celery("inspect", "stats")
            let queues = try cluster.celery("inspect", "active_queues")
            let workers = try cluster.rows("workers", "--wait", "3")
            #expect(Set(workers.keys) == Set(stats.names))
            for (name, row) in workers {
                let fields = ["name", "state", "problem", "heartbeat_age", "active", "processed", "pool", "concurrency", "load", "queues", "version"]
                #expect(row.names == fields)
                #expect(row["state"]?.string == "online", "\(name)")
                #expect(row["version"]?.string?.hasSuffix("5.7.0") == true, "\(row["version"] ?? nil)")
                #expect((row["heartbeat_age"]?.double).map { $0 >= 0 && $0 < 5 } == true, "\(name) \(row["heartbeat_age"] ?? nil)")
                // A prefork pool that grew still names the number it began with; its processes tell.
                let pool = try #require(stats[name]?["pool"])
                #expect(row["concurrency"]?.integer == pool["processes"]?.array?.count ?? pool["max-concurrency"]?.integer, "\(name)")
                let implementation = try #require(pool["implementation"]?.string), kind = try #require(row["pool"]?.string)
                #expect(implementation.contains(kind), "\(kind) of \(implementation)")
                let consumed = queues[name]?.array?.compactMap { $0["name"]?.string } ?? []
                #expect(Set(row["queues"]?.array?.compactMap(\.string) ?? []) == Set(consumed))
                #expect(row["processed"]?.integer == stats[name]?["total"]?.members.reduce(0) { $0 + ($1.value.integer ?? 0) })
            }
        }

        @Test func readyCountsEveryPriorityList() throws {
            let cluster = try RealCluster.quiet()
            let queue = "interop-\(UUID().uuidString)"
            try cluster.python("for p in (0, 0, 3, 6, 6, 6, 9): shop.stock.apply_async(('a',), queue='\(queue)', priority=p)")
            defer { for step in ["", "\u{6}\u{16}3", "\u{6}\u{16}6", "\u{6}\u{16}9"] { _ = try? cluster.redis("DEL", queue + step) } }
            let lengths = try ["", "\u{6}\u{16}3", "\u{6}\u{16}6", "\u{6}\u{16}9"].map { Int(try cluster.redis("LLEN", queue + $0)) ?? -1 }
            #expect(lengths == [2, 1, 3, 1])
            let row = try #require(try cluster.rows("queues")[queue])
            #expect(row.names == ["name", "ready", "unacked", "eta", "consumers", "in_rate", "out_rate", "oldest_age"])
            #expect(row["ready"]?.integer == 7)
            #expect(row["unacked"]?.integer == 0)
            #expect(row["consumers"]?.integer == 0)
        }

        @Test func waitingMessagesAreReadWithTheirArguments() throws {
            let cluster = try RealCluster.quiet(), queue = "interop-\(UUID().uuidString)"
            _ = try cluster.python("for n in range(5): shop.charge.apply_async((n,), {'currency': 'CHF'}, queue='\(queue)', countdown=60 if n == 3 else None)")
            defer { _ = try? cluster.redis("DEL", queue) }
            let finished = try Celeriac.start(["-b", cluster.broker, "peek", queue, "-n", "3", "--skip", "1", "--json"]).finish()
            #expect(finished.status == 0 && finished.complaint.contains("3 of 5"), "\(finished.complaint)")
            let messages = try #require(try finished.json().array)
            #expect(messages.map { $0["position"]?.integer } == [1, 2, 3] && messages.map { $0["args"]?.array } == [[1], [2], [3]])
            #expect(messages.map { $0["eta"] == .null } == [true, true, false])
            for message in messages {
                #expect(message.names == ["position", "id", "name", "args", "kwargs", "eta", "expires", "priority", "age", "redelivered", "size", "problem", "headers"])
                #expect(message["name"]?.string == "shop.charge" && message["kwargs"]?["currency"]?.string == "CHF" && message["redelivered"]?.bool == false)
            }
            let text = try Celeriac.start(["-b", cluster.broker, "peek", queue]).finish()
            #expect(text.status == 0 && text.text.split(separator: "\n").count == 6, "\(text)")
        }

        /// The subcommands on one message each: what Python runs in the end.
        @Test func messagesAreEditedAndReorderedFromTheShell() throws {
            let cluster = try RealCluster.quiet(), queue = "interop-\(UUID().uuidString.prefix(8))"
            let ids = try cluster.python("print(*[shop.charge.apply_async((n,), queue='\(queue)').id for n in range(3)])").split(separator: " ").map(String.init)
            defer { _ = try? cluster.redis("DEL", queue) }
            func run(_ words: String...) throws -> Program.Finished { try Celeriac.start(words + ["-b", cluster.broker]).finish() }
            func waiting() throws -> [String?] { try #require(try run("peek", queue, "--json").json().array).map { $0["id"]?.string } }
            let isFirst = try run("reorder", queue, "first", ids[2])
            #expect(isFirst.status == 0 && isFirst.text.contains("moved 1 message"), "\(isFirst)")
            #expect(try waiting() == [ids[2], ids[0], ids[1]])
            #expect(try run("trash", "restore", "last").status == 0)
            #expect(try waiting() == ids)
            let isRefused = try run("reorder", queue, "last")
            #expect(isRefused.status == 2 && isRefused.complaint.contains("--match"), "\(isRefused)")
            let isNotHeld = try run("edit", queue, ids[0], "--held", "-a", "[9]")
            #expect(isNotHeld.status == 1 && isNotHeld.complaint.contains("no worker is known to hold"), "\(isNotHeld)")

            _ = try cluster.celery("control", "add_consumer", queue, "-d", "celery@web-1")
            defer { _ = try? cluster.celery("control", "cancel_consumer", queue, "-d", "celery@web-1") }
            let held = try cluster.python("print(shop.charge.apply_async(('held',), queue='\(queue)', countdown=30).id)")
            let isHeld = try eventually { try cluster.rows("queues")[queue]?["eta"]?.integer == 1 }
            try #require(isHeld)
            let waits = try run("edit", queue, held, "-a", "[9]")
            #expect(waits.status == 1 && waits.complaint.contains("--held"), "\(waits)")
            let edited = try run("edit", queue, held, "--held", "-a", "[\"changed\"]", "--eta", "", "--json")
            try #require(edited.status == 0, "\(edited)")
            let sent = try #require(try edited.json()["sent"]?.string)
            #expect(try JSON.decode(cluster.python("print(__import__('json').dumps(shop.app.AsyncResult('\(sent)').get(timeout=40)))"))["order"] == "changed")
            let isRevoked = try eventually(within: 50) { try cluster.python("print(shop.app.AsyncResult('\(held)').state)") == "REVOKED" }
            #expect(isRevoked)
        }

        @Test func whatWorkersHoldIsUnackedOrWaitsForItsETA() throws {
            let cluster = try RealCluster.quiet()
            let count = { (method: String) in try cluster.celery("inspect", method).members.reduce(0) { $0 + ($1.value.array?.count ?? 0) } }
            let scheduled = try count("scheduled"), waiting = try cluster.rows("queues")["mail"]?["eta"]?.integer ?? 0
            // Six slots consume the reports; ten of their tasks and four with an ETA leave something in each place.
            let ids = try cluster.python(
                """
                ids = [shop.render.apply_async(('slow', 12)).id for _ in range(10)] + [shop.mail.apply_async(('x',), countdown=600).id for _ in range(4)]
                print(*ids)
                """
            ).split(separator: " ").map(String.init)
            defer { _ = try? cluster.python("shop.app.control.revoke(\(ids), terminate=False)") }
            let settled = try eventually { try count("active") == 6 && count("scheduled") == scheduled + 4 }
            #expect(settled)
            let held = Int(try cluster.redis("HLEN", "unacked"))
            let queues = try cluster.rows("queues")
            #expect(queues.values.reduce(0) { $0 + ($1["unacked"]?.integer ?? 0) + ($1["eta"]?.integer ?? 0) } == held)
            #expect(queues["mail"]?["eta"]?.integer == waiting + 4)
            #expect(queues["reports"]?["consumers"]?.integer == 2)
            #expect(queues["mail"]?["consumers"]?.integer == 2)
            let active = try cluster.celery("inspect", "active")
            for (name, row) in try cluster.rows("workers") { #expect(row["active"]?.integer == active[name]?.array?.count, "\(name)") }
        }

        @Test(arguments: RealCluster.Kind.all) func tasksBeforeTheFirstEventComeFromTheWorkers(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let id = try cluster.python("print(shop.mail.apply_async(('later',), countdown=600).id)")
            defer { _ = try? cluster.python("shop.app.control.revoke('\(id)')") }
            let seen = try eventually { try cluster.celery("inspect", "query_task", id).members.contains { $0.value[id] != nil } }
            #expect(seen)
            let finished = try cluster.celeriac("tasks", "--json")
            let task = try #require(try finished.json().array?.first { $0["id"]?.string == id })
            let fields = [
                "id", "name", "state", "worker", "queue", "args", "kwargs", "received", "started", "finished", "wait", "runtime", "retries", "eta", "expires",
                "root", "parent", "result", "exception",
            ]
            #expect(task.names == fields)
            #expect(task["name"]?.string == "mail.send")
            #expect(task["state"]?.string == "RECEIVED")
            #expect(task["started"] == .some(.null))
        }
    }
}

extension RealCluster {
    /// What `celeriac … --json` lists, by name.
    func rows(_ arguments: String...) throws -> [String: Value] {
        let finished = try Celeriac.start(["-b", broker, "-r", backend] + arguments + ["--json"]).finish()
        #expect(finished.status == 0, "\(finished.complaint)")
        let rows = try #require(try finished.json().array)
        return Dictionary(rows.map { ($0["name"]?.string ?? "?", $0) }, uniquingKeysWith: { $1 })
    }
}
