import CeleriacCore

/// The names of kombu's keys and channels (kombu.transport.redis, 5.7), for one set of options and one database.
struct RedisKeys: Hashable, Sendable {
    let options: RedisOptions
    let database: Int

    private var prefix: String { options.globalKeyPrefix }
    private var separator: String { options.prioritySteps.separator }

    // MARK: - Queues

    /// The lists that hold the messages of `queue`, the one served first in front.
    func lists(_ queue: String) -> [String] { options.prioritySteps.keys(QueueName(queue)).map { prefix + $0 } }

    /// The queue that `list` belongs to; `nil` when the key has another prefix.
    func queue(ofList list: String) -> String? {
        list.hasPrefix(prefix) ? options.prioritySteps.queue(ofKey: String(list.dropFirst(prefix.count))).queue.rawValue : nil
    }

    // MARK: - Messages handed out

    var unacked: String { prefix + options.unackedKey }
    var unackedIndex: String { prefix + options.unackedIndexKey }

    // MARK: - Bindings

    var bindingsPrefix: String { prefix + "_kombu.binding." }
    func bindings(_ exchange: String) -> String { bindingsPrefix + exchange }

    /// The parts of one member of a binding set: routing key, pattern (empty unless topic), queue.
    func binding(_ member: String) -> (routingKey: String, pattern: String, queue: String)? {
        guard !separator.isEmpty, let last = member.lastRange(of: separator) else { return nil }
        let front = member[..<last]
        guard let first = front.firstRange(of: separator) else { return nil }
        return (
            String(front[..<first]), String(front[front.index(first, offsetBy: separator.count)...]),
            String(member[member.index(last, offsetBy: separator.count)...])
        )
    }

    // MARK: - Remote control

    var controlChannel: String { channel(options.controlExchange + ".pidbox") }
    var replyExchange: String { "reply.\(options.controlExchange).pidbox" }
    var replyBindings: String { bindings(replyExchange) }
    func replyQueue(_ oid: String) -> String { "\(oid).\(replyExchange)" }
    func replyKey(_ oid: String) -> String { prefix + replyQueue(oid) }
    func replyBinding(_ oid: String) -> String { oid + separator + separator + replyQueue(oid) }

    // MARK: - Fan-out

    /// The channel of a fan-out exchange, for messages without a routing key.
    func channel(_ exchange: String) -> String {
        let front =
            switch options.fanoutPrefix {
            case .database: "/\(database)."
            case .none: ""
            case .text(let text): text.replacing("{db}", with: String(database))
            }
        return prefix + front + exchange
    }

    /// Where events come without their type as a routing key (`fanout_patterns` off).
    var eventChannel: String { channel(options.eventExchange) }
    /// The pattern for `PSUBSCRIBE` that takes in events of every type.
    var eventPattern: String { channel(options.eventExchange).escapedForPattern + "/*" }

    /// Whether `name` is a queue of kombu's own machinery, which no task ever waits in.
    func isMachinery(_ name: String) -> Bool {
        name.hasSuffix(".\(options.controlExchange).pidbox") || name.hasSuffix(".pidbox") || name.hasPrefix("\(options.eventExchange).")
            || name.hasPrefix("celeryev.")
    }
}

extension String {
    /// With Redis' glob characters taken literally.
    var escapedForPattern: String {
        reduce(into: "") { text, character in
            if "*?[]^\\".contains(character) { text.append("\\") }
            text.append(character)
        }
    }
}

extension StringProtocol {
    /// Where `needle` (not empty) begins for the last time.
    fileprivate func lastRange(of needle: String) -> Index? { ranges(of: needle).last?.lowerBound }
    fileprivate func firstRange(of needle: String) -> Index? { ranges(of: needle).first?.lowerBound }
}
