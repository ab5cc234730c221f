package import CeleriacCore
import Synchronization

/// What goes on by itself on behalf of a broker, so that it can be ended with it.
package final class Activities: Sendable {
    private struct State {
        var tasks: [Int: Task<Void, Never>] = [:]
        var next = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func begin(_ work: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        state.withLock { state in
            let number = state.next
            state.next += 1
            let task = Task { [self] in
                await work()
                self.state.withLock { _ = $0.tasks.removeValue(forKey: number) }
            }
            state.tasks[number] = task
            return task
        }
    }

    /// What `gather` hands over, to whoever listens. It is ended when nobody does any more, and may clean up after it has said the last word.
    package func replies(
        _ gather: @escaping @Sendable (AsyncThrowingStream<ControlReply, any Error>.Continuation) async throws -> Void
    ) -> AsyncThrowingStream<ControlReply, any Error> {
        let (stream, continuation) = AsyncThrowingStream<ControlReply, any Error>.makeStream()
        // Of its own, since what was made for the replies has to be removed also when the listener has left.
        let task = begin {
            do {
                try await gather(continuation)
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        continuation.onTermination = { reason in
            if case .cancelled = reason { task.cancel() }
        }
        return stream
    }

    /// Cancels all, and waits until they have cleaned up, but not for long: a server that does not answer must not keep anyone from leaving.
    package func end(within patience: Duration) async {
        let tasks = state.withLock { Array($0.tasks.values) }
        for task in tasks { task.cancel() }
        let (ends, continuation) = AsyncStream<Void>.makeStream()
        let deadline = Task {
            try? await Task.sleep(for: patience)
            continuation.finish()
        }
        Task {
            for task in tasks { await task.value }
            continuation.finish()
        }
        for await _ in ends {}
        deadline.cancel()
    }
}
