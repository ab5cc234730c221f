import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Synchronization
import Testing

@testable import Celeriac

/// Tasks that are not run at once, or not at all.
@Suite struct WaitingTests {
    @Test func tasksComeByTheirETA() async throws {
        let order = Mutex<[Int]>([])
        let note = OutcomeTests.task { args, _, _ in
            order.withLock { $0.append(args.first?.integer ?? 0) }
            return .null
        }
        let start = secondsSince1970()
        let harness = await WorkerHarness([note], clock: HandClock(start)) { $0.worker.concurrency = 1 }
        var ids: [Int: TaskID] = [:]
        for number in [3, 1, 2] {
            let id = try await harness.send("shop.task", [.integer(number)]) { $0.eta = start + Double(number) * 10 }
            ids[number] = id
            _ = try await harness.events.wait(for: "task-received", id)
        }
        let scheduled = await harness.ask("scheduled").array ?? []
        #expect(scheduled.compactMap { $0["request"]?["args"] } == [[1], [2], [3]])
        #expect(harness.worker.state.books.withLock { $0.prefetch.count } == 7)
        harness.advance(to: start + 9)
        harness.advance(to: start + 15)
        _ = try await harness.events.wait(for: "task-succeeded", try #require(ids[1]))
        #expect(order.withLock { $0 } == [1])
        harness.advance(to: start + 35)
        _ = try await harness.events.wait(for: "task-succeeded", try #require(ids[3]))
        #expect(order.withLock { $0 } == [1, 2, 3])
        #expect(harness.worker.state.books.withLock { $0.prefetch.count } == 4)
        try await harness.stop()
    }

    /// With the system's clock: whoever waits is woken, and not too early.
    @Test func anETAComesByItself() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }])
        let eta = secondsSince1970() + 0.2
        let id = try await harness.send("shop.task") { $0.eta = eta }
        _ = try await harness.events.wait(for: "task-succeeded", id)
        let start = try #require(harness.events.event("task-started", id)?["timestamp"]?.double)
        #expect(start >= eta)
        try await harness.stop()
    }

    @Test func whatWaitsForItsETATakesNoRoom() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 1 }]) { $0.worker.concurrency = 1; $0.worker.prefetchMultiplier = 1 }
        for _ in 0..<5 { try await harness.send("shop.task") { $0.eta = secondsSince1970() + 3600 } }
        _ = try await harness.record(try await harness.send("shop.task"), .success)
        #expect(harness.worker.state.books.withLock { $0.held.count } == 5)
        try await harness.stop()
        #expect(try await harness.waiting() == 5)
    }

    @Test func aRateLimitSpreadsTasksEvenly() async throws {
        let clock = HandClock(secondsSince1970())
        let harness = await WorkerHarness([OutcomeTests.task(change: { $0.rateLimit = RateLimit(perSecond: 0.1) }) { _, _, _ in 1 }], clock: clock)
        var ids: [TaskID] = []
        for _ in 0..<3 { ids.append(try await harness.send("shop.task")) }
        for id in ids { _ = try await harness.events.wait(for: "task-received", id) }
        for (number, id) in ids.enumerated() {
            _ = try await harness.events.wait(for: "task-succeeded", id)
            #expect(harness.worker.state.books.withLock { $0.processed } == number + 1)
            harness.advance(to: clock.now + 9)
            harness.advance(to: clock.now + 1.001)
        }
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
        let id = try await harness.send("shop.task") { $0.expires = secondsSince1970() - 1 }
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
