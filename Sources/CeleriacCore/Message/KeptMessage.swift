/// A message that waits in a queue, as its broker keeps it, byte for byte: what is looked at, changed, taken out and put back.
public struct KeptMessage: Hashable, Sendable {
    public var queue: QueueName
    /// Where its broker keeps it: the list of its priority on Redis, number and order of its row on SQL. Empty: the broker tells by the message itself.
    public var place: String
    /// kombu's envelope as JSON text. Of AMQP, where its parts are real properties, the same parts packed that way.
    public var bytes: [UInt8]

    public init(queue: QueueName, place: String = "", bytes: [UInt8]) {
        self.queue = queue
        self.place = place
        self.bytes = bytes
    }

    /// By its end, where kombu writes what tells one message from another (`delivery_tag`): acts on many would hash for longer than they do anything else.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.count)
        bytes.withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.suffix(128))) }
    }
}
