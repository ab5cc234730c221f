public import CeleriacCore

/// What came over a feed of events.
public enum FeedElement: Sendable {
    case batch(EventBatch)
    case link(LinkState)
}

/// Reads a cluster's events.
public protocol EventFeed: Sendable {
    /// Batches of raw events, and each change of the link, until the consumer stops listening. Reconnects by itself, for ever, and subscribes again.
    ///
    /// The feed drains the connection as fast as bytes come, whatever the consumer does; beyond 256 MB of backlog whole events are dropped and counted.
    func events() -> AsyncStream<FeedElement>
}

/// Sends remote-control requests and gathers the workers' replies.
public protocol ControlBus: Sendable {
    /// Publishes without waiting for replies; returns how many received it, when the broker tells.
    @discardableResult
    func send(_ request: ControlRequest) async throws(TransportError) -> Int?

    /// Publishes, then yields replies as they come. Ends as soon as all receivers (or all destinations) have answered, else `timeout` after the last reply.
    /// Leaves no reply key or binding behind, however it ends.
    func ask(_ request: ControlRequest, timeout: Duration) -> AsyncThrowingStream<ControlReply, any Error>
}

/// Looks at queues without disturbing them.
public protocol QueueInspection: Sendable {
    /// Sizes of all queues that can be found, those in `known` included. One round trip or few; call it about once a second.
    func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts

    /// Where the message of a task lies, waiting or held unacked; `nil` when it is nowhere. Reads whole queues in pieces: for a question, not for a loop.
    func message(of id: TaskID) async throws(TransportError) -> FoundMessage?

    /// Messages that wait in a queue, the one that is served next first: at most `limit` of them, from the one on that has `first` before it.
    /// - Throws: kind `.refused` with the reason where looking would change more than what `peekingMarks` says.
    func peek(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample

    /// Messages can only be looked at by taking them out and giving them back, which marks them as redelivered; then the foremost alone can be looked at.
    var peekingMarks: Bool { get }
}

/// Reads results.
public protocol ResultBackend: Sendable {
    /// The record of one task; `nil` when none is stored.
    func record(of id: TaskID) async throws(TransportError) -> ResultRecord?
}

/// What this side may do on a broker; enforced below the keys, by the connection itself.
public enum Permission: String, Hashable, Sendable {
    /// Everything.
    case act
    /// Only what asks: read-only inspect methods and what their replies need.
    case readOnly
    /// Nothing is asked of workers: no broadcast at all.
    case passive
}

/// One broker, opened for watching and steering.
public protocol BrokerConnection: EventFeed, ControlBus, QueueInspection, QueueEditing {
    /// Masked: fit to be shown.
    var endpoint: String { get }
    /// Closes all connections; pending calls fail.
    func close() async
}
