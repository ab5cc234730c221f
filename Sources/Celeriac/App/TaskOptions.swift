public import CeleriacCore

/// How a task is sent and run unless a call says otherwise; `nil` leaves it to the app's configuration.
public struct TaskOptions: Hashable, Sendable {
    public var queue: QueueName?
    public var priority: Int?
    /// How long after it is sent a call is of no use any more.
    public var expires: Duration?
    /// Stores no result, nor errors unless the next one says so.
    public var ignoresResult: Bool?
    public var storesErrorsEvenIfIgnored: Bool?
    public var limits = TimeLimits()
    public var rateLimit: RateLimit?
    public var retry: RetryPolicy = .never
    /// Acknowledged when done, not when begun.
    public var acksLate: Bool?
    /// With late acknowledgement: whether a failure, and a hard time limit, are acknowledged too; else rejected (requeued after a time limit).
    public var acksOnFailure: Bool?
    public var acksOnTimeout: Bool?
    public var rejectsOnWorkerLost: Bool?
    /// Stores STARTED.
    public var tracksStarted: Bool?
    /// Whether monitors are told of it, by workers that tell them at all.
    public var sendsEvents = true

    public init() {}
}

/// How long a run may take.
public struct TimeLimits: Hashable, Sendable {
    /// After which the task is cancelled, and may clean up.
    public var soft: Duration?
    /// After which it is ended whatever it does: in the `process` pool by a signal.
    public var hard: Duration?

    public init(soft: Duration? = nil, hard: Duration? = nil) {
        self.soft = soft
        self.hard = hard
    }
}

/// When a task that throws is sent again by itself.
public struct RetryPolicy: Hashable, Sendable {
    /// Automatic retries; `nil` = endless. Also the limit of retries that the task asks for.
    public var limit: Int?
    /// Whether any error is a reason, or only `TaskContext.retry`.
    public var isAutomatic: Bool
    /// Before the first retry, and before each when it does not grow.
    public var delay: Duration
    /// Doubles the delay each time, up to `maxDelay`.
    public var backsOff: Bool
    public var maxDelay: Duration
    /// Takes a random whole number of seconds from 0 to the delay, as Celery does.
    public var hasJitter: Bool

    public init(
        limit: Int? = 3, isAutomatic: Bool = true, delay: Duration = .seconds(180), backsOff: Bool = false, maxDelay: Duration = .seconds(600),
        hasJitter: Bool = true
    ) {
        self.limit = limit
        self.isAutomatic = isAutomatic
        self.delay = delay
        self.backsOff = backsOff
        self.maxDelay = maxDelay
        self.hasJitter = hasJitter
    }

    /// Only what the task asks for by `TaskContext.retry`, 3 times, after 180 s unless it says otherwise.
    public static let never = RetryPolicy(isAutomatic: false, hasJitter: false)
    /// After any error, each time as long after it.
    public static func fixed(_ delay: Duration, max limit: Int? = 3) -> RetryPolicy { RetryPolicy(limit: limit, delay: delay, hasJitter: false) }
    /// After any error, after 1, 2, 4 … times `first`, which counts in whole seconds, one at least; with jitter after a random time up to that.
    public static func backoff(_ first: Duration = .seconds(1), max limit: Int? = 3, upTo maxDelay: Duration = .seconds(600), jitter: Bool = true)
        -> RetryPolicy
    {
        RetryPolicy(limit: limit, delay: first, backsOff: true, maxDelay: maxDelay, hasJitter: jitter)
    }
}
