public import CeleriacCore
public import OrderedCollections

/// How one call is sent and run; what is `nil` is decided by the task's own options, the routes and the app's configuration.
///
/// The options of Celery's `apply_async`.
public struct CallOptions: Hashable, Sendable {
    /// A fresh UUID when `nil`.
    public var taskID: TaskID?
    /// How long after it is sent it may begin.
    public var countdown: Duration?
    /// From when on it may begin, in seconds since 1970; a countdown wins over it.
    public var eta: Double?
    /// How long after it is sent it is of no use any more.
    public var expires: Duration?
    /// When it is of no use any more, in seconds since 1970; `expires` wins over it.
    public var expiresAt: Double?
    public var queue: QueueName?
    public var exchange: String?
    public var routingKey: String?
    /// 0–255; what a number means is the broker's matter (on Redis 0 is the most urgent, on RabbitMQ the least).
    public var priority: Int?
    /// Further headers of the message, seen by the task in `request.message.headers`.
    public var headers: OrderedDictionary<String, Value>
    /// Sent after success, with the result as first argument.
    public var link: [Signature]
    /// Sent after failure, with the failed task's id as argument.
    public var linkError: [Signature]
    public var ignoresResult: Bool?
    /// Shown by monitors in place of the task's name.
    public var shadow: String?
    public var limits: TimeLimits
    public var stamps: OrderedDictionary<String, Value>

    public init(
        taskID: TaskID? = nil, countdown: Duration? = nil, eta: Double? = nil, expires: Duration? = nil, expiresAt: Double? = nil, queue: QueueName? = nil,
        exchange: String? = nil, routingKey: String? = nil, priority: Int? = nil, headers: OrderedDictionary<String, Value> = [:], link: [Signature] = [],
        linkError: [Signature] = [], ignoresResult: Bool? = nil, shadow: String? = nil, limits: TimeLimits = TimeLimits(),
        stamps: OrderedDictionary<String, Value> = [:]
    ) {
        self.taskID = taskID
        self.countdown = countdown
        self.eta = eta
        self.expires = expires
        self.expiresAt = expiresAt
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.priority = priority
        self.headers = headers
        self.link = link
        self.linkError = linkError
        self.ignoresResult = ignoresResult
        self.shadow = shadow
        self.limits = limits
        self.stamps = stamps
    }

    /// By Celery's names, as a signature keeps them; only what is set.
    var values: OrderedDictionary<String, Value> {
        var values: OrderedDictionary<String, Value> = [:]
        values["task_id"] = taskID.map { .string($0.rawValue) }
        if let countdown { values["countdown"] = countdown.secondsValue } else { values["eta"] = eta.flatMap(Self.time) }
        if let expires { values["expires"] = expires.secondsValue } else { values["expires"] = expiresAt.flatMap(Self.time) }
        values["queue"] = queue.map { .string($0.rawValue) }
        values["exchange"] = exchange.map(Value.string)
        values["routing_key"] = routingKey.map(Value.string)
        values["priority"] = priority.map(Value.integer)
        if !headers.isEmpty { values["headers"] = .object(headers) }
        if !link.isEmpty { values["link"] = .array(link.map(\.value)) }
        if !linkError.isEmpty { values["link_error"] = .array(linkError.map(\.value)) }
        values["ignore_result"] = ignoresResult.map(Value.bool)
        values["shadow"] = shadow.map(Value.string)
        values["time_limit"] = limits.hard.map(\.secondsValue)
        values["soft_time_limit"] = limits.soft.map(\.secondsValue)
        if !stamps.isEmpty {
            values["stamped_headers"] = .array(stamps.keys.map(Value.string))
            values.merge(stamps) { own, _ in own }
        }
        return values
    }

    /// Years that a time cannot be written in are those that no clock reaches.
    private static func time(_ seconds: Double) -> Value? { ISOTime.text(seconds).map(Value.string) }
}
