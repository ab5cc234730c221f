import CeleriacBroker
import CeleriacCore
import CeleriacRedis
import CeleriacSQL
import Foundation
import OrderedCollections
import TestSupport
import Testing

/// A kind of queue store that has to pass the suites.
struct StoreKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes an empty place for messages, whose owners' holds last `lease` without being renewed.
    let place: @Sendable (_ lease: Duration) async throws -> StorePlace

    static let all: [StoreKind] = [memory, sqlite] + (RedisServer.isThere ? [redis] : [])

    static let memory = StoreKind(testDescription: "memory") { lease in
        let store = MemoryStore(lease: lease)
        return StorePlace { store }
    }

    static let redis = StoreKind(testDescription: "redis") { lease in
        let server = try await SharedServer.redis.server()
        // A place of its own on a server for all.
        let url = try BrokerURL("redis://127.0.0.1:\(server.port)/0?global_keyprefix=\(freshUUID()):")
        return StorePlace(server) { try RedisStore(url, lease: lease) }
    }
}

extension StoreKind {
    static let sqlite = StoreKind(testDescription: "SQLite") { lease in
        let url = BrokerURL(scheme: "sqlite", path: "\(sqliteFolder)/\(freshUUID()).db")
        return StorePlace { try SQLiteStore(url, lease: lease) }
    }
}

/// Where all SQLite files of this process lie; removed at its end, since a store may outlive its place.
let sqliteFolder: String = {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("stores-\(freshUUID())").path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: sqliteFolder) }
    return path
}()

/// A place where messages lie, and handles onto it, as different processes would have them.
struct StorePlace: Sendable {
    private let server: (any Sendable)?
    let open: @Sendable () throws -> any QueueStore

    /// - Parameter server: kept alive as long as the place.
    init(_ server: (any Sendable)? = nil, open: @escaping @Sendable () throws -> any QueueStore) {
        self.server = server
        self.open = open
    }

    /// To be the last that is done with them: the place has to live until then.
    func close(_ stores: any QueueStore...) async {
        for store in stores { await store.close() }
        withExtendedLifetime(server) {}
    }

    func close(_ transport: any Transport) async {
        await transport.close()
        withExtendedLifetime(server) {}
    }
}

/// A message for a queue, told apart by `text`.
func message(_ text: String, to queue: QueueName = "q", priority: Int = 0) -> StoredMessage {
    let envelope = Envelope(
        headers: ["id": .string(text), "task": "shop.add"],
        properties: [
            "correlation_id": .string(text), "delivery_mode": 2, "delivery_info": ["exchange": "", "routing_key": .string(queue.rawValue)],
            "priority": .integer(priority), "body_encoding": "base64", "delivery_tag": .string(freshUUID()),
        ], body: Array(text.utf8))
    return StoredMessage(queue: queue, envelope: envelope)
}

extension Delivery {
    var envelope: Envelope? { if case .envelope(let envelope) = content { envelope } else { nil } }
    /// What `message` was given.
    var text: String { envelope.map { String(decoding: $0.body, as: UTF8.self) } ?? "unreadable" }
}

extension QueueStore {
    /// Takes what there is now.
    func claim(_ queues: QueueName..., upTo count: Int = 100, as owner: WorkerName = "w1@test", wait: Duration = .zero) async throws -> [Delivery] {
        try await claim(from: queues, upTo: count, owner: owner, wait: wait)
    }

    /// Calls `maintain` until a message comes back, for at most ten seconds.
    func claimReturned(_ queue: QueueName, as owner: WorkerName = "w2@test") async throws -> [Delivery] {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            try await maintain(owner: owner)
            let deliveries = try await claim(from: [queue], upTo: 100, owner: owner, wait: .milliseconds(20))
            if !deliveries.isEmpty { return deliveries }
        }
        return []
    }
}
