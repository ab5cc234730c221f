import CeleriacBroker
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

    /// The list that a message of this priority is put into.
    func list(_ queue: QueueName, priority: Int) -> String { prefix + options.prioritySteps.key(queue, priority: priority) }

    /// The queue that `list` belongs to; `nil` when the key has another prefix.
    func queue(ofList list: String) -> String? {
        list.hasPrefix(prefix) ? options.prioritySteps.queue(ofKey: String(list.dropFirst(prefix.count))).queue.rawValue : nil
    }

    // MARK: - Messages handed out

    var unacked: String { prefix + options.unackedKey }
    var unackedIndex: String { prefix + options.unackedIndexKey }

    var unackedMutex: String { prefix + options.unackedMutexKey }

    // MARK: - What Swift workers hold, and for how long

    /// Names of the holders that have claimed anything.
    var holders: String { prefix + "celeriac.owners" }
    /// There as long as its holder renews it.
    func lease(_ holder: String) -> String { leasePrefix + holder }
    var leasePrefix: String { prefix + "celeriac.lease." }

    // MARK: - Bindings

    /// Those of queues that do not expire.
    func permanentBindings(_ exchange: String) -> String { prefix + "_kombu.binding_permanent." + exchange }
    /// One member of a binding set; `pattern` is empty unless the exchange is a topic exchange.
    func binding(routingKey: String, pattern: String, queue: QueueName) -> String { routingKey + separator + pattern + separator + queue.rawValue }
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

    /// The channel of one broadcast.
    func channel(_ exchange: String, routingKey: String) -> String {
        routingKey.isEmpty || !options.fanoutPatterns ? channel(exchange) : channel(exchange) + "/" + routingKey
    }
    /// What takes in all broadcasts of an exchange: publishers use one or the other, by their `fanout_patterns`; a channel nobody publishes on costs nothing.
    func subscriptions(_ exchange: String) -> [RedisCommand] {
        [RedisCommand("PSUBSCRIBE", channel(exchange).escapedForPattern + "/*"), RedisCommand("SUBSCRIBE", channel(exchange))]
    }

    /// Whether `name` is a queue of kombu's own machinery, which no task ever waits in.
    func isMachinery(_ name: String) -> Bool { Machinery.owns(name, eventExchange: options.eventExchange) }
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
