/// How a broker is, beside its queues. Brokers that tell nothing of themselves have none.
public struct BrokerStanding: Hashable, Sendable {
    public struct Alarm: Hashable, Sendable {
        /// "short of memory".
        public var what: String
        /// Node of the broker.
        public var node: String
        /// Nobody can send anything while it lasts.
        public var blocks: Bool

        public init(_ what: String, on node: String, blocks: Bool) {
            self.what = what
            self.node = node
            self.blocks = blocks
        }
    }

    /// "RabbitMQ 3.10.8".
    public var product: String?
    /// `nil` when it cannot be known.
    public var alarms: [Alarm]?
    /// Why it takes no messages from us, in its own words.
    public var blockedReason: String?
    public var connections: Int?
    /// Those of them that the broker does not listen to: they tried to send while an alarm was on.
    public var blockedConnections: Int?
    /// Messages that no queue was bound for while we watched, dropped or returned to who sent them: at least so many, and when we last saw more of them
    /// (seconds since 1970).
    public var unroutable = 0
    public var unroutableAt: Double?
    /// Exchanges that were sent messages, and have never handed one to a queue.
    public var deadEnds: [String] = []
    /// Messages that it holds itself until their ETA, of all queues.
    public var held: Int?
    /// What is not known, and the command that changes that.
    public var hint: String?

    public init() {}

    /// Why nobody, or not we, can send anything; `nil` when all is well.
    public var blockade: String? { alarms?.first { $0.blocks }?.what ?? blockedReason }

    /// What is wrong, in words, the worst first.
    public var problems: [String] {
        var problems = (alarms ?? []).sorted { $0.blocks && !$1.blocks }.map { "\($0.node) \($0.blocks ? "is \($0.what): publishers are blocked" : $0.what)" }
        if let blockedReason, alarms?.contains(where: \.blocks) != true { problems.insert("the broker takes no messages from us: \(blockedReason)", at: 0) }
        return problems
    }
}
