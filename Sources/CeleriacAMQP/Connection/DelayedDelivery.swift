import CeleriacBroker
import CeleriacCore

/// Messages that RabbitMQ itself holds until their ETA, as Celery 5.5 has it for quorum queues (`kombu.transport.native_delayed_delivery`): 28 levels, of which
/// level n holds a message for 2ⁿ seconds if the n-th bit of the seconds to wait, which stand as bits before its routing key, is 1.
struct DelayedDelivery {
    /// The highest, where messages enter.
    static let topLevel = 27
    static let entrance = name(topLevel)
    /// Where messages come out.
    static let exit = "celery_delayed_delivery"

    private static func name(_ level: Int) -> String { "celery_delayed_\(level)" }

    /// Whether that is the name of a level's exchange, and of its queue.
    static func isLevel(_ name: String) -> Bool { levels.contains(name) }
    private static let levels = Set((0...topLevel).map(name))

    /// Whether a queue's messages with an ETA are held there: not those of direct exchanges, which cannot have keys that begin with anything.
    static func holds(for queue: Queue) -> Bool {
        queue.arguments["x-queue-type"] == "quorum" && (queue.exchangeType == .topic || queue.exchangeType == .headers)
    }

    /// Where a message goes that is to be held for so long; `nil` when that is not worth it, or longer than can be told (8.5 years).
    static func routingKey(_ seconds: Double, _ key: String) -> String? {
        guard seconds >= 1, seconds < Double(1 << (topLevel + 1)) else { return nil }
        let whole = Int(seconds)
        let bits = (0...topLevel).reversed().map { whole >> $0 & 1 == 1 ? "1" : "0" }
        return bits.joined(separator: ".") + "." + plain(key)
    }

    /// A key without the bits of an earlier delay.
    private static func plain(_ key: String) -> String {
        let bytes = Array(key.utf8), length = 2 * (topLevel + 1)
        guard bytes.count >= length else { return key }
        for index in stride(from: 0, to: length, by: 2) {
            guard bytes[index] == UInt8(ascii: "0") || bytes[index] == UInt8(ascii: "1"), bytes[index + 1] == UInt8(ascii: ".") else { return key }
        }
        return String(decoding: bytes[length...], as: UTF8.self)
    }

    /// Makes all levels.
    static func declareLevels(_ connection: AMQPConnection, _ channel: AMQPConnection.Channel) throws(TransportError) {
        for level in (0...topLevel).reversed() {
            let skipped = String(repeating: "*.", count: topLevel - level)
            try connection.declareExchange(name(level), type: "topic", isDurable: true, on: channel)
            try connection.declareQueue(
                name(level),
                arguments: [
                    "x-queue-type": "quorum", "x-overflow": "reject-publish", "x-message-ttl": .integer(1000 << level),
                    "x-dead-letter-exchange": .string(level > 0 ? name(level - 1) : exit), "x-dead-letter-strategy": "at-least-once",
                ], on: channel)
            try connection.bind(name(level), to: name(level), skipped + "1.#", on: channel)
        }
        try connection.declareExchange(exit, type: "topic", isDurable: true, on: channel)
        for level in (0...topLevel).reversed() {
            let skipped = String(repeating: "*.", count: topLevel - level)
            try connection.bindExchange(level > 0 ? name(level - 1) : exit, to: name(level), skipped + "0.#", on: channel)
        }
    }

    /// Lets what comes out find the queue.
    static func bind(_ queue: Queue, _ connection: AMQPConnection, _ channel: AMQPConnection.Channel) throws(TransportError) {
        let exchange = queue.exchange ?? queue.name.rawValue, key = queue.routingKey ?? queue.name.rawValue
        let pattern = key.hasPrefix("#") ? key : "#." + key
        try connection.bindExchange(exchange, to: exit, pattern, on: channel)
        try connection.bind(queue.name.rawValue, to: exchange, pattern, on: channel)
    }
}
