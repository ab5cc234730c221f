import CeleriacBroker
import CeleriacCore
import GRDB
import Synchronization

/// The sending side of an exchange whose messages go to all that listen. They stand in a table for a minute, each listener remembers how far it has read; as
/// long as nobody listens nothing is written.
struct Broadcasting {
    let access: FileAccess
    let exchange: String
    let now: @Sendable () -> Double

    /// Seconds that a broadcast is kept, and how many at most: a listener that is further behind misses some.
    static let lifetime = 60.0
    static let limit = 50_000
    /// Seconds between two prunings by one process.
    private static let pause = 5.0

    /// - Returns: how many listened.
    @discardableResult
    func send(_ messages: [(routingKey: String, envelope: Envelope)]) async throws(TransportError) -> Int {
        let (exchange, time) = (exchange, now())
        guard !messages.isEmpty, try await access.read("broadcast", { try $0.first(Int.self, OwnTables.countListeners, [exchange, time]) ?? 0 }) > 0 else {
            return 0
        }
        let texts = messages.map { (key: $0.routingKey, envelope: $0.envelope.text) }
        let prunes = access.file.broadcastsPrunedAt.withLock { last in
            // A clock that was set back counts as due.
            guard time - last > Self.pause || time < last else { return false }
            last = time
            return true
        }
        return try await access.write("broadcast", .broadcasts) { database in
            let listeners = try database.first(Int.self, OwnTables.countListeners, [exchange, time]) ?? 0
            if prunes { try database.run(OwnTables.pruneBroadcasts, [time - Self.lifetime, Self.limit]) }
            guard listeners > 0 else { return 0 }
            for text in texts { try database.run(OwnTables.broadcast, [exchange, text.key, text.envelope, time]) }
            return listeners
        }
    }
}
