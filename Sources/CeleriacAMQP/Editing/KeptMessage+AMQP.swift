import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// Makes messages that were handed out into what is kept of them: without what the broker wrote on them then, so that each look shows the same.
struct Copies {
    /// Quorum queues sort them as they count a message's deliveries: then it is done from the first one on.
    let sortsHeaders: Bool
    /// How many there were, by the hash of their bytes.
    private var counts: [Int: Int] = [:]

    init(sortsHeaders: Bool) { self.sortsHeaders = sortsHeaders }

    /// Its place is empty but for those that came before with the very same bytes: nothing else tells these apart.
    mutating func message(_ envelope: Envelope, in queue: QueueName) -> KeptMessage {
        var envelope = envelope
        envelope.headers["x-delivery-count"] = nil
        if sortsHeaders { envelope.headers.sort { $0.key < $1.key } }
        var place = envelope.properties.removeValue(forKey: "delivery_info")?.object ?? [:]
        place["redelivered"] = nil
        // What tells messages apart comes at the end, by which they are hashed.
        envelope.properties.updateValue(.object(place), forKey: "delivery_info", insertingAt: 0)
        if let id = envelope.properties.removeValue(forKey: "correlation_id") { envelope.properties["correlation_id"] = id }
        var message = KeptMessage(queue: queue, bytes: envelope.encoded())
        let hash = Exactly(message).hashValue, earlier = counts[hash] ?? 0
        counts[hash] = earlier + 1
        if earlier > 0 { message.place = String(earlier) }
        return message
    }
}

/// A message by all its bytes: many of a queue may end alike.
struct Exactly: Hashable {
    let message: KeptMessage

    init(_ message: KeptMessage) { self.message = message }

    func hash(into hasher: inout Hasher) {
        message.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(message.place)
    }
}

extension Publication {
    /// To the message's queue and no other.
    /// - Throws: what is no envelope, which has no parts that AMQP could tell.
    init(_ message: KeptMessage) throws(MessageError) {
        var envelope = try Envelope(decoding: message.bytes)
        // RabbitMQ sends copies to the queues that these name, as it did when the message was sent first.
        for name in ["CC", "BCC"] { envelope.headers[name] = nil }
        self.init(routingKey: message.queue.rawValue, envelope: envelope)
    }
}
