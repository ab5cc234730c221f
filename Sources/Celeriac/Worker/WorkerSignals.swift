import Synchronization

/// How a worker ends.
public enum Shutdown: Int, Hashable, Sendable {
    /// Running tasks finish; what has not begun goes back to the broker.
    case warm
    /// As warm for `worker_soft_shutdown_timeout`, then cold.
    case soft
    /// Running tasks are cancelled; their messages, unless acknowledged, are delivered again.
    case cold
}

/// What a running worker is told: to end, and that nothing runs any more.
final class WorkerSignals: Sendable {
    enum Signal: Sendable {
        case shutdown(Shutdown)
        /// After the last task has ended.
        case idle
        /// The time that running tasks were given is over.
        case overdue
        /// No queue can be consumed from, and never will be.
        case failed(any Error)
    }

    let stream: AsyncStream<Signal>
    private let continuation: AsyncStream<Signal>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func send(_ signal: Signal) { continuation.yield(signal) }
}
