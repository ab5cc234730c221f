public import CeleriacBroker
public import CeleriacCore

/// What a cluster has in common; the names are Celery's settings (`task_default_queue` → `defaultQueue`), the defaults too unless said.
public struct AppConfiguration: Sendable {
    // Queues
    /// Where calls go that nothing else decides about, and what a worker takes from that is told nothing else.
    public var defaultQueue: QueueName = "celery"
    /// `task_queues`: queues that are more than their name.
    public var queues: [Queue] = []
    /// `task_routes`: an exact name goes before patterns, those in their order.
    public var routes: [Route] = []
    /// Whether a queue that is not among `queues`, when there are any, is made by its name; else a call to it is refused.
    public var createsMissingQueues = true
    /// Names of the exchanges of remote control and events, and options of the transport.
    public var broker = BrokerSettings()

    // Sending
    public var defaultPriority: Int?
    /// `task_send_sent_event`: tells monitors of each message that is sent.
    public var sendsSentEvents = false
    /// Whether what a task sends has the priority that it had itself.
    public var inheritsParentPriority = false
    /// How often a message is tried again, after 0, 0.2, 0.4 … s, when the broker is away.
    public var publishRetries = 3

    // Results
    public var ignoresResults = false
    public var storesErrorsEvenIfIgnored = false
    /// Whether STARTED is stored.
    public var tracksStarted = false
    /// `result_extended`: records have name, arguments, worker, retries and queue too.
    public var resultsAreExtended = false
    /// `result_expires`; `nil` keeps them for ever.
    public var resultLifetime: Duration? = .seconds(86_400)
    /// Between two looks at a chord's header, where the result backend cannot count.
    public var chordRetryInterval = Duration.seconds(1)
    /// Whether error callbacks of a chord are called for failures of its header's members too.
    public var allowsErrorCallbackOnChordHeader = false

    // Running
    /// Ours is late; Celery's default is early.
    public var acksLate = true
    /// With late acknowledgement: whether the message of a task that failed is acknowledged; else rejected.
    public var acksOnFailure = true
    /// With late acknowledgement: whether that of a task that was ended by its hard limit is; else it goes back to its queue.
    public var acksOnTimeout = true
    /// With late acknowledgement: whether the message goes back to its queue when the task's process died. Ours is true; Celery's default is not.
    public var rejectsOnWorkerLost = true
    public var limits = TimeLimits()
    public var defaultRateLimit: RateLimit?
    /// Redelivered so often, a message goes to the dead-letter queue instead of the pool.
    public var poisonLimit = 5
    public var worker = WorkerConfiguration()
    public var beat = BeatConfiguration()

    public init() {}
}

/// How one worker runs; what the command line of `celery worker` decides.
public struct WorkerConfiguration: Sendable {
    /// What runs the tasks: this process, as Swift tasks, or child processes, which are the same program once more (`App.run`), one task at a time.
    public enum PoolKind: String, Hashable, Sendable, CaseIterable { case async, process }

    /// `celery@host` when `nil`; `%h`, `%n`, `%d` as Celery has them.
    public var name: String?
    public var pool = PoolKind.async
    /// `nil`: the number of CPUs.
    public var concurrency: Int?
    /// Smallest and largest; `concurrency` is then the largest.
    public var autoscale: ClosedRange<Int>?
    /// Messages taken in advance for each task that can run at once; 0 takes all there are.
    public var prefetchMultiplier = 4
    /// Upper limit of the prefetch count as held ETA tasks raise it.
    public var etaTaskLimit: Int? = 10_000
    /// `nil`: the default queue and those of `queues`.
    public var queues: [QueueName]?
    /// `-E`: events of tasks, for monitors; those of the worker itself come anyway.
    public var sendsEvents = false
    public var heartbeatInterval = Duration.seconds(2)
    public var sendsHeartbeats = true
    /// Whether it asks the other workers at its start which tasks are revoked.
    public var mingles = true
    public var disablesRateLimits = false
    public var answersRemoteControl = true
    /// After which a child process is replaced.
    public var maxTasksPerChild: Int?
    /// Kilobytes resident, after which a child process is replaced.
    public var maxMemoryPerChild: Int?
    /// Path of the file that keeps revoked ids over a restart.
    public var stateFile: String?
    /// How long a soft shutdown lets running tasks go on before it is a cold one.
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

    public static func perSecond(_ count: Double) -> RateLimit { RateLimit(perSecond: count) }
    public static func perMinute(_ count: Double) -> RateLimit { RateLimit(perSecond: count / 60) }
    public static func perHour(_ count: Double) -> RateLimit { RateLimit(perSecond: count / 3600) }
}
