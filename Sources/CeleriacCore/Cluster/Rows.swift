/// A task's state; applications may have their own.
public struct TaskState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }
    public init(stringLiteral value: String) { rawValue = value }
    public var description: String { rawValue }

    public static let pending: TaskState = "PENDING"
    public static let received: TaskState = "RECEIVED"
    public static let started: TaskState = "STARTED"
    public static let success: TaskState = "SUCCESS"
    public static let failure: TaskState = "FAILURE"
    public static let retry: TaskState = "RETRY"
    public static let revoked: TaskState = "REVOKED"
    public static let rejected: TaskState = "REJECTED"

    /// Nothing more will happen to the task, unless its id is used again.
    public var isFinal: Bool { self == .success || self == .failure || self == .revoked || self == .rejected }
}

/// What is known of one task. Times are seconds since 1970 by the sender's clock; texts are as the event carried them, **not yet made safe to show**.
public struct TaskRow: Hashable, Sendable {
    public var id: TaskID
    public var name: String?
    public var state: TaskState
    public var worker: WorkerName?
    public var queue: Fact<QueueName>
    /// Python repr texts of the arguments, possibly cut by the sender.
    public var args: String?
    public var kwargs: String?
    public var result: String?
    public var exception: String?
    public var traceback: String?
    public var sentAt: Double?
    public var receivedAt: Double?
    public var startedAt: Double?
    public var succeededAt: Double?
    public var failedAt: Double?
    public var retriedAt: Double?
    public var revokedAt: Double?
    public var rejectedAt: Double?
    /// Sender's time of the event that set the state.
    public var timestamp: Double
    public var clock: Int
    /// Seconds from sent (else received) to started.
    public var wait: Double?
    /// Seconds it ran: as the worker measured; for a running one, since it started.
    public var runtime: Double?
    public var retries: Int
    public var eta: Double?
    public var expires: Double?
    public var root: TaskID?
    public var parent: TaskID?
    public var children: [TaskID]
    /// Node name of the sender, from `task-sent`.
    public var client: String?
    public var exchange: String?
    public var routingKey: String?
    /// Unfinished, and its worker has been lost.
    public var isOrphaned: Bool
    public var isTerminated: Bool
    public var isExpired: Bool

    public init(id: TaskID, name: String? = nil, state: TaskState = .pending, worker: WorkerName? = nil, timestamp: Double = 0) {
        self.id = id
        self.name = name
        self.state = state
        self.worker = worker
        self.timestamp = timestamp
        queue = .noAnswer(last: nil, at: nil)
        clock = 0
        retries = 0
        children = []
        isOrphaned = false
        isTerminated = false
        isExpired = false
    }

    /// When it ended, by whichever event ended it.
    public var finishedAt: Double? { succeededAt ?? failedAt ?? revokedAt ?? rejectedAt }
}

public enum WorkerState: String, Hashable, Sendable, CaseIterable {
    case online
    /// No heartbeat for twice its interval.
    case late
    /// No heartbeat for 30 s, without saying goodbye.
    case lost
    /// Said goodbye.
    case offline
    /// Never heard of by heartbeat.
    case unknown
}

/// What is known of one worker.
public struct WorkerRow: Hashable, Sendable {
    public var name: WorkerName
    public var state: WorkerState
    /// What is wrong, in words ("alive, 2 free slots, nothing taken for 40 s"); `nil` when nothing is.
    public var problem: String?
    /// Seconds since the last sign of life.
    public var heartbeatAge: Double?
    /// Seconds its clock is ahead of ours (arrival − time stamp, negated), smoothed.
    public var drift: Double?
    public var active: Fact<Int>
    public var reserved: Fact<Int>
    public var scheduled: Fact<Int>
    /// Tasks started since it booted.
    public var processed: Fact<Int>
    /// `prefork`, `threads`, `solo`, …
    public var pool: Fact<String>
    public var concurrency: Fact<Int>
    public var load: [Double]?
    /// Resident memory in bytes (largest so far).
    public var memory: Fact<Int>
    public var queues: Fact<[QueueName]>
    /// `py-celery 5.7.0`.
    public var version: String?
    public var pid: Int?
    /// Whether it sends task events.
    public var sendsTaskEvents: Fact<Bool>
    /// Tasks that were unfinished on it when it was lost.
    public var heldTasks: Int

    public init(name: WorkerName, state: WorkerState = .unknown) {
        self.name = name
        self.state = state
        active = .asking
        reserved = .asking
        scheduled = .asking
        processed = .asking
        pool = .asking
        concurrency = .asking
        memory = .asking
        queues = .asking
        sendsTaskEvents = .asking
        heldTasks = 0
    }
}

/// What is known of one queue.
public struct QueueRow: Hashable, Sendable {
    public var name: QueueName
    public var ready: Fact<Int>
    /// Handed to workers and not settled, those waiting for their ETA left out.
    public var unacked: Fact<Int>
    /// Held by workers until their ETA.
    public var eta: Fact<Int>
    public var consumers: Fact<Int>
    /// Messages a second.
    public var inRate: Fact<Double>
    public var outRate: Fact<Double>
    /// Seconds until empty at these rates; `.infinity` when it grows or stands still.
    public var drain: Fact<Double>
    /// Seconds that the oldest message has been waiting.
    public var oldestAge: Fact<Double>
    /// Ready counts over the last five minutes, oldest first, one each 5 s.
    public var history: [Double]
    /// `nil` where the broker tells nothing of it.
    public var traits: QueueTraits?
    public var deadLetters: DeadLetters?
    /// Seconds since 1970 of the last answer about it.
    public var updatedAt: Double?
    /// What is wrong with it (a key of the wrong type, …), in words.
    public var problem: String?

    public init(name: QueueName) {
        self.name = name
        ready = .asking
        unacked = .asking
        eta = .asking
        consumers = .asking
        inRate = .asking
        outRate = .asking
        drain = .asking
        oldestAge = .asking
        history = []
    }
}

/// Times of one task name over the asked span (at most 15 minutes). Durations in seconds, `nil` when none was measured.
public struct TimingRow: Hashable, Sendable {
    public var name: String
    /// Runs ended: ok + failed.
    public var count: Int
    public var ok: Int
    public var failed: Int
    public var retried: Int
    /// Runs ended a second.
    public var rate: Double
    public var waitP50: Double?
    public var waitP95: Double?
    public var runP50: Double?
    public var runP95: Double?
    public var runP99: Double?
    public var runMax: Double?
    /// Runs by length: < 1 ms, < 10 ms, < 32 ms, < 100 ms, < 320 ms, < 1 s, < 10 s, longer.
    public var histogram: [Int]

    public init(name: String) {
        self.name = name
        count = 0
        ok = 0
        failed = 0
        retried = 0
        rate = 0
        histogram = Array(repeating: 0, count: 8)
    }
}

/// Failures of one task name with one exception type. Times are seconds since 1970.
public struct FailureRow: Hashable, Sendable {
    public var exception: String
    /// `?`: no event named it.
    public var task: String
    /// In the last 15 minutes.
    public var count: Int
    /// In all that was seen, tasks that are not held any more included.
    public var total: Int
    public var firstAt: Double
    public var newestAt: Double
    /// Failures by the minute over the last 15 minutes, oldest first.
    public var history: [Double]

    public init(exception: String, task: String, count: Int, newestAt: Double) {
        self.exception = exception
        self.task = task
        self.count = count
        self.newestAt = newestAt
        total = count
        firstAt = newestAt
        history = []
    }

    /// What tells one group from another.
    public var id: String { exception + "\u{0}" + task }
}
