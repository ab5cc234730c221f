import CeleriacCore
import GRDB
import OrderedCollections

/// Which queues the held messages belong to, and which of them only wait for their time. Each is read once, not on every look.
struct HeldMessages: Sendable {
    /// Claims looked at, the oldest first, and messages read on one look.
    private static let claimLimit = 5000
    private static let readLimit = 500

    struct Count: Hashable, Sendable {
        var unacked = 0
        var eta = 0
    }

    /// What one look found.
    struct Look: Sendable {
        var total = 0
        var claims: [ClaimTag] = []
        /// Of those that were not known before.
        var read: [ClaimTag: Message] = [:]
    }

    struct Message: Sendable {
        var queue: String
        /// Seconds since 1970.
        var eta: Double?
    }

    private var known: [ClaimTag: Message] = [:]
    var tags: Set<ClaimTag> { Set(known.keys) }

    static func look(_ database: Database, known: Set<ClaimTag>) throws -> Look {
        var look = Look()
        look.total = try database.first(Int.self, OwnTables.countClaims) ?? 0
        look.claims = try database.rows(OwnTables.heldMessages, [claimLimit]).map { ClaimTag(message: $0[0], version: $0[1]) }
        for claim in look.claims.filter({ !known.contains($0) }).prefix(readLimit) {
            guard let row = try database.rows(OwnTables.heldMessage, [claim.message]).first else { continue }
            let envelope = try? Envelope(decoding: Array((row[1] as String).utf8))
            look.read[claim] = Message(queue: row[0], eta: envelope?.headers["eta"]?.string.flatMap(ISOTime.parse))
        }
        return look
    }

    /// Counts by queue; scaled up to the total, and marked, when not all messages have been read.
    mutating func take(_ look: Look, now: Double) -> (queues: [String: Count], isSampled: Bool) {
        let present = Set(look.claims)
        known = known.filter { present.contains($0.key) }
        known.merge(look.read) { $1 }
        var queues: [String: Count] = [:]
        for message in known.values {
            if let eta = message.eta, eta > now {
                queues[message.queue, default: Count()].eta += 1
            } else {
                queues[message.queue, default: Count()].unacked += 1
            }
        }
        guard known.count < look.total, !known.isEmpty else { return (queues, known.count < look.total) }
        let scale = Double(look.total) / Double(known.count)
        let scaled = queues.mapValues { Count(unacked: Int((Double($0.unacked) * scale).rounded()), eta: Int((Double($0.eta) * scale).rounded())) }
        return (scaled, true)
    }
}
