import CeleriacAMQP
import CeleriacBroker
import CeleriacCore
import CeleriacRedis
import CeleriacSQL
import Foundation
import OrderedCollections
import Synchronization
import TestSupport
import Testing

/// A kind of broker whose waiting messages are taken hold of.
struct EditingKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes a place with an empty queue of its own.
    /// - Parameter arguments: of the queue, beside those that make its kind.
    fileprivate let make: @Sendable (_ arguments: [String: Value]) async throws -> EditingPlace

    static let all: [EditingKind] = [sqlite] + (RedisServer.isThere ? [redis, farRedis] : []) + (RabbitServer.isThere ? [classic, quorum] : [])

    func place(_ arguments: [String: Value] = [:]) async throws -> EditingPlace { try await make(arguments) }

    static let sqlite = EditingKind(testDescription: "SQLite") { _ in
        let url = BrokerURL(scheme: "sqlite", path: "\(sqliteFolder)/\(freshUUID()).db")
        return try await EditingPlace(Queue("q"), try StorePlace { try SQLiteStore(url) }.transport()) { try SQLiteBroker(url, permission: $0) }
    }

    static let redis = EditingKind(testDescription: "Redis") { _ in try await redis(at: "127.0.0.1") }
    /// The same server by an address that is not known to be of this machine: it searches for us.
    static let farRedis = EditingKind(testDescription: "Redis, far away") { _ in try await redis(at: "127.1") }

    private static func redis(at host: String) async throws -> EditingPlace {
        let server = try await SharedServer.redis.server()
        // A place of its own on a server for all.
        let url = try BrokerURL("redis://\(host):\(server.port)/0?global_keyprefix=\(freshUUID()):")
        return try await EditingPlace(Queue("q"), try StorePlace { try RedisStore(url) }.transport(), server) { try RedisBroker(url, permission: $0) }
    }

    static let classic = EditingKind(testDescription: "RabbitMQ, classic") { try await rabbit($0) }
    static let quorum = EditingKind(testDescription: "RabbitMQ, quorum") { try await rabbit($0.merging(["x-queue-type": "quorum"]) { $1 }) }

    private static func rabbit(_ arguments: [String: Value]) async throws -> EditingPlace {
        let url = try await ManagedRabbit.shared()
        return try await EditingPlace(Queue(QueueName("q-\(freshUUID())"), arguments: arguments), try AMQPTransport(url)) { try AMQPBroker(url, permission: $0) }
    }
}

/// RabbitMQ with its management plugin, for all tests of the process: it takes seconds to start.
private actor ManagedRabbit {
    private static let shared = ManagedRabbit()
    private static let server = Mutex<RabbitServer?>(nil)
    private var starting: Task<BrokerURL, any Error>?

    static func shared() async throws -> BrokerURL { try await shared.url() }

    private func url() async throws -> BrokerURL {
        let task =
            starting
            ?? Task {
                let port = try freePort()
                let server = try await RabbitServer.start(
                    ["management.tcp.port = \(port)", "management.tcp.ip = 127.0.0.1", "collect_statistics_interval = 500"], plugins: ["rabbitmq_management"])
                // Else it would tell only after five seconds what is to be known of a quorum queue.
                try await server.ctl("eval", "application:set_env(rabbit, quorum_tick_interval, 200).")
                Self.server.withLock { $0 = server }
                atexit { ManagedRabbit.server.withLock { $0 = nil } }
                return try BrokerURL("amqp://127.0.0.1:\(server.port)/?management=http://127.0.0.1:\(port)")
            }
        starting = task
        return try await task.value
    }
}

/// A queue on a real broker, who sends to it and takes from it, and who edits it.
struct EditingPlace: Sendable {
    let queue: Queue
    let transport: any Transport
    /// That may act.
    let broker: any BrokerConnection
    private let server: (any Sendable)?
    private let open: @Sendable (Permission) throws -> any BrokerConnection

    fileprivate init(
        _ queue: Queue, _ transport: any Transport, _ server: (any Sendable)? = nil, open: @escaping @Sendable (Permission) throws -> any BrokerConnection
    ) async throws {
        self.queue = queue
        self.transport = transport
        self.server = server
        self.open = open
        broker = try open(.act)
        try await transport.declare([queue])
    }

    var name: QueueName { queue.name }
    var traits: EditingTraits { broker.editing }

    func broker(_ permission: Permission) throws -> any BrokerConnection { try open(permission) }

    /// To be the last that is done with them.
    func close(_ others: any BrokerConnection...) async {
        for other in others + [broker] { await other.close() }
        await transport.close()
        withExtendedLifetime(server) {}
    }

    // MARK: - Messages

    func send(_ texts: [String], priority: Int = 0) async throws {
        try await transport.publish(texts.map { publication($0, to: name.rawValue, priority: priority) })
    }

    /// As it stands in the queue, never sent.
    func message(_ text: String, priority: Int = 0) -> KeptMessage {
        var envelope = publication(text, priority: priority).envelope
        envelope.properties["delivery_info"] = ["exchange": "", "routing_key": .string(name.rawValue)]
        if !traits.contains(.holds) { envelope.properties.merge(["body_encoding": "base64", "delivery_tag": .string(freshUUID())]) { $1 } }
        return KeptMessage(queue: name, bytes: envelope.encoded())
    }

    /// Takes and acknowledges messages as a worker does, exactly `count`.
    func serve(_ count: Int) async throws -> [String] {
        guard count > 0 else { return [] }
        let consumer = transport.consumer(owner: "w1@test")
        consumer.setPrefetch(count)
        try await consumer.consume(queue)
        let deliveries = try await consumer.take(count)
        try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
        await consumer.close()
        return deliveries.map(\.text)
    }

    /// The same once `count` messages wait.
    func serveAll(_ count: Int) async throws -> [String] {
        await (try await walk(seeing: count)).close()
        return try await serve(count)
    }

    // MARK: - Walks

    /// Once the broker knows the queue well enough.
    func walk(_ needle: String = "", of broker: (any BrokerConnection)? = nil) async throws -> any QueueWalk {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do { return try await (broker ?? self.broker).walk(name, needle: Array(needle.utf8)) } catch {
                if error.hint != "try again in a few seconds" || .now > deadline { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Once `count` messages wait: a quorum queue takes back what was held a moment after it has let go.
    func walk(seeing count: Int) async throws -> any QueueWalk {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let walk = try await walk()
            if walk.total == count || .now > deadline { return walk }
            await walk.close()
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// All messages, the one served next first, which stay where they are.
    func all(_ count: Int) async throws -> [KeptMessage] {
        let walk = try await walk(seeing: count)
        let messages = try await walk.all()
        await walk.close()
        return messages
    }

    /// Takes all messages out from the front, `limit` at once.
    func purge(_ count: Int, limit: Int = 100) async throws -> [KeptMessage] {
        let walk = try await walk(seeing: count)
        let messages = try await walk.purge(limit: limit)
        await walk.close()
        return messages
    }
}

extension QueueWalk {
    /// To its end; the one served next first, each once.
    func all(limit: Int = 1000) async throws -> [KeptMessage] {
        var messages: OrderedSet<KeptMessage> = []
        while let piece = try await next(limit: limit) { messages.append(contentsOf: piece.messages) }
        return isOldestFirst ? Array(messages) : messages.reversed()
    }

    func purge(limit: Int) async throws -> [KeptMessage] {
        var messages: [KeptMessage] = []
        while true {
            let front = try await front(limit: limit)
            if front.isEmpty { return messages }
            let removed = try await remove(front, areFront: true)
            messages += front.filter(removed.contains)
        }
    }
}

extension KeptMessage {
    /// What `send` was given.
    var text: String { (try? Envelope(decoding: bytes)).map { String(decoding: $0.body, as: UTF8.self) } ?? "unreadable" }

    func changed(to text: String, priority: Int? = nil) throws -> KeptMessage {
        var envelope = try Envelope(decoding: bytes)
        envelope.body = Array(text.utf8)
        if let priority { envelope.properties["priority"] = .integer(priority) }
        return KeptMessage(queue: queue, bytes: envelope.encoded())
    }
}
