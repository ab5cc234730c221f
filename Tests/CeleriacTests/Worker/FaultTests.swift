import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections
import Synchronization
import TestSupport
import Testing

@testable import Celeriac

/// What a worker makes of a broker, a backend and senders that do not behave.
@Suite struct FaultTests {
    @Test func aResultWaitsForItsBackend() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 7 }], results: FlakyResults(failures: 2))
        let id = try await harness.send("shop.task")
        #expect(try await harness.record(id, .success).result == 7)
        #expect(try await harness.events.wait(for: "task-succeeded", id) == ["task-received", "task-started", "task-succeeded"])
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    @Test func aResultThatNobodyTakesIsToldOfAndHoldsUpNoOther() async throws {
        let bad = TaskID("too-large")
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 7 }], results: FlakyResults(refusing: bad))
        try await harness.send("shop.task", id: bad)
        let good = try await harness.send("shop.task")
        _ = try await harness.record(good, .success)
        #expect(try await harness.events.wait(for: "task-succeeded", bad) == ["task-received", "task-started", "result-lost", "task-succeeded"])
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    /// A whole catalogue of nonsense, then a task: it runs.
    @Test func hostileMessagesStopNobody() async throws {
        let harness = await WorkerHarness([OutcomeTests.task { _, _, _ in 7 }])
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            var envelope = Samples.envelope("shop.task")
            for key in envelope.headers.keys where Int.random(in: 0..<3, using: &random) == 0 { envelope.headers[key] = ReceiptTests.odd(&random) }
            if Bool.random(using: &random) { envelope.body = Array(envelope.body.prefix(Int.random(in: 0...envelope.body.count, using: &random))) }
            if Bool.random(using: &random) { envelope.body = Array(String(repeating: "[", count: 100_000).utf8) }
            // Nothing that waits for years.
            envelope.headers["eta"] = nil
            try await harness.send(envelope)
        }
        let good = try await harness.send("shop.task")
        _ = try await harness.record(good, .success)
        try await harness.stop()
        #expect(try await harness.waiting() == 0)
    }

    /// The broker goes away while one task runs and others wait: each is run once it is back.
    @Test func aLostConnectionLosesNoTask() async throws {
        let gate = Gate()
        let store = MemoryStore()
        let link = FlakyTransport(VirtualTransport(store))
        var configuration = AppConfiguration()
        configuration.worker.concurrency = 1
        configuration.worker.mingles = false
        let app = App("shop", configuration: configuration, transport: link, results: MemoryResults())
        for task in LifeTests.gated(gate) { app.register(task) }
        let worker = Worker(app: app, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let running = Task { try await worker.run() }
        await worker.state.readiness.wait()
        let first = TaskCall(id: "first", name: "shop.gate"), others = (0..<5).map { TaskCall(id: TaskID("t\($0)"), name: "shop.task") }
        try await app.send([first] + others)
        await gate.entered.wait()
        link.breakOnce()
        // Takes the consumer out of its wait.
        try await app.send([TaskCall(id: "t5", name: "shop.task")])
        gate.open()
        try await within("all are done") {
            let ids: [TaskID] = ["first", "t0", "t1", "t2", "t3", "t4", "t5"]
            for try await record in try #require(app.results).updates(of: ids) where record.state != .success { throw Late(what: "\(record.id) is \(record.state)") }
        }
        worker.shutdown()
        #expect(try await running.value == 0)
        #expect(try await store.sizes(of: ["celery"])["celery"] ?? 0 == 0)
    }
}

/// A transport whose consumer loses its connection when told to.
final class FlakyTransport: Transport {
    private let inner: VirtualTransport<MemoryStore>
    private let breaks = Atomic(false)

    init(_ inner: VirtualTransport<MemoryStore>) { self.inner = inner }

    func breakOnce() { breaks.store(true, ordering: .relaxed) }

    var endpoint: String { inner.endpoint }
    var features: TransportFeatures { inner.features }
    func publish(_ publications: [Publication]) async throws(TransportError) { try await inner.publish(publications) }
    func declare(_ queues: [Queue]) async throws(TransportError) { try await inner.declare(queues) }
    func broadcasts(of exchange: String, queue: String) -> AsyncStream<BroadcastElement> { inner.broadcasts(of: exchange, queue: queue) }
    func close() async { await inner.close() }
    func consumer(owner: WorkerName) -> any TaskConsumer { Consumer(inner: inner.consumer(owner: owner), breaks: { self.breaks.exchange(false, ordering: .relaxed) }) }

    private struct Consumer: TaskConsumer {
        let inner: any TaskConsumer
        let breaks: @Sendable () -> Bool

        func next() async throws(TransportError) -> [Delivery] {
            let deliveries = try await inner.next()
            guard breaks() else { return deliveries }
            // As a broker does that notices: what it had handed out comes again.
            try await inner.settle(deliveries.map { .reject($0.tag, requeue: true) })
            throw TransportError(.unreachable, operation: "claim", endpoint: "memory://", cause: "connection lost")
        }

        func settle(_ settlements: [Settlement]) async throws(TransportError) { try await inner.settle(settlements) }
        func setPrefetch(_ count: Int) { inner.setPrefetch(count) }
        func consume(_ queue: Queue) async throws(TransportError) { try await inner.consume(queue) }
        func cancel(_ queue: QueueName) async throws(TransportError) { try await inner.cancel(queue) }
        func stop() { inner.stop() }
        func close() async { await inner.close() }
    }
}
