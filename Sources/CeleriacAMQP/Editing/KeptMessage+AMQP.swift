import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// Makes messages that were handed out into what is kept of them: without what the broker wrote on them then, so that each look shows the same.
struct Copies {
    /// How many there were, by the hash of their bytes.
    private var counts: [Int: Int] = [:]

    /// Its place is empty but for those that came before with the very same bytes: nothing else tells these apart.
    mutating func message(_ envelope: Envelope, in queue: QueueName) -> KeptMessage {
        var envelope = envelope
        envelope.headers["x-delivery-count"] = nil
        if case .object(var place)? = envelope.properties["delivery_info"] {
            place["redelivered"] = nil
            envelope.properties["delivery_info"] = .object(place)
        }
        let bytes = envelope.encoded(), hash = bytes.hashValue, earlier = counts[hash] ?? 0
        counts[hash] = earlier + 1
        return KeptMessage(queue: queue, place: earlier == 0 ? "" : String(earlier), bytes: bytes)
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
