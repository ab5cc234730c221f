public import CeleriacCore
import OrderedCollections
import Synchronization

/// Queues in the memory of this process, for tests and for programs that are producer and worker in one. Gone with the object.
public final class MemoryStore: QueueStore {
    private struct State {
        var ledger = MemoryLedger()
        var bindings: OrderedDictionary<String, OrderedSet<Binding>> = [:]
        var listeners: [String: [Int: AsyncStream<BroadcastElement>.Continuation]] = [:]
        var lastListener = 0
        var isClosed = false
    }

    public let endpoint: String
    public let features: TransportFeatures = [.broadcast, .priorities]
    private let lease: Duration
    private let state = Mutex(State())
    /// Rings when a message has come, or the end.
    private let bell = Bell()

    /// - Parameter lease: how long an owner's hold lasts without being renewed.
    public init(_ endpoint: String = "memory://", lease: Duration = .seconds(30)) {
        self.endpoint = endpoint
        self.lease = lease
    }

    public func publish(_ messages: [StoredMessage]) async throws(TransportError) {
        try work { state in
            for message in messages { state.ledger.put(message) }
        }
        bell.ring()
    }

    public func claim(from queues: [QueueName], upTo count: Int, owner: WorkerName, wait: Duration) async throws(TransportError) -> [Delivery] {
        let deadline = ContinuousClock.now + wait
        while true {
            let heard = bell.rings
            let deliveries = try work { state in
                state.ledger.renew(owner, until: .now + lease)
                return state.ledger.claim(from: queues, upTo: count, owner: owner)
            }
            let left = deadline - .now
            if !deliveries.isEmpty || left <= .zero || Task.isCancelled { return deliveries }
            await bell.wait(after: heard, atMost: left)
        }
    }

    public func settle(_ settlements: [Settlement], owner: WorkerName) async throws(TransportError) {
        let isFilled = try work { $0.ledger.settle(settlements, owner: owner) }
        if isFilled { bell.ring() }
    }

    public func maintain(owner: WorkerName) async throws(TransportError) {
        let isFilled = try work { state in
            state.ledger.renew(owner, until: .now + lease)
            return state.ledger.giveBackLost(at: .now)
        }
        if isFilled { bell.ring() }
    }

    // MARK: - Queues

    public func sizes(of queues: [QueueName]) async throws(TransportError) -> [QueueName: Int] {
        try work { state in Dictionary(queues.map { ($0, state.ledger.queues[$0]?.count ?? 0) }, uniquingKeysWith: { first, _ in first }) }
    }

    public func queues() async throws(TransportError) -> [QueueName] {
        try work { Array($0.ledger.queues.keys) }
    }

    public func purge(_ queue: QueueName) async throws(TransportError) -> Int {
        try work { $0.ledger.empty(queue) }
    }

    public func delete(_ queue: QueueName) async throws(TransportError) {
        try work { state in
            state.ledger.delete(queue)
            for exchange in state.bindings.keys { state.bindings[exchange]?.removeAll { $0.queue == queue } }
        }
    }

    public func bind(_ bindings: [Binding]) async throws(TransportError) {
        try work { state in
            for binding in bindings {
                state.bindings[binding.exchange, default: []].append(binding)
                if binding.type != .fanout { state.ledger.declare(binding.queue) }
            }
        }
    }

    public func bindings(of exchange: String) async throws(TransportError) -> [Binding] {
        try work { Array($0.bindings[exchange] ?? []) }
    }

    // MARK: - Broadcasts

    public func broadcast(_ messages: [(routingKey: String, envelope: Envelope)], exchange: String) async throws(TransportError) {
        try work { state in
            for listener in (state.listeners[exchange] ?? [:]).values {
                for message in messages { listener.yield(.message(message.envelope, routingKey: message.routingKey)) }
            }
        }
    }

    public func broadcasts(of exchange: String) -> AsyncStream<BroadcastElement> {
        let (stream, continuation) = AsyncStream<BroadcastElement>.makeStream()
        let number: Int? = state.withLock { state in
            if state.isClosed { return nil }
            state.lastListener += 1
            state.listeners[exchange, default: [:]][state.lastListener] = continuation
            return state.lastListener
        }
        guard let number else {
            continuation.finish()
            return stream
        }
        continuation.yield(.link(.live))
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners[exchange]?.removeValue(forKey: number) }
        }
        return stream
    }

    // MARK: - Ending

    public func close() async {
        let listeners = state.withLock { state in
            state.isClosed = true
            defer { state.listeners = [:] }
            return state.listeners.values.flatMap(\.values)
        }
        for listener in listeners { listener.finish() }
        bell.ring()
    }

    private func work<Outcome: Sendable>(_ body: (inout State) throws(TransportError) -> Outcome) throws(TransportError) -> Outcome {
        let outcome: Outcome? = try state.withLock { (state) throws(TransportError) in state.isClosed ? nil : try body(&state) }
        guard let outcome else { throw TransportError(.unreachable, operation: "open", endpoint: endpoint, cause: "the broker was closed on this side") }
        return outcome
    }
}
