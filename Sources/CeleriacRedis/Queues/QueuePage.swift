import CeleriacBroker
import CeleriacCore

/// Reads some of the messages that wait in a queue, which is as many lists as there are priorities.
struct QueuePage {
    let pool: ConnectionPool
    let keys: RedisKeys

    func read(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        let (messages, total) = try await kept(queue, from: first, limit: limit)
        return QueueSample(
            queue: queue, first: first, messages: messages.enumerated().map { QueueSample.Message($0.element, position: first + $0.offset) }, total: total, isMarked: false)
    }

    /// The messages as they are, and how many wait in all.
    func kept(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> (messages: [KeptMessage], total: Int) {
        let lists = keys.lists(queue.rawValue)
        // A key of another type holds no messages: its error reply counts as an empty list.
        let lengths = try await pool.send(lists.map { RedisCommand("LLEN", $0) }).map { $0.integer ?? 0 }
        var messages: [KeptMessage] = [], before = 0
        for (list, length) in zip(lists, lengths) {
            let skipped = max(0, first - before), wanted = min(limit - messages.count, length - skipped)
            if wanted > 0 {
                // The next one to be served is the last of its list.
                let end = length - skipped
                let pieces = try await pool.send(RedisCommand("LRANGE", list, String(end - wanted), String(end - 1))).items ?? []
                messages += pieces.reversed().compactMap { $0.bytes.map { KeptMessage(queue: queue, place: list, bytes: $0) } }
            }
            before += length
        }
        return (messages, lengths.reduce(0, +))
    }
}
