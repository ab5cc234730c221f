import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections
import Synchronization
import Testing

@testable import Celeriac

/// A worker on a broker and a result backend in memory, and what it says about its tasks.
final class WorkerHarness: Sendable {
    let store: MemoryStore
    let results: any ResultStore
    let app: App
    let worker: Worker
    let events: EventLog
    /// `nil`: the worker goes by the system's clock.
    private let clock: HandClock?
    private let running: Task<Int32, any Error>
    private let listening: Task<Void, Never>

    /// Starts a worker with one queue, two slots, events on, no mingle and no heartbeats; returns once it takes tasks.
    init(
        _ tasks: [TaskDefinition] = [], results: (any ResultStore)? = nil, store: MemoryStore = MemoryStore(), clock: HandClock? = nil,
        configure: (inout AppConfiguration) -> Void = { _ in }
    ) async {
        var configuration = AppConfiguration()
        configuration.worker.name = "w1@test"
        configuration.worker.concurrency = 2
        configuration.worker.sendsEvents = true
        configuration.worker.mingles = false
        configuration.worker.sendsHeartbeats = false
        configure(&configuration)
        self.store = store
        self.results = results ?? MemoryResults()
        let transport = VirtualTransport(store, settings: configuration.broker)
        app = App("shop", configuration: configuration, transport: transport, results: self.results)
        for task in tasks { app.register(task) }
        let log = EventLog()
        events = log
        let stream = transport.broadcasts(of: configuration.broker.eventExchange, queue: "test")
        listening = Task { for await element in stream { log.take(element) } }
        let worker = Worker(app: app, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, pool: nil, time: clock?.reading)
        self.clock = clock
        self.worker = worker
        running = Task { try await worker.run() }
        await worker.state.readiness.wait()
    }

    /// Ends the worker; returns its exit code.
    @discardableResult
    func stop(_ kind: Shutdown = .warm) async throws -> Int32 {
        worker.shutdown(kind)
        let code = try await running.value
        listening.cancel()
        return code
    }

    /// Waits for an end that was asked for otherwise.
    func ended() async throws -> Int32 {
        let code = try await within("the worker's end") { [running] in try await running.value }
        listening.cancel()
        return code
    }

    /// Sets the worker's clock, as if the alarm had rung.
    func advance(to time: Double) {
        clock?.now = time
        TaskRunner(worker.state).advance()
    }

    /// Sends a task and returns its id.
    @discardableResult
    func send(_ name: String, _ args: [Value] = [], id: TaskID? = nil, change: (inout TaskCall) -> Void = { _ in }) async throws -> TaskID {
        var call = TaskCall(id: id ?? TaskID(freshUUID()), name: name, args: args)
        change(&call)
        try await app.send([call])
        return call.id
    }

    /// Puts bytes of any kind into the queue.
    func send(_ envelope: Envelope) async throws {
        try await app.transport.publish([Publication(routingKey: "celery", envelope: envelope)])
    }

    /// The record of a task once it is in `state`.
    func record(_ id: TaskID, _ state: TaskState) async throws -> ResultRecord {
        try await within("\(id) becomes \(state)") { [results] in
            for try await record in results.updates(of: [id]) where record.state == state { return record }
            throw Late(what: "\(id) became final, but not \(state)")
        }
    }

    /// Messages waiting in the queue.
    func waiting(_ queue: QueueName = "celery") async throws -> Int { try await store.sizes(of: [queue])[queue] ?? 0 }

    /// What a control method answers.
    func ask(_ method: String, _ arguments: OrderedDictionary<String, Value> = [:]) async -> Value {
        guard let command = ControlCommand.table[method] else { return .null }
        let runner = TaskRunner(worker.state)
        let call = ControlCommand.Call(state: worker.state, runner: runner, heart: Heart(state: worker.state), arguments: arguments)
        do { return try await command(call) } catch { return .no(error.text) }
    }
}

struct Late: Error, CustomStringConvertible {
    let what: String
    var description: String { "in vain: \(what)" }
}

/// Waits at most ten seconds.
func within<Answer: Sendable>(_ what: String, limit: Duration = .seconds(10), _ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer {
    try await withThrowingTaskGroup(of: Answer.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw Late(what: what)
        }
        defer { group.cancelAll() }
        guard let answer = try await group.next() else { throw Late(what: what) }
        return answer
    }
}

/// Everything that was published as an event.
final class EventLog: Sendable {
    private struct State {
        var events: [Value] = []
        var waiting: [(count: Int, type: String, id: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: [Value] { state.withLock { $0.events } }

    /// Types of the events of one task, in order.
    func types(of id: TaskID) -> [String] { all.filter { $0["uuid"]?.string == id.rawValue }.compactMap { $0["type"]?.string } }
    func event(_ type: String, _ id: TaskID) -> Value? { all.last { $0["uuid"]?.string == id.rawValue && $0["type"]?.string == type } }

    /// Returns the events of a task once the last of them is of this type.
    func wait(for type: String, _ id: TaskID, count: Int = 1) async throws -> [String] {
        try await within("\(type) of \(id)") {
            await withCheckedContinuation { continuation in
                let isThere = self.state.withLock { state in
                    let seen = state.events.count { $0["uuid"]?.string == id.rawValue && $0["type"]?.string == type }
                    if seen < count { state.waiting.append((count - seen, type, id.rawValue, continuation)) }
                    return seen >= count
                }
                if isThere { continuation.resume() }
            }
        }
        return types(of: id)
    }

    func take(_ element: BroadcastElement) {
        guard case .message(let envelope, _) = element, let body = try? envelope.content() else { return }
        let events = body.array ?? [body]
        state.withLock { state in
            state.events += events
            for event in events {
                for index in state.waiting.indices where event["uuid"]?.string == state.waiting[index].id && event["type"]?.string == state.waiting[index].type {
                    state.waiting[index].count -= 1
                    if state.waiting[index].count == 0 { state.waiting[index].continuation.resume() }
                }
            }
            state.waiting.removeAll { $0.count <= 0 }
        }
    }
}

/// A clock that stands until it is set. Seconds since 1970.
final class HandClock: Sendable {
    private let time: Mutex<Double>
    init(_ now: Double) { time = Mutex(now) }

    var reading: @Sendable () -> Double { { self.now } }

    var now: Double {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

/// A door that a task waits at until the test opens it.
final class Gate: Sendable {
    private let readiness = Readiness()
    let entered = Readiness()

    func pass() async {
        entered.reach()
        await readiness.wait()
    }

    func open() { readiness.reach() }
}
