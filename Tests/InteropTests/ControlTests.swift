import CeleriacCore
import Foundation
import TestSupport
import Testing

extension RealClusterTests {
    /// What workers answer to `celeriac` is what they answer to `celery`, and what `celeriac` asks for happens.
    @Suite struct ControlTests {
        @Test(arguments: ["ping", "active", "reserved", "revoked", "registered", "conf", "active_queues"])
        func inspectionsAreCelerys(method: String) throws {
            let cluster = try RealCluster.quiet()
            #expect(try cluster.ask("inspect", method).sorted == cluster.celery("inspect", method).sorted)
        }

        @Test(.enabled(if: RabbitServer.isThere, Comment(rawValue: RabbitServer.missing)), arguments: ["ping", "registered", "active_queues"])
        func inspectionsAreCelerysOnRabbitMQ(method: String) throws {
            let cluster = try RealCluster.quiet(on: .rabbitmq)
            #expect(try cluster.ask("inspect", method).sorted == cluster.celery("inspect", method).sorted)
        }

        @Test(arguments: RealCluster.Kind.all) func statsDifferOnlyInWhatMoves(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let ours = try cluster.ask("inspect", "stats"), theirs = try cluster.celery("inspect", "stats")
            #expect(ours.names.count == 3)
            for (name, stats) in ours.members {
                #expect(Set(stats.names) == Set(theirs[name]?.names ?? []))
                for field in ["pid", "prefetch_count", "total", "broker"] {
                    #expect(stats[field]?.sorted == theirs[name]?[field]?.sorted, "\(field) of \(name)")
                }
                #expect(stats["pool"]?["processes"] == theirs[name]?["pool"]?["processes"])
            }
        }

        @Test(arguments: RealCluster.Kind.all) func oneNodeIsAskedAlone(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            #expect(try cluster.ask("inspect", "ping", "-d", "celery@batch-1") == ["celery@batch-1": ["ok": "pong"]])
        }

        /// RabbitMQ does not tell how many there are.
        @Test func askingTheWorkersEndsWithTheLastReply() throws {
            let cluster = try RealCluster.quiet()
            let took = try ContinuousClock().measure { _ = try cluster.ask("inspect", "ping", "-t", "30") }
            #expect(took < .seconds(15), "three workers replied; nobody else was to be waited for")
        }

        @Test(arguments: RealCluster.Kind.all) func controlChangesWhatCeleryThenSees(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let queue = "interop-\(UUID().uuidString)"
            let added = try cluster.ask("control", "add_consumer", queue, "-d", "celery@web-1")
            #expect(added["celery@web-1"]?["ok"]?.string == "add consumer \(queue)")
            let consumes = { (wanted: Bool) in
                try eventually {
                    (try cluster.celery("inspect", "active_queues")["celery@web-1"]?.array?.contains { $0["name"]?.string == queue } == true) == wanted
                }
            }
            #expect(try consumes(true))
            #expect(try cluster.ask("control", "cancel_consumer", queue, "-d", "celery@web-1")["celery@web-1"]?["ok"]?.string == "no longer consuming from \(queue)")
            #expect(try consumes(false))

            let processes = { try cluster.celery("inspect", "stats")["celery@web-1"]?["pool"]?["processes"]?.array?.count ?? 0 }
            let before = try processes()
            #expect(try cluster.ask("control", "pool_grow", "2", "-d", "celery@web-1")["celery@web-1"]?["ok"]?.string == "pool will grow")
            let grown = try eventually { try processes() == before + 2 }
            #expect(grown)
        }

        @Test(arguments: RealCluster.Kind.all) func eventsAreSwitchedOnOnlyWhereTheyWereOff(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let replies = try cluster.ask("control", "enable_events")
            #expect(replies["celery@batch-2"]?["ok"]?.string == "task events enabled")
            #expect(replies["celery@web-1"]?["ok"]?.string == "task events already enabled")
            #expect(try cluster.ask("control", "disable_events", "-d", "celery@batch-2") == ["celery@batch-2": ["ok": "task events disabled"]])
        }

        @Test(arguments: RealCluster.Kind.all) func limitsAreSetByNameAndRefusedForStrangers(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            #expect(try cluster.ask("control", "rate_limit", "shop.add", "100/s")["celery@web-1"]?["ok"]?.string == "new rate limit set successfully")
            #expect(try cluster.celery("inspect", "registered")["celery@web-1"]?.array?.contains("shop.add [rate_limit=100/s]") == true)
            // Celery prints a list of one-entry objects here, and one object for its inspections.
            let theirs = try #require(try cluster.celery("control", "rate_limit", "shop.add", "0").array)
            let ours = try cluster.ask("control", "rate_limit", "shop.add", "0")
            #expect(Set(ours.names) == Set(theirs.flatMap(\.names)))
            for (name, reply) in theirs.flatMap(\.members) { #expect(ours[name] == reply) }
            let refused = try cluster.celeriac("control", "time_limit", "no.such.task", "1", "2", "--json")
            #expect(refused.status == 1)
            #expect(try refused.json()["celery@web-1"] == ["error": "unknown task"])
        }

        @Test(arguments: RealCluster.Kind.all) func aWaitingTaskThatIsRevokedIsRevokedForCelery(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            let id = try cluster.python("print(shop.charge.apply_async(('later',), countdown=300).id)")
            let revoked = try cluster.celeriac("revoke", id)
            #expect(revoked.status == 0, "\(revoked.complaint)")
            #expect(try cluster.state(of: id) == "REVOKED")
        }

        @Test(arguments: RealCluster.Kind.all) func aRunningTaskThatIsTerminatedIsRevokedForCelery(on kind: RealCluster.Kind) throws {
            let cluster = try RealCluster.quiet(on: kind)
            // On the default queue only prefork workers listen; threads cannot be ended.
            let id = try cluster.python("print(shop.render.apply_async(('endless', 60), queue='default').id)")
            let runs = try eventually {
                try cluster.celery("inspect", "active").members.contains { $0.value.array?.contains { $0["id"]?.string == id } == true }
            }
            #expect(runs)
            let asked = try cluster.celeriac("revoke", id, "--terminate")
            #expect(asked.status == 2, "what destroys asks, and nobody is there to answer")
            #expect(try cluster.state(of: id) == "STARTED")
            let done = try cluster.celeriac("revoke", id, "--terminate", "--yes")
            #expect(done.status == 0, "\(done.complaint)")
            let ended = try eventually { try cluster.state(of: id) == "REVOKED" }
            #expect(ended)
        }
    }
}

extension RealCluster {
    /// What `celeriac … --json` prints.
    fileprivate func ask(_ arguments: String...) throws -> Value {
        let finished = try Celeriac.start(["-b", broker] + arguments + ["--json"]).finish()
        #expect(finished.status == 0, "\(finished.complaint)")
        return try finished.json()
    }

    fileprivate func state(of id: String) throws -> String { try python("print(shop.app.AsyncResult('\(id)').state)") }
}
