public import CeleriacCore

/// Where the message of one task lies.
public struct FoundMessage: Hashable, Sendable {
    public var queue: QueueName
    /// Messages before it in its queue; `nil` when a worker holds it unacked.
    public var position: Int?
    public var message: TaskMessage

    public init(queue: QueueName, position: Int?, message: TaskMessage) {
        self.queue = queue
        self.position = position
        self.message = message
    }

    /// Fit for `--json`; arguments are `null` when the body could not be read.
    public var value: Value {
        let (args, kwargs): (Value, Value) =
            switch message.arguments {
            case .known(let args, let kwargs): (.array(args), .object(kwargs))
            case .opaque: (.null, .null)
            }
        return [
            "queue": .string(queue.rawValue), "position": position.map(Value.integer) ?? .null, "name": .string(message.name), "args": args, "kwargs": kwargs,
            "eta": message.eta.map(Value.number) ?? .null, "retries": .integer(message.retries),
        ]
    }
}
