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
                    self?.put(Delivery(tag: Delivery.Tag(Self.mark + freshUUID()), queue: queue, content: .envelope(envelope)))
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

    /// Whether it was a queue of this kind.
    func cancel(_ queue: QueueName) -> Bool {
        let listener = state.withLock { $0.listeners.removeValue(forKey: queue) }
        listener?.cancel()
        return listener != nil
    }

    func close() {
        for listener in state.withLock({ $0.listeners }).values { listener.cancel() }
    }

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
                guard var delivery = state.held.removeValue(forKey: settlement.tag), case .envelope(let envelope) = delivery.content else { return false }
                switch settlement {
                case .reject(_, requeue: true):
                    delivery.content = .envelope(envelope.redelivered(isCounted: true))
                    state.arrived.append(delivery)
                case .release:
                    delivery.content = .envelope(envelope.redelivered(isCounted: false))
                    state.arrived.insert(delivery, at: 0)
                case .acknowledge, .reject, .bury: break
                }
                return false
            }
        }
    }
}
