import CeleriacBroker
import CeleriacCore

/// Reads some of the messages that wait in a queue, which is as many lists as there are priorities.
struct QueuePage {
    let pool: ConnectionPool
    let keys: RedisKeys

    func read(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        // One more at either end, to know who stands beside them.
        let extra = first > 0 ? 1 : 0
        var (messages, total) = try await kept(queue, from: first - extra, limit: limit + 1 + extra)
        let lists = messages.map(\.place), tags = messages.map { ListPlace.tag($0.bytes) ?? "" }
        for index in messages.indices {
            let leader = index > 0 && lists[index - 1] == lists[index] ? tags[index - 1] : ""
            let follower = index + 1 < lists.count && lists[index + 1] == lists[index] ? tags[index + 1] : ""
            messages[index].place = ListPlace(lists[index], follower: follower, leader: leader).text
        }
        messages = Array(messages.dropFirst(extra).prefix(limit))
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
