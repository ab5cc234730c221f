import CeleriacBroker
import CeleriacCore
import Synchronization
import Testing

@testable import Celeriac

/// Tasks that are not run at once, or not at all.
@Suite struct WaitingTests {
    let now = WallClock.now

    @Test func tasksComeByTheirETA() async throws {
        let order = Mutex<[Int]>([])
        let note = OutcomeTests.task { args, _, _ in
            order.withLock { $0.append(args.first?.integer ?? 0) }
            return .null
        }
        let harness = await WorkerHarness([note])
        let start = now()
        var last = TaskID("")
        for (number, delay) in [(3, 0.45), (1, 0.15), (2, 0.3)] {
            let id = try await harness.send("shop.task", [.integer(number)]) { $0.eta = start + delay }
            if number == 3 { last = id }
            _ = try await harness.events.wait(for: "task-received", id)
        }
        let scheduled = await harness.ask("scheduled").array ?? []
        #expect(scheduled.compactMap { $0["request"]?["args"] } == [[1], [2], [3]])
        #expect(harness.worker.state.books.withLock { $0.prefetch.count } == 11)
        _ = try await harness.events.wait(for: "task-succeeded", last)
        #expect(order.withLock { $0 } == [1, 2, 3])
        #expect(now() >= start + 0.45)
        #expect(harness.worker.state.books.withLock { $0.prefetch.count } == 8)
        try await harness.stop()
    }

    @Test func whatWaitsForItsETATakesNoRoom() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }]) { $0.worker.concurrency = 1; $0.worker.prefetchMultiplier = 1 }
        for _ in 0..<5 { try await harness.send("shop.task") { $0.eta = WallClock.now() + 3600 } }
        _ = try await harness.record(try await harness.send("shop.task"), .success)
        #expect(harness.worker.state.books.withLock { $0.held.count } == 5)
        try await harness.stop()
        #expect(try await harness.waiting() == 5)
    }

    @Test func aRateLimitSpreadsTasksEvenly() async throws {
        let harness = await WorkerHarness([OutcomeTests.task(change: { $0.rateLimit = RateLimit(perSecond: 10) }) { _, _, _ in 1 }])
        var ids: [TaskID] = []
        for _ in 0..<4 { ids.append(try await harness.send("shop.task")) }
        for id in ids { _ = try await harness.events.wait(for: "task-succeeded", id) }
        let starts = ids.compactMap { harness.events.event("task-started", $0)?["timestamp"]?.double }
        #expect(starts == starts.sorted())
        for (one, next) in zip(starts, starts.dropFirst()) { #expect(next - one > 0.09) }
        try await harness.stop()
    }

    @Test func liftingARateLimitMovesOnWhoWaits() async throws {
        let harness = await WorkerHarness([OutcomeTests.task(change: { $0.rateLimit = RateLimit(perSecond: 1.0 / 3600) }) { _, _, _ in 1 }])
        try await harness.send("shop.task")
        let second = try await harness.send("shop.task")
        _ = try await harness.events.wait(for: "task-received", second)
        #expect(await harness.ask("reserved") == [])
        #expect(await harness.ask("rate_limit", ["task_name": "shop.task", "rate_limit": 0]) == ["ok": "rate limit disabled successfully"])
        _ = try await harness.record(second, .success)
        try await harness.stop()
    }

    // MARK: - Not at all

    @Test func whatIsRevokedBeforeItComesIsNotAnnounced() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }])
        let id = TaskID("doomed")
        #expect(await harness.ask("revoke", ["task_id": "doomed"]) == ["ok": "tasks {'doomed'} flagged as revoked"])
        // 5.7 stores it at once, whoever has the task.
        #expect(try await harness.results.record(of: id)?.state == .revoked)
        try await harness.send("shop.task", id: id)
        #expect(try await harness.events.wait(for: "task-revoked", id) == ["task-revoked"])
        let event = harness.events.event("task-revoked", id)
        #expect(event?["terminated"] == false && event?["signum"] == .null && event?["expired"] == false)
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    @Test func whatIsRevokedWhileItWaitsIsNotRun() async throws {
        let gate = Gate(), runs = Atomic(0)
        let tasks = [OutcomeTests.task("shop.gate") { _, _, _ in await gate.pass(); return 1 }, OutcomeTests.task { _, _, _ in .integer(runs.add(1, ordering: .relaxed).newValue) }]
        let harness = await WorkerHarness(tasks) { $0.worker.concurrency = 1 }
        try await harness.send("shop.gate")
        let id = try await harness.send("shop.task")
        _ = try await harness.events.wait(for: "task-received", id)
        _ = await harness.ask("revoke", ["task_id": [.string(id.rawValue)]])
        gate.open()
        #expect(try await harness.events.wait(for: "task-revoked", id) == ["task-received", "task-revoked"])
        #expect(try await harness.record(id, .revoked).exception?.text == "TaskRevokedError('revoked')")
        #expect(runs.load(ordering: .relaxed) == 0)
        try await harness.stop()
    }

    @Test func whatCameTooLateExpires() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }])
        let id = try await harness.send("shop.task") { $0.expires = WallClock.now() - 1 }
        #expect(try await harness.events.wait(for: "task-revoked", id) == ["task-revoked"])
        #expect(harness.events.event("task-revoked", id)?["expired"] == true)
        #expect(try await harness.record(id, .revoked).exception?.arguments == ["expired"])
        #expect(await harness.ask("revoked") == [.string(id.rawValue)])
        try await harness.stop()
    }

    @Test func aStampRevokesAllWhoBearIt() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }])
        _ = await harness.ask("revoke_by_stamped_headers", ["headers": ["batch": ["b7"]]])
        let stamped = try await harness.send("shop.task") { $0.stampedHeaders = ["batch"]; $0.stamps = ["batch": ["b7"]] }
        #expect(try await harness.events.wait(for: "task-revoked", stamped) == ["task-received", "task-revoked"])
        let other = try await harness.send("shop.task") { $0.stampedHeaders = ["batch"]; $0.stamps = ["batch": ["b8"]] }
        _ = try await harness.record(other, .success)
        try await harness.stop()
    }

    @Test func aRunningTaskCanBeTerminated() async throws {
        let gate = Gate()
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in await gate.pass(); return 1 }])
        let id = try await harness.send("shop.task")
        await gate.entered.wait()
        let answer = await harness.ask("revoke", ["task_id": .string(id.rawValue), "terminate": true, "signal": "SIGKILL"])
        #expect(answer == ["ok": .string("terminate: \(id)")])
        #expect(try await harness.record(id, .revoked).exception?.arguments == ["terminated"])
        _ = try await harness.events.wait(for: "task-revoked", id)
        let event = harness.events.event("task-revoked", id)
        #expect(event?["terminated"] == true && event?["signum"] == 9)
        gate.open()
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }
}
