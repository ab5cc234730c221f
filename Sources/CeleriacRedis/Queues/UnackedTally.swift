import CeleriacCore

/// Which queues the unacknowledged messages belong to. Each is fetched and read once, not on every look.
struct UnackedTally {
    /// Tags looked at, those delivered first in front.
    static let tagLimit = 5000
    /// Messages fetched on one look.
    static let fetchLimit = 500
    /// Bytes that a fetch should not exceed by much.
    private static let fetchBytes = 4 << 20

    private enum Entry {
        case message(UnackedMessage)
        /// Not kombu's.
        case unreadable
    }

    private var known: [String: Entry] = [:]
    private var tags: [String] = []
    /// Of a message, in bytes; grows and shrinks with what comes.
    private var averageSize = 8 << 10

    /// Takes in the tags that there are; returns those whose messages are to be fetched.
    mutating func take(tags: [String]) -> [String] {
        self.tags = tags
        let present = Set(tags)
        known = known.filter { present.contains($0.key) }
        let limit = min(Self.fetchLimit, max(20, Self.fetchBytes / averageSize))
        return Array(tags.filter { known[$0] == nil }.prefix(limit))
    }

    /// Takes in what was fetched for `tags`; null for a message acknowledged meanwhile. Returns those that could be read.
    mutating func take(messages: [RESPValue], for tags: [String]) -> [WaitingMessage] {
        var bytes = 0
        var read: [WaitingMessage] = []
        for (tag, message) in zip(tags, messages) {
            guard let content = message.bytes else {
                self.tags.removeAll { $0 == tag }
                continue
            }
            bytes += content.count
            let held = UnackedMessage(content)
            known[tag] = held.map { .message($0) } ?? .unreadable
            if let message = held?.message { read.append(message) }
        }
        if !messages.isEmpty { averageSize = max(1, bytes / messages.count) }
        return read
    }

    /// Counts by queue; scaled up to `total`, and marked, when not all messages have been read.
    func counts(total: Int, bindings: Bindings, now: Double) -> (counts: HeldCounts, isSampled: Bool) {
        var counts = HeldCounts()
        for case .message(let held) in known.values {
            counts.add(bindings.queue(exchange: held.exchange, routingKey: held.routingKey), eta: held.message?.eta, now: now)
        }
        let isSampled = known.count < tags.count || (tags.count >= Self.tagLimit && total > tags.count)
        guard isSampled, !known.isEmpty else { return (counts, isSampled) }
        return (counts.scaled(from: known.count, to: max(total, tags.count)), true)
    }
}
