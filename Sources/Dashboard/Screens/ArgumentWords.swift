import CeleriacCore

/// What RabbitMQ's queue arguments and policies mean, in words with units.
enum ArgumentWords {
    /// - Parameter name: with `x-`, as in arguments, or without it, as in policies.
    /// - Returns: `nil` for what says nothing more than itself.
    static func words(_ name: String, _ value: Value) -> String? {
        let name = name.hasPrefix("x-") ? String(name.dropFirst(2)) : name
        if let number = value.integer { return words(name, number) }
        guard let text = value.string else { return value.bool.flatMap { words(name, $0) } }
        switch (name, text) {
        case ("dead-letter-exchange", ""): return "dead letters go to the default exchange"
        case ("dead-letter-exchange", _): return "dead letters go there"
        case ("dead-letter-routing-key", _): return "the routing key that they get"
        case ("dead-letter-strategy", "at-least-once"): return "no dead letter is lost on its way"
        case ("dead-letter-strategy", "at-most-once"): return "a dead letter may be lost on its way"
        case ("overflow", "drop-head"): return "when it is full, the oldest messages go"
        case ("overflow", "reject-publish"): return "when it is full, no more messages are taken"
        case ("overflow", "reject-publish-dlx"): return "when it is full, no more messages are taken: they are dead letters"
        case ("queue-mode", "lazy"): return "messages are kept on disk"
        case ("max-age", _): return "messages are kept for that long"
        case ("ha-mode", _): return "copies on several nodes"
        default: return nil
        }
    }

    private static func words(_ name: String, _ number: Int) -> String? {
        switch name {
        case "message-ttl": "messages expire after \(Formats.duration(Double(number) / 1000))"
        case "expires": "deleted when nobody has used it for \(Formats.duration(Double(number) / 1000))"
        case "max-length": "at most \(Formats.plural(number, "message"))"
        case "max-length-bytes": "at most \(Formats.bytes(number))"
        case "max-in-memory-length": "at most \(Formats.plural(number, "message")) in memory"
        case "max-in-memory-bytes": "at most \(Formats.bytes(number)) in memory"
        case "max-priority": "priorities from 0 to \(number), the highest first"
        case "delivery-limit": number < 0 ? "delivered any number of times" : "a message may come back \(number) times"
        case "consumer-timeout": "a worker must settle a message within \(Formats.duration(Double(number) / 1000))"
        case "quorum-initial-group-size": "copies on \(Formats.plural(number, "node"))"
        case "stream-max-segment-size-bytes": "segments of \(Formats.bytes(number))"
        default: nil
        }
    }

    private static func words(_ name: String, _ isOn: Bool) -> String? {
        switch name {
        case "single-active-consumer": isOn ? "one worker at a time gets messages" : nil
        default: nil
        }
    }
}
