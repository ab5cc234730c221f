import CeleriacBroker
import CeleriacCore
import Foundation
import OrderedCollections
import Synchronization
import Testing

@testable import Celeriac

/// How a worker comes and goes, and what becomes of what it holds.
@Suite struct LifeTests {
    static func gated(_ gate: Gate) -> [TaskDefinition] {
        [OutcomeTests.task("shop.gate") { _, _, _ in await gate.pass(); return 1 }, OutcomeTests.task { _, _, _ in 2 }]
    }

    @Test func aWarmShutdownFinishesWhatRunsAndGivesBackTheRest() async throws {
        let gate = Gate()
        let harness = await WorkerHarness(Self.gated(gate)) { $0.worker.concurrency = 1 }
        let running = try await harness.send("shop.gate")
        await gate.entered.wait()
        for _ in 0..<2 { _ = try await harness.events.wait(for: "task-received", try await harness.send("shop.task")) }
        _ = try await harness.events.wait(for: "task-received", try await harness.send("shop.task") { $0.eta = secondsSince1970() + 3600 })
        harness.worker.shutdown(.warm)
        gate.open()
        #expect(try await harness.stop(.warm) == 0)
        #expect(try await harness.results.record(of: running)?.state == .success)
        #expect(try await harness.waiting() == 3)
        #expect(harness.events.all.last?["type"] == "worker-offline")
    }

    @Test func aColdShutdownCancelsWhatRunsAndGivesItBack() async throws {
        let gate = Gate()
        let harness = await WorkerHarness(Self.gated(gate))
        let id = try await harness.send("shop.gate")
        await gate.entered.wait()
        #expect(try await harness.stop(.cold) == 1)
        #expect(harness.events.types(of: id) == ["task-received", "task-started", "task-cancelled"])
        #expect(try await harness.waiting() == 1)
        gate.open()
    }

    /// Acknowledged when it began, it cannot come back: that much is told.
    @Test func aColdShutdownTellsOfWhatItLoses() async throws {
        let gate = Gate()
        let harness = await WorkerHarness(Self.gated(gate)) { $0.acksLate = false }
        let id = try await harness.send("shop.gate")
        await gate.entered.wait()
        #expect(try await harness.stop(.cold) == 1)
        #expect(try await harness.results.record(of: id)?.state == .retry)
        #expect(try await harness.waiting() == 0)
        gate.open()
    }

    @Test func aSoftShutdownWaitsAWhile() async throws {
        let gate = Gate()
        let harness = await WorkerHarness(Self.gated(gate)) { $0.worker.softShutdownTimeout = .milliseconds(50) }
        let id = try await harness.send("shop.gate")
        await gate.entered.wait()
        #expect(try await harness.stop(.soft) == 1)
        #expect(harness.events.types(of: id).last == "task-cancelled")
        gate.open()
    }

    @Test func itSaysHelloAndGoodbye() async throws {
        let harness = await WorkerHarness() { $0.worker.sendsHeartbeats = true; $0.worker.heartbeatInterval = .milliseconds(100) }
        try await within("heartbeats") {
            while harness.events.all.count(where: { $0["type"] == "worker-heartbeat" }) < 2 { await Task.yield() }
        }
        try await harness.stop()
        // Who listens may hear of the end a moment after it.
        try await within("a goodbye") {
            while harness.events.all.last?["type"] != "worker-offline" { await Task.yield() }
        }
        let events = harness.events.all
        #expect(events.first?["type"] == "worker-online" && events.last?["type"] == "worker-offline")
        for event in events {
            #expect(event.object?.keys.elements == [
                "hostname", "utcoffset", "pid", "clock", "freq", "active", "processed", "loadavg", "sw_ident", "sw_ver", "sw_sys", "timestamp", "type",
            ])
        }
        let clocks = events.compactMap { $0["clock"]?.integer }
        #expect(clocks == clocks.sorted() && Set(clocks).count == clocks.count)
    }

    @Test func withoutEventsOnlyTheWorkerIsHeardUntilSomebodyAsks() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 2 }]) { $0.worker.sendsEvents = false }
        _ = try await harness.record(try await harness.send("shop.task"), .success)
        #expect(await harness.ask("enable_events") == ["ok": "task events enabled"])
        #expect(await harness.ask("enable_events") == ["ok": "task events already enabled"])
        let heard = try await harness.send("shop.task")
        _ = try await harness.events.wait(for: "task-succeeded", heard)
        #expect(harness.events.all.filter { $0["type"]?.string?.hasPrefix("task-") == true }.allSatisfy { $0["uuid"]?.string == heard.rawValue })
        #expect(await harness.ask("disable_events") == ["ok": "task events disabled"])
        try await harness.stop()
    }

    @Test func eventsThatWereAskedForAtTheStartCannotBeTurnedOff() async throws {
        let harness = await WorkerHarness()
        #expect(await harness.ask("enable_events") == ["ok": "task events already enabled"])
        #expect(await harness.ask("disable_events") == ["ok": "task events already disabled"])
        try await harness.stop()
    }

    @Test func revokedIdsOutliveARestart() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = await WorkerHarness() { $0.worker.stateFile = path }
        _ = await first.ask("revoke", ["task_id": ["a", "b"]])
        try await first.stop()
        let second = await WorkerHarness() { $0.worker.stateFile = path }
        #expect(await second.ask("revoked") == ["a", "b"])
        try await second.stop()
    }

    @Test func aDamagedStateFileStopsNobody() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("state-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try "not json".write(toFile: path, atomically: true, encoding: .utf8)
        let harness = await WorkerHarness() { $0.worker.stateFile = path }
        #expect(await harness.ask("ping") == ["ok": "pong"])
        try await harness.stop()
    }

    @Test func aNewWorkerLearnsWhatTheOthersRevoked() async throws {
        let first = await WorkerHarness()
        _ = await first.ask("revoke", ["task_id": ["a"]])
        first.app.clock.adjust(to: 5000)
        let second = await WorkerHarness(store: first.store) { $0.worker.name = "w2@test"; $0.worker.mingles = true }
        #expect(await second.ask("revoked") == ["a"])
        #expect(second.app.clock.now > 5000)
        try await second.stop()
        try await first.stop()
    }

    /// More blocked threads than the machine has processors: the worker still answers.
    @Test func bodiesThatBlockTheirThreadsBlockNobodyElse() async throws {
        let count = ProcessInfo.processInfo.activeProcessorCount + 2
        let door = DispatchSemaphore(value: 0)
        let pass = { @Sendable in door.wait() }
        let blocking = OutcomeTests.task { _, _, _ in
            pass()
            return 1
        }
        let harness = await WorkerHarness([blocking]) { $0.worker.concurrency = count }
        var ids: [TaskID] = []
        for _ in 0..<count { ids.append(try await harness.send("shop.task")) }
        for id in ids { _ = try await harness.events.wait(for: "task-started", id) }
        #expect(await harness.ask("active").array?.count == count)
        for _ in ids { door.signal() }
        for id in ids { _ = try await harness.record(id, .success) }
        try await harness.stop()
    }

    @Test func autoscalingFollowsTheWork() async throws {
        let gate = Gate()
        let harness = await WorkerHarness(Self.gated(gate)) { $0.worker.concurrency = nil; $0.worker.autoscale = 1...4 }
        #expect(harness.worker.state.pool.size == 1)
        var ids: [TaskID] = []
        for _ in 0..<4 { ids.append(try await harness.send("shop.gate")) }
        for id in ids { _ = try await harness.events.wait(for: "task-started", id) }
        #expect(harness.worker.state.pool.size == 4)
        #expect(await harness.ask("pool_grow")["error"] != nil)
        #expect(await harness.ask("autoscale", ["max": 6, "min": 2]) == ["ok": "autoscale now max=6 min=2"])
        gate.open()
        try await harness.stop()
    }
}
