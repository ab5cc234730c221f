/// What one look at the broker told about queues.
public struct BrokerFacts: Hashable, Sendable {
    public struct Queue: Hashable, Sendable {
        public var name: QueueName
        public var ready: Int?
        /// Unacked and held-for-ETA messages of this queue; `isSampled` when they were scaled up from a sample.
        public var unacked: Int?
        public var eta: Int?
        public var isSampled: Bool
        /// Messages that came in since the look before, and seconds between the two.
        public var arrived: Int?
        public var interval: Double?
        /// Messages a second that come in and go out, where the broker counts them itself.
        public var inRate: Double?
        public var outRate: Double?
        /// Who consumes it, as the broker tells.
        public var consumers: Int?
        /// Id of the oldest ready message, and when we first saw it wait (seconds since 1970); its publish time when a header tells.
        public var oldest: TaskID?
        public var oldestSeenAt: Double?
        public var oldestSentAt: Double?
        public var traits: QueueTraits?
        public var deadLetters: DeadLetters?
        public var problem: String?

        public init(name: QueueName) {
            self.name = name
            isSampled = false
        }
    }

    /// Seconds since 1970.
    public var at: Double
    public var queues: [Queue]
    /// Messages of all queues that workers hold unacknowledged.
    public var unackedTotal: Int?
    /// What is wrong, in words, whole broker (a key of the wrong type, …).
    public var problems: [String]
    public var standing: BrokerStanding?
    /// Groups that messages named which were read now for the first time.
    public var memberships: [GroupMembership] = []
    /// Messages read now for the first time that beat sent for a schedule entry.
    public var periodic: [PeriodicMessage] = []

    public init(at: Double, queues: [Queue] = [], unackedTotal: Int? = nil, problems: [String] = []) {
        self.at = at
        self.queues = queues
        self.unackedTotal = unackedTotal
        self.problems = problems
    }
}
