import CeleriacCore
import DequeModule
import Synchronization

/// What has been read from the broker and not yet taken by the consumer, who may take his time: the connection must be drained whatever he does, or the
/// broker cuts it.
package final class EventBacklog: Sendable {
    fileprivate struct State {
        var elements = Deque<FeedElement>()
        /// Of the batches in `elements`.
        var bytes = 0
        var dropped = 0
        var isFinished = false
        var waiter: CheckedContinuation<FeedElement?, Never>?
    }

    /// Bytes; batches beyond it are let go.
    private let limit: Int
    private let state = Mutex(State())

    package init(limit: Int = 256 << 20) {
        self.limit = limit
    }

    package func put(_ element: FeedElement) {
        let handOver: (waiter: CheckedContinuation<FeedElement?, Never>, element: FeedElement)? = state.withLock { state in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return (waiter, element)
            }
            if case .batch(let batch) = element {
                guard state.bytes + batch.bytes.count <= limit else {
                    state.dropped += batch.payloads.count
                    return nil
                }
                state.bytes += batch.bytes.count
            }
            state.elements.append(element)
            return nil
        }
        handOver?.waiter.resume(returning: handOver?.element)
    }

    /// The oldest element; waits for one. `nil` after `finish`.
    package func next() async -> FeedElement? {
        await withCheckedContinuation { waiter in
            let (ready, left): (FeedElement?, CheckedContinuation<FeedElement?, Never>?) = state.withLock { state in
                if let element = state.take() { return (element, waiter) }
                if state.isFinished { return (nil, waiter) }
                // A feed has one consumer; of two the earlier one is sent away.
                let earlier = state.waiter
                state.waiter = waiter
                return (nil, earlier)
            }
            left?.resume(returning: ready)
        }
    }

    /// What is put into it by `task`, which is ended when nobody holds the feed any more.
    package func feed(filledBy task: Task<Void, Never>) -> AsyncStream<FeedElement> {
        let lease = FeedLease(task)
        return AsyncStream {
            await lease.next(of: self)
        } onCancel: {
            task.cancel()
        }
    }

    /// Ends the feed; what is still in the backlog is let go.
    package func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            state.elements.removeAll()
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}

extension EventBacklog.State {
    /// The oldest element, with the number of events dropped since the last one was taken.
    fileprivate mutating func take() -> FeedElement? {
        guard let element = elements.popFirst() else { return nil }
        guard case .batch(var batch) = element else { return element }
        bytes -= batch.bytes.count
        batch.dropped = dropped
        dropped = 0
        return .batch(batch)
    }
}

private final class FeedLease: Sendable {
    private let task: Task<Void, Never>

    init(_ task: Task<Void, Never>) { self.task = task }
    deinit { task.cancel() }

    func next(of backlog: EventBacklog) async -> FeedElement? { await backlog.next() }
}
