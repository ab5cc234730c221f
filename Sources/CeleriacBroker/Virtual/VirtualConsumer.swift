import CeleriacCore
import Synchronization

/// Takes messages off a store's queues, no more at once than the prefetch allows, and renews its hold on them while it lives.
final class VirtualConsumer<Store: QueueStore>: TaskConsumer {
    private struct State {
        var holdings = Holdings()
        /// A wait for messages that a new queue or the end cuts short.
        var waiting: Task<Result<[Delivery], TransportError>, Never>?
        var isClaiming = false
        var maintenance: Task<Void, Never>?
    }

    private let store: Store
    private let router: VirtualRouter<Store>
    private let owner: WorkerName
    private let interval: Duration
    private let inbox = BroadcastInbox()
    private let state = Mutex(State())
    /// Rings when there is room, or a queue, or the end.
    private let bell = Bell()

    /// How long more room is waited for when messages come fast: what a claim costs is worth several messages.
    private static var gathering: Duration { .milliseconds(1) }
    /// How long the store is asked to wait for a message.
    private static var patience: Duration { .seconds(5) }

    init(_ store: Store, _ router: VirtualRouter<Store>, owner: WorkerName, maintenance: Duration) {
        self.store = store
        self.router = router
        self.owner = owner
        interval = maintenance
    }

    deinit { state.withLock { $0.maintenance }?.cancel() }

    // MARK: - Taking

    func next() async throws(TransportError) -> [Delivery] {
        var hasGathered = false
        while !Task.isCancelled {
            let heard = bell.rings
            switch state.withLock({ $0.holdings.turn(hasGathered: hasGathered) }) {
            case .end: return []
            case .wait: await bell.wait(after: heard)
            case .gather:
                await bell.wait(after: heard, atMost: Self.gathering)
                hasGathered = true
            case .claim(let queues, let count):
                let arrived = inbox.take(upTo: count)
                if !arrived.isEmpty {
                    state.withLock { $0.holdings.hold(arrived) }
                    return arrived
                }
                if queues.isEmpty {
                    await bell.wait(after: heard)
                } else {
                    let deliveries = try await claim(from: queues, upTo: count, heard)
                    if !deliveries.isEmpty { return deliveries }
                }
            }
        }
        return []
    }

    /// What was claimed is held; after the end it is given back at once.
    private func claim(from queues: [QueueName], upTo count: Int, _ heard: Int) async throws(TransportError) -> [Delivery] {
        let (mayClaim, isBusy) = state.withLock { state in
            state.isClaiming = !state.holdings.isStopped
            return (state.isClaiming, state.holdings.isBusy)
        }
        guard mayClaim else { return [] }
        let claimed: Result<[Delivery], TransportError>
        do throws(TransportError) {
            // Where there was more than could be taken last time, there is something now: no wait to set up.
            var deliveries = isBusy ? try await store.claim(from: queues, upTo: count, owner: owner, wait: .zero) : []
            if deliveries.isEmpty { deliveries = try await wait(for: queues, upTo: count, heard).get() }
            claimed = .success(deliveries)
        } catch {
            claimed = .failure(error)
        }
        let isStopped = state.withLock { state in
            if case .success(let deliveries) = claimed {
                state.holdings.hold(deliveries)
                state.holdings.isBusy = deliveries.count == count
            }
            state.isClaiming = false
            return state.holdings.isStopped
        }
        guard isStopped else { return try claimed.get() }
        // `close` may be waiting for this; it releases what is held, but nobody else would.
        bell.ring()
        if case .success(let deliveries) = claimed, !deliveries.isEmpty { try await settle(deliveries.map { .release($0.tag) }) }
        return []
    }

    private func wait(for queues: [QueueName], upTo count: Int, _ heard: Int) async -> Result<[Delivery], TransportError> {
        // Of its own, so that it can be cut short without the caller being cancelled.
        let waiting = Task { [store, owner] in
            do throws(TransportError) {
                return Result<[Delivery], TransportError>.success(try await store.claim(from: queues, upTo: count, owner: owner, wait: Self.patience))
            } catch {
                return .failure(error)
            }
        }
        state.withLock { $0.waiting = waiting }
        if bell.rings != heard { interrupt() }
        let result = await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        state.withLock { $0.waiting = nil }
        return result
    }

    private func interrupt() {
        state.withLock { $0.waiting }?.cancel()
    }

    /// Has a `next` that waits look again: for queues, for what came by itself, for the end.
    private func wake() {
        bell.ring()
        interrupt()
    }

    // MARK: - Settling

    func settle(_ settlements: [Settlement]) async throws(TransportError) {
        let others = inbox.settle(settlements)
        // What went back there no store tells of.
        if inbox.hasArrivals { wake() }
        if !others.isEmpty { try await store.settle(others, owner: owner) }
        if state.withLock({ $0.holdings.letGo(of: settlements) }) { bell.ring() }
    }

    func setPrefetch(_ count: Int) {
        state.withLock { $0.holdings.prefetch = max(0, count) }
        bell.ring()
    }

    // MARK: - Queues

    func consume(_ queue: Queue) async throws(TransportError) {
        try await router.declare([queue])
        if queue.exchangeType == .fanout {
            return await inbox.listen(queue.name, to: store.broadcasts(of: queue.exchange ?? queue.name.rawValue)) { [weak self] in
                self?.wake()
            }
        }
        let isNew = state.withLock { state in
            if state.maintenance == nil, !state.holdings.isStopped { state.maintenance = maintain() }
            return state.holdings.add(queue.name)
        }
        if isNew { wake() }
    }

    func cancel(_ queue: QueueName) async throws(TransportError) {
        if inbox.cancel(queue) { return }
        state.withLock { $0.holdings.remove(queue) }
        wake()
    }

    /// Ends with the consumer, which it does not keep alive.
    private func maintain() -> Task<Void, Never> {
        Task { [store, owner, interval] in
            while !Task.isCancelled {
                // A store that cannot be reached is `next`'s to tell of; the hold lasts longer than a few missed turns.
                try? await store.maintain(owner: owner)
                try? await Task.sleep(for: interval)
            }
        }
    }

    // MARK: - Ending

    func stop() {
        state.withLock { $0.holdings.stop() }
        wake()
    }

    func close() async {
        stop()
        inbox.close()
        while true {
            let heard = bell.rings
            if state.withLock({ !$0.isClaiming }) { break }
            await bell.wait(after: heard, atMost: .seconds(1))
            if Task.isCancelled { break }
        }
        let tags = state.withLock { $0.holdings.tags }
        // What cannot be given back now returns when the hold runs out.
        try? await settle(tags.map { .release($0) })
        let maintenance = state.withLock { $0.maintenance }
        maintenance?.cancel()
        await maintenance?.value
    }
}
