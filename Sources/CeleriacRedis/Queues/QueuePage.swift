import CeleriacBroker
import CeleriacCore

/// Reads some of the messages that wait in a queue, which is as many lists as there are priorities.
struct QueuePage {
    let pool: ConnectionPool
    let keys: RedisKeys

    func read(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        let lists = keys.lists(queue.rawValue)
        // A key of another type holds no messages: its error reply counts as an empty list.
        let lengths = try await pool.send(lists.map { RedisCommand("LLEN", $0) }).map { $0.integer ?? 0 }
        var sample = QueueSample(queue: queue, first: first, messages: [], total: lengths.reduce(0, +), isMarked: false)
        var before = 0
        for (list, length) in zip(lists, lengths) {
            let skipped = max(0, first - before), wanted = min(limit - sample.messages.count, length - skipped)
            if wanted > 0 {
                // The next one to be served is the last of its list.
                let end = length - skipped
                let pieces = try await pool.send(RedisCommand("LRANGE", list, String(end - wanted), String(end - 1))).items ?? []
                for (offset, piece) in pieces.reversed().enumerated() {
                    guard let bytes = piece.bytes else { continue }
                    sample.messages.append(QueueSample.Message(KeptMessage(queue: queue, place: list, bytes: bytes), position: before + skipped + offset))
                }
            }
            before += length
        }
        return sample
    }
}
