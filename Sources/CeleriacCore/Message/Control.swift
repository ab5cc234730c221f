public import OrderedCollections

/// A remote-control request, as `control.md` of the wire facts has it.
public struct ControlRequest: Hashable, Sendable {
    public typealias Arguments = OrderedDictionary<String, Value>

    public var method: String
    public var arguments: Arguments
    /// Node names; `nil` = everyone.
    public var destination: [WorkerName]?
    public var pattern: String?
    /// `glob` or `pcre`.
    public var matcher: String?

    public init(_ method: String, arguments: OrderedDictionary<String, Value> = [:], destination: [WorkerName]? = nil, pattern: String? = nil, matcher: String? = nil) {
        self.method = method
        self.arguments = arguments
        self.destination = destination
        self.pattern = pattern
        self.matcher = matcher
    }
}

/// One worker's answer.
public struct ControlReply: Hashable, Sendable {
    public var worker: WorkerName
    public var value: Value

    public init(worker: WorkerName, value: Value) {
        self.worker = worker
        self.value = value
    }

    /// The text under `error`, when the worker could not do it.
    public var error: String? { value["error"]?.string }
}
