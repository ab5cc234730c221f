public import OrderedCollections

/// How a queue was made and what its broker does with the messages in it. Brokers whose queues are plain lists tell nothing of it.
public struct QueueTraits: Hashable, Sendable {
    /// `classic`, `quorum`, `stream`.
    public var type: String
    public var isDurable: Bool
    public var isAutoDelete: Bool
    /// What it was declared with (`x-message-ttl`, …).
    public var arguments: OrderedDictionary<String, Value>
    /// Names of the policies that apply, and what they add to the arguments (`message-ttl`, …).
    public var policies: [String]
    public var policyArguments: OrderedDictionary<String, Value>
    /// Nodes that have a copy of it, and those of them that are up; `nil` where there is one only.
    public var members: Int?
    public var membersOnline: Int?
    /// Why its messages cannot be looked at, in words.
    public var whyNotPeek: String?

    public init(type: String, isDurable: Bool, isAutoDelete: Bool, arguments: OrderedDictionary<String, Value> = [:]) {
        self.type = type
        self.isDurable = isDurable
        self.isAutoDelete = isAutoDelete
        self.arguments = arguments
        policies = []
        policyArguments = [:]
    }

    /// What holds for it under either name: an argument goes before a policy.
    /// - Parameter name: without `x-`.
    public func setting(_ name: String) -> Value? { arguments["x-" + name] ?? policyArguments[name] }
}

/// What becomes of messages of a queue that were rejected, expired or crowded out, and of those that a worker set aside as poison.
public struct DeadLetters: Hashable, Sendable {
    public struct Place: Hashable, Sendable {
        public var queue: QueueName
        public var ready: Int?

        public init(queue: QueueName, ready: Int?) {
            self.queue = queue
            self.ready = ready
        }
    }

    /// The exchange that takes them, empty for the default one; `nil`: they are dropped, or that is not known.
    public var exchange: String?
    /// Where they arrive over it; `nil` when that is not known.
    public var places: [Place]?
    /// The queue of poison messages, if there is one.
    public var poison: Place?

    public init(exchange: String? = nil, places: [Place]? = nil, poison: Place? = nil) {
        self.exchange = exchange
        self.places = places
        self.poison = poison
    }
}
