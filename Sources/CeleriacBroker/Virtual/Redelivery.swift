public import CeleriacCore
import OrderedCollections

extension Envelope {
    /// Times that the message was given back after it had been begun; Celery's own transports do not count.
    public var returns: Int { headers["x-celeriac-deliveries"]?.integer ?? 0 }

    /// As it goes back to its queue: marked the way kombu's Redis transport marks it, and counted if it had been begun.
    public func redelivered(isCounted: Bool) -> Envelope {
        var copy = self
        copy.headers["redelivered"] = true
        if isCounted { copy.headers["x-celeriac-deliveries"] = .integer(min(returns, Int.max - 1) + 1) }
        var place = properties["delivery_info"]?.object ?? [:]
        place["redelivered"] = true
        copy.properties["delivery_info"] = .object(place)
        return copy
    }

    /// As it goes to the dead-letter queue.
    public func buried(because reason: String) -> Envelope {
        var copy = self
        copy.headers["x-celeriac-buried"] = .string(reason)
        return copy
    }
}

extension QueueName {
    /// Where messages go that are buried.
    public var deadLetters: QueueName { QueueName(rawValue + ".dead") }
}
