import CeleriacBroker
import CeleriacCore

/// Looks for one task's message through whole queues, piece by piece, oldest first.
struct MessageSearch {
    let pool: ConnectionPool
    let keys: RedisKeys
    let id: TaskID

    /// Messages fetched in one round trip.
    private static let step = 500

    /// - Parameter queues: where to look; what workers hold is searched first, since it is little, and again last: one may have taken the message meanwhile.
    func run(in queues: [String], _ bindings: Bindings) async throws(TransportError) -> FoundMessage? {
        if let found = try await held(bindings) { return found }
        for queue in queues {
            if let found = try await waiting(in: queue) { return found }
        }
        return try await held(bindings)
    }

    private func waiting(in queue: String) async throws(TransportError) -> FoundMessage? {
        var before = 0
        for list in keys.lists(queue) {
            // A key of another type holds no messages: its error reply counts as an empty list.
            let length = try await pool.send(RedisCommand("LLEN", list)).integer ?? 0
            var end = length
            while end > 0 {
                let start = max(0, end - Self.step)
                let pieces = try await pool.send(RedisCommand("LRANGE", list, String(start), String(end - 1))).items ?? []
                for (offset, piece) in pieces.reversed().enumerated() {
                    if let bytes = piece.bytes, let message = message(bytes) {
                        return FoundMessage(queue: QueueName(queue), position: before + (length - end) + offset, message: message)
                    }
                }
                end = start
            }
            before += length
        }
        return nil
    }

    private func held(_ bindings: Bindings) async throws(TransportError) -> FoundMessage? {
        let tags = try await pool.send(RedisCommand("ZRANGE", keys.unackedIndex, "0", "-1")).items?.compactMap(\.text) ?? []
        for start in stride(from: 0, to: tags.count, by: Self.step) {
            let pieces = try await pool.send(RedisCommand("HMGET", [keys.unacked] + tags[start..<min(start + Self.step, tags.count)])).items ?? []
            for bytes in pieces.compactMap(\.bytes) where contains(bytes) {
                guard let parts = try? JSON.decode(bytes).array, let envelope = parts.first.flatMap({ try? Envelope($0) }), let message = taskMessage(envelope) else { continue }
                let held = UnackedMessage(bytes)
                let queue = held.map { bindings.queue(exchange: $0.exchange, routingKey: $0.routingKey) } ?? ""
                return FoundMessage(queue: QueueName(queue), position: nil, message: message)
            }
        }
        return nil
    }

    private func message(_ bytes: [UInt8]) -> TaskMessage? {
        guard contains(bytes), let envelope = try? Envelope(decoding: bytes) else { return nil }
        return taskMessage(envelope)
    }

    private func taskMessage(_ envelope: Envelope) -> TaskMessage? {
        guard let message = try? TaskMessage(envelope), message.id == id else { return nil }
        return message
    }

    /// A look at the bytes spares decoding all the others: the id stands in headers and properties as it is, unless it needs escapes.
    private func contains(_ bytes: [UInt8]) -> Bool {
        let needle = JSON.encode(.string(id.rawValue)).dropFirst().dropLast()
        guard let first = needle.first else { return false }
        var rest = bytes[...]
        while let start = rest.firstIndex(of: first) {
            if rest[start...].starts(with: needle) { return true }
            rest = rest[(start + 1)...]
        }
        return false
    }
}
