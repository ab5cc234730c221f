public import OrderedCollections

/// A task's message of any protocol, its fields in one place. Times are seconds since 1970; texts are **not yet made safe to show**.
public struct TaskMessage: Hashable, Sendable {
    /// Where the sender put the fields.
    public enum Form: String, Hashable, Sendable {
        /// All in the body.
        case version1
        /// In the headers, the body has arguments and links.
        case version2
        /// Headers, and a body like version 1: the headers win.
        case hybrid
    }

    public enum Arguments: Hashable, Sendable {
        case known(args: [Value], kwargs: OrderedDictionary<String, Value>)
        /// The body could not be read, for this reason; callbacks and the other links are then unknown too.
        case opaque(String)
    }

    public var form: Form
    public var id: TaskID
    public var name: String
    /// What logs and events show in place of the name.
    public var shadow: String?
    public var arguments: Arguments
    /// The sender's abbreviated texts of the arguments.
    public var argsrepr: String?
    public var kwargsrepr: String?

    /// Signatures sent after success, and after failure.
    public var callbacks: [Value]
    public var errbacks: [Value]
    /// Signatures of the steps that follow, **the next one last**.
    public var chain: [Value]
    /// Signature that is sent once the whole group is done.
    public var chord: Value?

    public var eta: Double?
    public var expires: Double?
    public var retries: Int
    /// Seconds.
    public var hardLimit: Double?
    public var softLimit: Double?
    /// `nil` leaves it to the worker's setting.
    public var ignoresResult: Bool?

    public var root: TaskID?
    /// A retry of a task without parent names itself.
    public var parent: TaskID?
    public var group: String?
    public var groupIndex: Int?
    public var replacedTaskNesting: Int
    /// Names of stamps, and all stamps.
    public var stampedHeaders: [String]
    public var stamps: OrderedDictionary<String, Value>

    /// Node that sent it, `gen123@host`.
    public var origin: String?
    public var correlationID: String?
    public var replyTo: String?
    /// As sent, not clamped.
    public var priority: Int
    public var exchange: String?
    public var routingKey: String?
    public var isRedelivered: Bool
    /// All headers, those that became fields included.
    public var headers: OrderedDictionary<String, Value>
    /// Of the message: what a sender added (`app_id`, …) is among them.
    public var properties: OrderedDictionary<String, Value>
    /// What a worker would refuse it for (a time that is no time, …), in words; empty when nothing is.
    public var problems: [String]

    /// The queue it was sent to: the routing key of the anonymous exchange; `nil` when an exchange decided.
    public var queue: QueueName? { exchange == "" ? routingKey.map(QueueName.init(_:)) : nil }
}
