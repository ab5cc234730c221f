import CeleriacCore
import Synchronization

/// What came for a consumer's fan-out queues: copies for it alone, which no store keeps. Gone with the consumer.
final class BroadcastInbox: Sendable {
    private struct State {
        var listeners: [QueueName: Task<Void, Never>] = [:]
        /// The next one first.
        var arrived: [Delivery] = []
        var held: [Delivery.Tag: Delivery] = [:]
    }

    private let state = Mutex(State())
    /// Begins every tag, so that the store's are told apart.
    private static let mark = "broadcast."

    deinit {
        for listener in state.withLock({ $0.listeners }).values { listener.cancel() }
    }

    /// Listens until the queue is cancelled. Returns once the subscription is in force, or could not be made at once.
    /// - Parameter arrived: called after each arrival.
    func listen(_ queue: QueueName, to broadcasts: AsyncStream<BroadcastElement>, arrived: @escaping @Sendable () -> Void) async {
        let bell = Bell()
        let heard = bell.rings
        let listener = Task { [weak self] in
            for await element in broadcasts {
                switch element {
                case .message(let envelope, _):
                    self?.put(Self.delivery(of: envelope, queue))
                    arrived()
                case .link(.live), .link(.reconnecting): bell.ring()
                case .link(.connecting), .unreadable: continue
                }
            }
            bell.ring()
        }
        let earlier = state.withLock { $0.listeners.updateValue(listener, forKey: queue) }
        earlier?.cancel()
        await bell.wait(after: heard)
    }

    private func put(_ delivery: Delivery) { state.withLock { $0.arrived.append(delivery) } }

    /// Under a tag of its own, also the second time: who settles the first delivery late must not settle the second.
    private static func delivery(of envelope: Envelope, _ queue: QueueName) -> Delivery {
        Delivery(tag: Delivery.Tag(mark + freshUUID()), queue: queue, content: .envelope(envelope))
    }

    /// Whether it was a queue of this kind.
    func cancel(_ queue: QueueName) -> Bool {
        let listener = state.withLock { $0.listeners.removeValue(forKey: queue) }
        listener?.cancel()
        return listener != nil
    }

    func close() {
        for listener in state.withLock({ $0.listeners }).values { listener.cancel() }
    }

    /// Whether anything waits to be taken.
    var hasArrivals: Bool { state.withLock { !$0.arrived.isEmpty } }

    /// Oldest first.
    func take(upTo count: Int) -> [Delivery] {
        state.withLock { state in
            let taken = Array(state.arrived.prefix(count))
            state.arrived.removeFirst(taken.count)
            for delivery in taken { state.held[delivery.tag] = delivery }
            return taken
        }
    }

    /// Does what can be done without a store: what goes back is delivered again, here, and what is buried is forgotten.
    /// - Returns: the settlements that are the store's.
    func settle(_ settlements: [Settlement]) -> [Settlement] {
        guard settlements.contains(where: { $0.tag.rawValue.hasPrefix(Self.mark) }) else { return settlements }
        return state.withLock { state in
            settlements.filter { settlement in
                guard settlement.tag.rawValue.hasPrefix(Self.mark) else { return true }
                guard let held = state.held.removeValue(forKey: settlement.tag), case .envelope(let envelope) = held.content else { return false }
                switch settlement {
                case .reject(_, requeue: true): state.arrived.append(Self.delivery(of: envelope.redelivered(isCounted: true), held.queue))
                case .release: state.arrived.insert(Self.delivery(of: envelope.redelivered(isCounted: false), held.queue), at: 0)
                case .acknowledge, .reject, .bury: break
                }
                return false
            }
        }
    }
}
