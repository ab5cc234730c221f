import CeleriacBroker
import CeleriacCore
import Synchronization

/// Takes messages off RabbitMQ's queues over a channel of its own.
final class AMQPConsumer: TaskConsumer {
    fileprivate struct State {
        /// To be consumed from, in the order in which they were named.
        var queues: [Queue] = []
        var prefetch = 0
        /// Somebody is about to tell the broker.
        var isTellingPrefetch = false
        var isStopped = false
        var isAttached = false
        /// Not yet told by `next`.
        var failure: TransportError?
        /// Not yet handed out.
        var arrived: [Delivery] = []
        var unsettled = Unsettled()
    }

    private let link: ConsumingLink
    private let publisher: PublishingLink
    private let state = Mutex(State())
    /// Rings when there is something for `next`.
    private let bell = Bell()

    /// Tells it from all others, those that are gone too.
    let key = AMQPConsumer.keys.add(1, ordering: .relaxed).newValue
    private static let keys = Atomic<Int>(0)

    init(_ link: ConsumingLink, _ publisher: PublishingLink) {
        self.link = link
        self.publisher = publisher
    }

    deinit {
        // The channel, and what it holds, must not stay.
        Task { [link, key] in await link.detach(key) }
    }

    // MARK: - Taking

    private enum Turn {
        case hand([Delivery])
        case fail(TransportError)
        case attach, wait
    }

    func next() async throws(TransportError) -> [Delivery] {
        while !Task.isCancelled {
            let heard = bell.rings
            switch turn() {
            case .hand(let deliveries): return deliveries
            case .fail(let error): throw error
            case .attach:
                do throws(TransportError) { try await link.attach(self) } catch {
                    // Told by this, not once more by the next call.
                    state.withLock { $0.failure = nil }
                    throw error
                }
            case .wait: await bell.wait(after: heard)
            }
        }
        return []
    }

    private func turn() -> Turn {
        state.withLock { state in
            if state.isStopped { return .hand([]) }
            if let failure = state.failure {
                state.failure = nil
                return .fail(failure)
            }
            if !state.arrived.isEmpty {
                defer { state.arrived = [] }
                return .hand(state.arrived)
            }
            return state.isAttached || state.queues.isEmpty ? .wait : .attach
        }
    }

    // MARK: - Settling

    func settle(_ settlements: [Settlement]) async throws(TransportError) {
        let moves = state.withLock { $0.unsettled.startMoving(settlements) }
        if !moves.copies.isEmpty {
            do throws(TransportError) { try await publisher.move(moves) } catch {
                state.withLock { $0.unsettled.stopMoving(settlements) }
                throw error
            }
        }
        try await link.settle(settlements, of: self)
    }

    func setPrefetch(_ count: Int) {
        let isFirst = state.withLock { state in
            state.prefetch = max(0, count)
            defer { state.isTellingPrefetch = state.isAttached }
            return state.isAttached && !state.isTellingPrefetch
        }
        // The caller does not wait for the broker; what changes meanwhile is told with it.
        if isFirst { Task { await link.tellPrefetch(of: self) } }
    }

    // MARK: - Queues

    func consume(_ queue: Queue) async throws(TransportError) {
        if state.withLock({ state in state.isStopped || state.queues.contains { $0.name == queue.name } }) { return }
        try await link.consume(queue, for: self)
    }

    func cancel(_ queue: QueueName) async throws(TransportError) {
        state.withLock { $0.queues.removeAll { $0.name == queue } }
        try await link.cancel(queue, of: self)
    }

    // MARK: - Ending

    func stop() {
        state.withLock { $0.isStopped = true }
        bell.ring()
        // What has arrived and was not handed out goes back now, not when the last task has ended.
        Task { await link.stop(self) }
    }

    func close() async {
        stop()
        await link.detach(key)
    }

    // MARK: - For the link, on its thread

    var prefetch: Int { state.withLock { $0.prefetch } }
    var isStopped: Bool { state.withLock { $0.isStopped } }
    var queues: [Queue] { state.withLock { $0.queues } }

    func add(_ queue: Queue) { state.withLock { $0.queues.append(queue) } }

    /// The newest number of messages to ask for.
    func prefetchToTell() -> Int {
        state.withLock { state in
            state.isTellingPrefetch = false
            return state.prefetch
        }
    }

    func attached() {
        state.withLock { state in
            state.unsettled.begin()
            state.arrived = []
            state.failure = nil
            state.isAttached = true
        }
    }

    /// - Parameter error: `nil` when it was meant.
    func detached(_ error: TransportError?) {
        state.withLock { state in
            state.unsettled.begin()
            state.arrived = []
            state.isAttached = false
            state.failure = error
        }
        bell.ring()
    }

    /// - Returns: what the broker is to be told when none is wanted any more.
    func arrive(_ messages: [(number: UInt64, queue: QueueName, entry: Unsettled.Entry)]) -> Unsettled.Answers? {
        let answers: Unsettled.Answers? = state.withLock { state in
            for (number, queue, entry) in messages {
                let tag = state.unsettled.hold(number, entry)
                state.arrived.append(Delivery(tag: tag, queue: queue, content: .envelope(entry.envelope)))
            }
            return state.isStopped ? state.giveBack() : nil
        }
        if answers == nil { bell.ring() }
        return answers
    }

    func giveBack() -> Unsettled.Answers { state.withLock { $0.giveBack() } }

    func letGo(of settlements: [Settlement]) -> Unsettled.Answers { state.withLock { $0.unsettled.settle(settlements) } }
}

extension AMQPConsumer.State {
    /// All that was not handed out.
    fileprivate mutating func giveBack() -> Unsettled.Answers {
        defer { arrived = [] }
        return unsettled.settle(arrived.map { .release($0.tag) })
    }
}
