import CeleriacBroker

/// Tells when something may have come into a list, without asking again and again: the server pushes a word when a key changes that was looked at
/// (`CLIENT TRACKING`, Redis 6).
final class ArrivalWatch: Sendable {
    enum Sight {
        case something
        /// Nothing; the bell rings when that changes.
        case nothing
        /// Nothing; the server cannot tell when that changes.
        case nothingYet
    }

    /// Rings when a list that was looked at has changed, or when the connection is gone that would have told.
    let bell = Bell()
    private let pool: ConnectionPool

    init(_ endpoint: RedisEndpoint, _ gate: CommandGate) {
        let greeting = ConnectionPool.Greeting(commands: [RedisCommand("CLIENT", "TRACKING", "ON")], pushed: { [bell] _ in bell.ring() })
        pool = ConnectionPool(endpoint, gate, greeting: greeting)
    }

    /// Whether anything is in `lists` now. Each look is good for one ring.
    func look(at lists: [String]) async throws(TransportError) -> Sight {
        let connection = try await pool.connection()
        // Asked on the connection that tracks: from here on a change is told.
        if try await (connection.send(RedisCommand("EXISTS", lists)).integer ?? 0) > 0 { return .something }
        return connection.isGreeted && connection.protocolVersion >= 3 ? .nothing : .nothingYet
    }

    func close() async { await pool.close() }
}
