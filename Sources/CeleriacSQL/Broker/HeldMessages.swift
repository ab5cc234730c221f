import CeleriacCore
import GRDB

/// Which queues the held messages belong to, and which of them only wait for their time. Each is read once, not on every look.
struct HeldMessages: Sendable {
    /// Claims looked at, the oldest first, and messages read on one look.
    private static let claimLimit = 5000
    private static let readLimit = 500

    /// What one look found.
    struct Look: Sendable {
        var total = 0
        var claims: [ClaimTag] = []
        /// Of those that were not known before.
        var read: [ClaimTag: Held] = [:]

        /// Groups that the messages name which were not known before.
        var memberships: [GroupMembership] { claims.compactMap { read[$0]?.message?.membership } }
        /// Those of them that beat sent for a schedule entry.
        var periodic: [PeriodicMessage] { claims.compactMap { read[$0]?.message?.periodic } }
    }

    struct Held: Sendable {
        var queue: String
        /// `nil` when it cannot be read.
        var message: WaitingMessage?
    }

    private var known: [ClaimTag: Held] = [:]
    var tags: Set<ClaimTag> { Set(known.keys) }

    static func look(_ database: Database, known: Set<ClaimTag>) throws -> Look {
        var look = Look()
        look.total = try database.first(Int.self, OwnTables.countClaims) ?? 0
        look.claims = try database.rows(OwnTables.heldMessages, [claimLimit]).map { ClaimTag(message: $0[0], version: $0[1]) }
        for claim in look.claims.filter({ !known.contains($0) }).prefix(readLimit) {
            guard let row = try database.rows(OwnTables.heldMessage, [claim.message]).first else { continue }
            look.read[claim] = Held(queue: row[0], message: WaitingMessage(Array((row[1] as String).utf8)))
        }
        return look
    }

    /// Counts by queue; scaled up to the total, and marked, when not all messages have been read.
    mutating func take(_ look: Look, now: Double) -> (counts: HeldCounts, isSampled: Bool) {
        let present = Set(look.claims)
        known = known.filter { present.contains($0.key) }
        known.merge(look.read) { $1 }
        var counts = HeldCounts()
        for held in known.values { counts.add(held.queue, eta: held.message?.eta, now: now) }
        guard known.count < look.total, !known.isEmpty else { return (counts, known.count < look.total) }
        return (counts.scaled(from: known.count, to: look.total), true)
    }
}
