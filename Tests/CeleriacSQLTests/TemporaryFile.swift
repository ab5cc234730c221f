import CeleriacBroker
import CeleriacCore
import CeleriacSQL
import Foundation
import GRDB
import OrderedCollections
import Synchronization

/// A file in a folder of its own, removed with the object.
final class TemporaryFile: Sendable {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sqlite-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var path: String { folder.appendingPathComponent("queue.db").path }
    /// Absolute: `sqlite:////tmp/…`.
    var url: BrokerURL { BrokerURL(scheme: "sqlite", path: path) }
    var folderPath: String { folder.path }

    /// What another program sees and does.
    func rows(_ sql: String) throws -> [Row] { try DatabaseQueue(path: path).read { try Row.fetchAll($0, sql: sql) } }
    func change(_ sql: String) throws { try DatabaseQueue(path: path).write { try $0.execute(sql: sql) } }
    func count(_ table: String) throws -> Int { try DatabaseQueue(path: path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? -1 } }
}

/// A clock that is set by hand.
final class HandClock: Sendable {
    private let time = Mutex(1_800_000_000.0)
    @Sendable func now() -> Double { time.withLock { $0 } }
    func advance(by seconds: Double) { time.withLock { $0 += seconds } }
}

func message(_ text: String, to queue: QueueName = "q", priority: Int = 0) -> StoredMessage {
    StoredMessage(
        queue: queue,
        envelope: Envelope(
            headers: ["task": "shop.add", "id": .string(text)],
            properties: [
                "correlation_id": .string(text), "delivery_info": ["exchange": "", "routing_key": .string(queue.rawValue)], "priority": .integer(priority),
                "body_encoding": "base64", "delivery_tag": .string(text),
            ],
            body: Array("[[1, 2], {}, {}]".utf8)))
}

extension Delivery {
    var envelope: Envelope? { if case .envelope(let envelope) = content { envelope } else { nil } }
    /// The text that `message` was made of.
    var text: String? { envelope?.correlationID }
    var deliveries: Int? { envelope?.headers["x-celeriac-deliveries"]?.integer }
}

extension SQLiteStore {
    /// All that waits now, as `owner`.
    func claimAll(_ queues: QueueName..., owner: WorkerName = "celery@w1") async throws -> [Delivery] {
        try await claim(from: queues, upTo: 1000, owner: owner, wait: .zero)
    }
}

/// Ends with an error what takes longer.
func within<Value: Sendable>(_ limit: Duration = .seconds(60), _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let value = first else { throw TookTooLong() }
        return value
    }
}

struct TookTooLong: Error {}
