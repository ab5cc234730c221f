public import CeleriacCore
public import OrderedCollections

/// A task as the engine runs it, whatever its Swift types.
public struct TaskDefinition: Sendable {
    /// One run: positional and keyword arguments in, the result's value out. What it throws decides the outcome (`TaskOutcome`).
    public typealias Body = @Sendable (_ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ context: TaskContext) async throws -> Value

    public var name: String
    /// Names of the positional parameters, for callers that use keywords; empty when the body takes whatever comes.
    public var parameters: [String]
    public var options: TaskOptions
    public var body: Body

    public init(name: String, parameters: [String] = [], options: TaskOptions = TaskOptions(), body: @escaping Body) {
        self.name = name
        self.parameters = parameters
        self.options = options
        self.body = body
    }
}

/// How one run of a task ended.
public enum TaskOutcome: Sendable {
    case success(Value)
    case failure(StoredException, traceback: String)
    /// To be sent again under the same id; what is `nil` stays as it was.
    case retry(Retry)
    /// `Reject`: with `requeue` nothing is stored.
    case rejected(reason: String, requeue: Bool)
    /// `Ignore`, or replaced by another task: acknowledged, nothing stored, no event.
    case ignored
    /// Ended by `terminate`, with this signal.
    case terminated(signal: Int32)
    /// Ended by the hard limit.
    case timedOut(limit: Duration)
    /// Its process is gone: the signal or exit status in words.
    case lost(String)

    public struct Retry: Sendable {
        public var args: [Value]?
        public var kwargs: OrderedDictionary<String, Value>?
        /// Seconds since 1970; `nil` = at once.
        public var eta: Double?
        public var exception: StoredException?
        public var traceback: String
        /// Further options by Celery's names: `queue`, `priority`, `expires`, `soft_time_limit`, `time_limit`, …
        public var options: OrderedDictionary<String, Value>

        public init(
            args: [Value]? = nil, kwargs: OrderedDictionary<String, Value>? = nil, eta: Double? = nil, exception: StoredException? = nil, traceback: String = "",
            options: OrderedDictionary<String, Value> = [:]
        ) {
            self.args = args
            self.kwargs = kwargs
            self.eta = eta
            self.exception = exception
            self.traceback = traceback
            self.options = options
        }
    }
}
