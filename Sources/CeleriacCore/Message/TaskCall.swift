public import OrderedCollections

/// One task message before it is packed: every field that a sender decides. `envelope(…)` packs it.
///
/// Times are seconds since 1970.
public struct TaskCall: Hashable, Sendable {
    public var id: TaskID
    public var name: String
    public var args: [Value]
    public var kwargs: OrderedDictionary<String, Value>
    /// Texts shown by monitors in place of the arguments; `nil` makes them of the arguments.
    public var argsrepr: String?
    public var kwargsrepr: String?
    public var shadow: String?

    /// Signatures, as `TaskMessage` has them: `chain` holds the next step **last**.
    public var callbacks: [Value]
    public var errbacks: [Value]
    public var chain: [Value]
    public var chord: Value?

    public var eta: Double?
    public var expires: Double?
    public var retries: Int
    /// Seconds.
    public var hardLimit: Double?
    public var softLimit: Double?
    public var ignoresResult: Bool?
    public var priority: Int?

    /// Of the whole workflow; its own when `nil`.
    public var root: TaskID?
    public var parent: TaskID?
    public var group: String?
    public var groupIndex: Int?
    public var replacedTaskNesting: Int
    public var stampedHeaders: [String]
    public var stamps: OrderedDictionary<String, Value>
    /// Of the caller; they win over those that become of the fields.
    public var headers: OrderedDictionary<String, Value>
    /// Further message properties: `delivery_mode`, and what Celery makes of options that it does not know.
    public var properties: OrderedDictionary<String, Value>

    /// Where it goes, when the caller or the signature says; routes and the default queue fill what is missing.
    /// Of the task whose routes apply; its own when `nil`. The parts of `chunks` go where the task goes that they call.
    public var routeName: String?
    public var queue: QueueName?
    public var exchange: String?
    public var routingKey: String?
    public var replyTo: String?
    public var origin: String?

    public init(id: TaskID, name: String, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:]) {
        self.id = id
        self.name = name
        self.args = args
        self.kwargs = kwargs
        callbacks = []
        errbacks = []
        chain = []
        retries = 0
        replacedTaskNesting = 0
        stampedHeaders = []
        stamps = [:]
        headers = [:]
        properties = [:]
    }
}
