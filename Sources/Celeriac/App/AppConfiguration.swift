public import CeleriacBroker
public import CeleriacCore

/// What a cluster has in common; the names are Celery's settings (`task_default_queue` → `defaultQueue`), the defaults too unless said.
public struct AppConfiguration: Sendable {
    // Queues
    public var defaultQueue: QueueName = "celery"
    /// `task_queues`: queues that are more than their name.
    public var queues: [Queue] = []
    public var routes: [Route] = []
    public var createsMissingQueues = true
    public var broker = BrokerSettings()

    // Sending
    public var defaultPriority: Int?
    public var sendsSentEvents = false
    public var inheritsParentPriority = false
    /// Minutes east of UTC of the times that are written.
    public var publishRetries = 3

    // Results
    public var ignoresResults = false
    public var storesErrorsEvenIfIgnored = false
    public var tracksStarted = false
    public var resultsAreExtended = false
    /// `result_expires`; `nil` keeps them for ever.
    public var resultLifetime: Duration? = .seconds(86_400)
    public var chordRetryInterval = Duration.seconds(1)
    public var allowsErrorCallbackOnChordHeader = false

    // Running
    /// Ours is late; Celery's default is early.
    public var acksLate = true
    public var acksOnFailure = true
    public var acksOnTimeout = true
    /// Ours is true; Celery's default is not.
    public var rejectsOnWorkerLost = true
    public var limits = TimeLimits()
    public var defaultRateLimit: RateLimit?
    /// Redelivered so often, a message goes to the dead-letter queue instead of the pool.
    public var poisonLimit = 5
    public var worker = WorkerConfiguration()

    public init() {}
}

/// How one worker runs; what the command line of `celery worker` decides.
public struct WorkerConfiguration: Sendable {
    public enum PoolKind: String, Hashable, Sendable, CaseIterable { case async, process }

    /// `celery@host` when `nil`; `%h`, `%n`, `%d` as Celery has them.
    public var name: String?
    public var pool = PoolKind.async
    /// `nil`: the number of CPUs.
    public var concurrency: Int?
    /// Smallest and largest; `concurrency` is then the largest.
    public var autoscale: ClosedRange<Int>?
    public var prefetchMultiplier = 4
    /// Upper limit of the prefetch count as held ETA tasks raise it.
    public var etaTaskLimit: Int? = 10_000
    /// `nil`: the default queue and those of `queues`.
    public var queues: [QueueName]?
    public var sendsEvents = false
    public var heartbeatInterval = Duration.seconds(2)
    public var sendsHeartbeats = true
    public var mingles = true
    public var disablesRateLimits = false
    public var answersRemoteControl = true
    public var maxTasksPerChild: Int?
    /// Kilobytes resident.
    public var maxMemoryPerChild: Int?
    /// Path of the file that keeps revoked ids over a restart.
    public var stateFile: String?
    public var softShutdownTimeout = Duration.zero

    public init() {}
}

/// Where calls of certain tasks go (`task_routes`).
public struct Route: Sendable {
    /// A task name; with `*`, a shell pattern for the whole of it.
    public var pattern: String
    public var queue: QueueName?
    public var exchange: String?
    public var routingKey: String?
    public var priority: Int?

    public init(_ pattern: String, queue: QueueName? = nil, exchange: String? = nil, routingKey: String? = nil, priority: Int? = nil) {
        self.pattern = pattern
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.priority = priority
    }
}

/// Tasks begun per second by each worker (`"10/m"`); a token bucket that holds one.
public struct RateLimit: Hashable, Sendable {
    public var perSecond: Double

    public init(perSecond: Double) { self.perSecond = perSecond }
}
