/// The cluster as its events, its workers' replies and its broker's sizes tell it.
public struct ClusterState: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Bytes that tasks, texts, indexes and histograms may take together.
        public var bytes = 128 << 20
        public init() {}
    }

    public init(limits: Limits = Limits()) {}

    /// Takes raw events in, in any order, doubled or late.
    public mutating func fold(_ batch: EventBatch) {}
    /// One decoded event (tests, files); `receivedAt` in seconds since 1970.
    public mutating func fold(event: Value, receivedAt: Double) {}
    /// A worker's answer to an inspect method (`active`, `reserved`, `scheduled`, `stats`, `active_queues`, `registered`, `revoked`, `conf`, `ping`).
    public mutating func fold(_ reply: ControlReply, to method: String, at: Double) {}
    /// Workers that should have answered `method` and did not.
    public mutating func noAnswer(to method: String, from workers: [WorkerName], at: Double) {}
    public mutating func fold(_ facts: BrokerFacts) {}
    public mutating func fold(_ link: LinkState, at: Double) {}
    /// What a draw asked for.
    public mutating func picture(_ request: PictureRequest, now: Double) -> Picture { Picture(now: now) }
    /// Where a task stands now.
    public func task(_ id: TaskID, now: Double) -> TaskRow? { nil }
    /// Names seen so far, for completion and for asking brokers.
    public var queueNames: Set<QueueName> { [] }
    public var workerNames: [WorkerName] { [] }
    /// Timings over the last `span` seconds (at most 15 minutes), by name.
    public mutating func timings(over span: Double, now: Double) -> [TimingRow] { [] }
    /// Ids of all tasks that match, newest first, at most `limit`.
    public mutating func ids(matching filter: Filter, limit: Int, now: Double) -> [TaskID] { [] }
}
