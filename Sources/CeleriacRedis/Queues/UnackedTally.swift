import CeleriacCore

/// Which queues the unacknowledged messages belong to. Each is fetched and read once, not on every look.
struct UnackedTally {
    /// Tags looked at, those delivered first in front.
    static let tagLimit = 5000
    /// Messages fetched on one look.
    static let fetchLimit = 500
    /// Bytes that a fetch should not exceed by much.
    private static let fetchBytes = 4 << 20

    struct Count: Hashable {
        var unacked = 0
        var eta = 0
    }

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

    /// Takes in what was fetched for `tags`; null for a message acknowledged meanwhile. Returns the groups that these messages name.
    mutating func take(messages: [RESPValue], for tags: [String]) -> [GroupMembership] {
        var bytes = 0
        var memberships: [GroupMembership] = []
        for (tag, message) in zip(tags, messages) {
            guard let content = message.bytes else {
                self.tags.removeAll { $0 == tag }
                continue
            }
            bytes += content.count
            let message = UnackedMessage(content)
            known[tag] = message.map { .message($0) } ?? .unreadable
            if let membership = message?.membership { memberships.append(membership) }
        }
        if !messages.isEmpty { averageSize = max(1, bytes / messages.count) }
        return memberships
    }

    /// Counts by queue; scaled up to `total`, and marked, when not all messages have been read.
    func counts(total: Int, bindings: Bindings, now: Double) -> (queues: [String: Count], isSampled: Bool) {
        var queues: [String: Count] = [:]
        for case .message(let message) in known.values {
            let queue = bindings.queue(exchange: message.exchange, routingKey: message.routingKey)
            if let eta = message.eta, eta > now { queues[queue, default: Count()].eta += 1 } else { queues[queue, default: Count()].unacked += 1 }
        }
        let isSampled = known.count < tags.count || (tags.count >= Self.tagLimit && total > tags.count)
        guard isSampled, !known.isEmpty else { return (queues, isSampled) }
        let scale = Double(max(total, tags.count)) / Double(known.count)
        let scaled = queues.mapValues { Count(unacked: Int((Double($0.unacked) * scale).rounded()), eta: Int((Double($0.eta) * scale).rounded())) }
        return (scaled, true)
    }
}
