import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Synchronization
import Testing

@testable import Celeriac

/// Each way in which a task can end, from the message to what is left of it.
@Suite struct OutcomeTests {
    struct Boom: CeleryError {
        var stored: StoredException { StoredException(type: "ValueError", module: "builtins", arguments: ["boom"]) }
    }

    static func task(_ name: String = "shop.task", change: (inout TaskOptions) -> Void = { _ in }, body: @escaping TaskDefinition.Body) -> TaskDefinition {
        var options = TaskOptions()
        change(&options)
        return TaskDefinition(name: name, options: options, body: body)
    }

    @Test(arguments: [true, false]) func aFailureIsStoredAndAnnounced(isLate: Bool) async throws {
        let harness = await WorkerHarness([Self.task { _, _, _ in throw Boom() }]) { $0.acksLate = isLate }
        let id = try await harness.send("shop.task")
        let record = try await harness.record(id, .failure)
        #expect(record.exception?.text == "ValueError('boom')")
        #expect(record.traceback?.isEmpty == false)
        #expect(try await harness.events.wait(for: "task-failed", id) == ["task-received", "task-started", "task-failed"])
        #expect(harness.events.event("task-failed", id)?["exception"] == "ValueError('boom')")
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    @Test func aRetryIsSentAgainUnderTheSameIdAndEndsWell() async throws {
        let retrying = Self.task { _, _, context in
            if context.retries < 2 { try context.retry(after: .milliseconds(10), because: Boom()) }
            return .integer(context.retries)
        }
        let harness = await WorkerHarness([retrying])
        let id = try await harness.send("shop.task")
        #expect(try await harness.record(id, .success).result == 2)
        let events = try await harness.events.wait(for: "task-succeeded", id)
        #expect(events.count { $0 == "task-received" } == 3)
        #expect(events.count { $0 == "task-started" } == 3)
        #expect(events.count { $0 == "task-retried" } == 2)
        #expect(harness.events.event("task-retried", id)?["exception"] == "ValueError('boom')")
        try await harness.stop()
    }

    @Test func aTaskWithoutRetriesLeftFailsWithWhatItGave() async throws {
        let retrying = Self.task { _, _, context in try context.retry(after: .zero, because: Boom(), max: 1) }
        let harness = await WorkerHarness([retrying])
        let id = try await harness.send("shop.task")
        #expect(try await harness.record(id, .failure).exception?.type == "ValueError")
        try await harness.stop()
    }

    @Test func whatIsRejectedForGoodFailsAndIsGone() async throws {
        let harness = await WorkerHarness([Self.task { _, _, context in try context.reject("not mine", requeue: false) }])
        let id = try await harness.send("shop.task")
        #expect(try await harness.record(id, .failure).result["exc_message"] == ["not mine", false])
        #expect(try await harness.events.wait(for: "task-rejected", id) == ["task-received", "task-started", "task-failed", "task-rejected"])
        #expect(harness.events.event("task-rejected", id)?["requeue"] == false)
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    /// Rejected and requeued without end, it is delivered up to the limit and then buried; others are not held up.
    @Test func poisonEndsInTheDeadLetterQueue() async throws {
        let runs = Atomic(0)
        let poison = Self.task("shop.poison") { _, _, context in
            runs.add(1, ordering: .relaxed)
            try context.reject("again", requeue: true)
        }
        let harness = await WorkerHarness([poison, Self.task { _, _, _ in 1 }]) { $0.poisonLimit = 3 }
        let id = try await harness.send("shop.poison")
        _ = try await harness.events.wait(for: "task-rejected", id, count: 5)
        #expect(runs.load(ordering: .relaxed) == 4)
        let good = try await harness.send("shop.task")
        _ = try await harness.record(good, .success)
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
        #expect(try await harness.waiting("celery.dead") == 1)
    }

    @Test func whatIsIgnoredLeavesNothing() async throws {
        let harness = await WorkerHarness([Self.task { _, _, context in try context.ignore() }, Self.task("shop.next") { _, _, _ in 1 }]) {
            $0.worker.concurrency = 1
        }
        let id = try await harness.send("shop.task")
        let next = try await harness.send("shop.next")
        _ = try await harness.events.wait(for: "task-succeeded", next)
        #expect(try await harness.results.record(of: id) == nil)
        #expect(harness.events.types(of: id) == ["task-received", "task-started"])
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    @Test func anUnregisteredTaskFailsForItsCaller() async throws {
        let harness = await WorkerHarness()
        let id = try await harness.send("shop.nope")
        #expect(try await harness.record(id, .failure).exception?.text == "NotRegistered('shop.nope')")
        #expect(try await harness.events.wait(for: "task-failed", id) == ["task-failed"])
        #expect(harness.events.event("task-failed", id)?["exception"] == "NotRegistered('shop.nope')")
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    @Test func anIgnoredResultIsNotStored() async throws {
        let harness = await WorkerHarness([Self.task(change: { $0.ignoresResult = true }) { _, _, _ in 1 }])
        let id = try await harness.send("shop.task")
        _ = try await harness.events.wait(for: "task-succeeded", id)
        #expect(try await harness.results.record(of: id) == nil)
        try await harness.stop()
    }

    @Test func theStartIsStoredWhenAskedFor() async throws {
        let gate = Gate()
        let harness = await WorkerHarness([Self.task(change: { $0.tracksStarted = true }) { _, _, _ in await gate.pass(); return 1 }])
        let id = try await harness.send("shop.task")
        #expect(try await harness.record(id, .started).result["hostname"] == "w1@test")
        gate.open()
        _ = try await harness.record(id, .success)
        try await harness.stop()
    }

    // MARK: - Limits

    /// The body does not heed its cancellation: its run ends nevertheless, and its slot is free.
    @Test func theHardLimitEndsARunWithoutItsBody() async throws {
        let gate = Gate()
        let stubborn = Self.task(change: { $0.limits.hard = .milliseconds(50) }) { _, _, _ in await gate.pass(); return 1 }
        let harness = await WorkerHarness([stubborn, Self.task("shop.next") { _, _, _ in 2 }]) { $0.worker.concurrency = 1 }
        let id = try await harness.send("shop.task")
        let record = try await harness.record(id, .failure)
        #expect(record.exception?.type == "TimeLimitExceeded")
        #expect(record.exception?.module == "billiard.exceptions")
        _ = try await harness.events.wait(for: "task-failed", id)
        _ = try await harness.record(try await harness.send("shop.next"), .success)
        #expect((harness.worker.state.pool as? AsyncPool)?.abandoned == 1)
        gate.open()
        try await harness.stop()
    }

    @Test func theSoftLimitCancelsTheBody() async throws {
        let slow = Self.task(change: { $0.limits.soft = .milliseconds(30) }) { _, _, _ in
            try await Task.sleep(for: .seconds(60))
            return 1
        }
        let harness = await WorkerHarness([slow])
        let id = try await harness.send("shop.task")
        #expect(try await harness.record(id, .failure).exception?.type == "SoftTimeLimitExceeded")
        try await harness.stop()
    }

    @Test func aLimitInTheMessageIsKept() async throws {
        let slow = Self.task { _, _, _ in
            try await Task.sleep(for: .seconds(60))
            return 1
        }
        let harness = await WorkerHarness([slow])
        let id = try await harness.send("shop.task") { $0.hardLimit = 0.05 }
        #expect(try await harness.record(id, .failure).exception?.arguments == [0.05])
        try await harness.stop()
    }

    // MARK: - Redelivery

    /// A run that succeeded but was never acknowledged is not repeated.
    @Test func aRedeliveredTaskThatSucceededIsNotRunAgain() async throws {
        let runs = Atomic(0)
        let counting = Self.task { _, _, _ in .integer(runs.add(1, ordering: .relaxed).newValue) }
        let harness = await WorkerHarness([counting])
        let id = try await harness.send("shop.task")
        _ = try await harness.events.wait(for: "task-succeeded", id)
        var envelope = TaskCall(id: id, name: "shop.task").envelope(now: 0, replyTo: "r", origin: "o")
        envelope.headers["redelivered"] = true
        try await harness.send(envelope)
        _ = try await harness.events.wait(for: "task-succeeded", id, count: 2)
        #expect(runs.load(ordering: .relaxed) == 1)
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }
}
