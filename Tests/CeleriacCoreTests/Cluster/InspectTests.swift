import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

/// Replies that real workers gave (`Tests/Vectors/control`, Celery 5.7.0).
@Suite struct InspectTests {
    static func reply(_ name: String) throws -> ControlReply {
        let bytes = try Data(contentsOf: vectorsFolder.appendingPathComponent("control/redis.control.\(name).json"))
        let body = try JSON.decode([UInt8](bytes))["replies"]?.array?.first?["decoded"]?["body"]?.object
        let (worker, value) = try #require(body?.elements.first)
        return ControlReply(worker: WorkerName(worker), value: value)
    }

    @Test(arguments: ["active", "active_safe"]) func activeTasksAreThereBeforeTheFirstEvent(vector: String) throws {
        var state = ClusterState()
        state.fold(try Self.reply(vector), to: "active", at: start)
        let row = try #require(state.row("ea4e60ac-0001-4e0e-bb27-3d7c3027106d"))
        #expect(row.state == .started)
        #expect(row.name == "wire.sleep")
        #expect(row.args == "(300,)")
        #expect(row.kwargs == "{}")
        #expect(row.startedAt == 1795352815.49729)
        #expect(row.worker == "w1@wirehost")
        #expect(row.queue == .known("celery"))
        #expect(state.worker("w1@wirehost", now: start)?.active == .known(2))
    }

    @Test(arguments: [("celeriac.pool.async", 8), ("celeriac.pool.process", 1), ("celery.concurrency.prefork:TaskPool", 1)])
    func aPoolThatRunsAllInOneProcessHasTheSlotsThatItNames(implementation: String, slots: Int) {
        var state = ClusterState()
        let pool: Value = ["implementation": .string(implementation), "max-concurrency": 8, "processes": [4711]]
        state.fold(ControlReply(worker: "w@h", value: ["pool": pool]), to: "stats", at: start)
        #expect(state.worker("w@h", now: start)?.concurrency == .known(slots))
    }

    @Test func reservedAndScheduledTasksAreReceived() throws {
        var state = ClusterState()
        state.fold(try Self.reply("reserved"), to: "reserved", at: start)
        state.fold(try Self.reply("scheduled"), to: "scheduled", at: start)
        let reserved = try #require(state.row("70116fca-5689-48e3-9ba8-0ebde3f90d77"))
        #expect(reserved.state == .received)
        #expect(reserved.args == "(916,)")
        #expect(reserved.kwargs?.hasPrefix("{'k': ") == true)
        let scheduled = try #require(state.row("82f40ca7-50ca-4c8f-809e-6fbb6fd2f0d8"))
        #expect(scheduled.state == .received)
        #expect(scheduled.eta == ISOTime.parse("2026-11-22T13:23:36.049935+00:00"))
        #expect(state.worker("w1@wirehost", now: start)?.scheduled == .known(1))
    }

    @Test func aReplyChangesNothingThatAnEventHasEnded() throws {
        var state = ClusterState()
        let id = "ea4e60ac-0001-4e0e-bb27-3d7c3027106d"
        state.run(id, name: "shop.other", worker: "w1@wirehost", at: start)
        state.fold(try Self.reply("active"), to: "active", at: start + 5)
        #expect(state.row(id)?.state == .success)
        #expect(state.row(id)?.name == "shop.other")
    }

    @Test func aReplyAdvancesWhatItsEventsMissed() throws {
        var state = ClusterState()
        let id = "ea4e60ac-0001-4e0e-bb27-3d7c3027106d"
        state.hear(taskEvent("received", id, "w1@wirehost", at: start, [("name", "wire.sleep"), ("args", "(1, 2)")]))
        state.fold(try Self.reply("active"), to: "active", at: start + 5)
        #expect(state.row(id)?.state == .started)
        #expect(state.row(id)?.args == "(1, 2)")
        state.hear(taskEvent("succeeded", id, "w1@wirehost", at: start + 9))
        #expect(state.row(id)?.state == .success)
    }

    @Test func statsTellPoolMemoryAndCounts() throws {
        var state = ClusterState()
        state.fold(try Self.reply("stats"), to: "stats", at: start)
        let row = try #require(state.worker("w1@wirehost", now: start))
        #expect(row.pool == .known("prefork"))
        #expect(row.concurrency == .known(2))
        #expect(row.memory == .known(72060 * 1024))
        #expect(row.processed == .known(2))
        state.fold(try Self.reply("stats_solo"), to: "stats", at: start)
        #expect(state.worker("b@wirehost", now: start)?.pool == .known("solo"))
    }

    @Test func consumersAreCountedOverTheWorkersThatAreThere() throws {
        var state = ClusterState()
        state.fold(try Self.reply("active_queues"), to: "active_queues", at: start)
        #expect(state.worker("w1@wirehost", now: start)?.queues == .known(["celery"]))
        #expect(state.queueNames == ["celery"])
        #expect(state.queue("celery", now: start)?.consumers == .known(1))
        state.hear(heartbeat("celery@other", at: start))
        #expect(state.queue("celery", now: start)?.consumers == .atLeast(1))
    }

    @Test func consumersOfWhichNoWorkerTellsAreNotAskedForForEver() {
        var state = ClusterState()
        state.hear(taskEvent("sent", uuid(1), "gen1@h", at: start, [("queue", "mail")]))
        for name in ["celery@a", "celery@b"] { state.hear(heartbeat(name, at: start)) }
        #expect(state.queue("mail", now: start)?.consumers == .asking)
        state.noAnswer(to: "active_queues", from: ["celery@a"], at: start + 1)
        #expect(state.queue("mail", now: start + 1)?.consumers == .asking)
        state.noAnswer(to: "active_queues", from: ["celery@b"], at: start + 1)
        #expect(state.queue("mail", now: start + 1)?.consumers == .noAnswer(last: nil, at: nil))
        state.fold(ControlReply(worker: "celery@a", value: [["name": "mail"]]), to: "active_queues", at: start + 2)
        #expect(state.queue("mail", now: start + 2)?.consumers == .atLeast(1))
    }

    @Test func whatSwitchesEventsOnIsBelieved() throws {
        var state = ClusterState()
        state.fold(try Self.reply("conf"), to: "conf", at: start)
        #expect(state.worker("w1@wirehost", now: start)?.sendsTaskEvents == .known(true))
        state.fold(ControlReply(worker: "w1@wirehost", value: ["ok": "task events disabled"]), to: "disable_events", at: start)
        #expect(state.worker("w1@wirehost", now: start)?.sendsTaskEvents == .known(false))
        state.fold(ControlReply(worker: "w1@wirehost", value: ["ok": "task events enabled"]), to: "enable_events", at: start)
        #expect(state.worker("w1@wirehost", now: start)?.sendsTaskEvents == .known(true))
    }

    @Test func anyReplyIsTaken() throws {
        var state = ClusterState()
        let wrong: [Value] = [
            nil, true, 7, "text", [], ["a"], [nil], [["id": 5]], ["error": "KeyError('x')"], ["pool": 3, "rusage": ["maxrss": 9e18], "total": ["a": nil]],
        ]
        for method in [
            "active", "reserved", "scheduled", "query_task", "stats", "active_queues", "conf", "registered", "revoked", "ping", "enable_events", "nonsense",
        ] {
            for value in wrong { state.fold(ControlReply(worker: "celery@a", value: value), to: method, at: start) }
        }
        #expect(state.picture(PictureRequest(), now: start).header.tasksHeld == 0)
    }
}
