import CeleriacBroker
import CeleriacCore
import GRDB

extension Database {
    /// Does what `settlement` says; nothing when its claim is no longer there.
    func settle(_ settlement: Settlement) throws {
        guard let claim = ClaimTag(settlement.tag) else { return }
        try run(OwnTables.deleteClaim, [claim.message, claim.version])
        guard changesCount == 1 else { return }
        switch settlement {
        case .acknowledge, .reject(_, requeue: false):
            try run(KombuTables.deleteMessage, [claim.message])
        case .reject(_, requeue: true):
            guard let row = try message(claim.message) else { return }
            try run(KombuTables.deleteMessage, [claim.message])
            try insert(payload: changing(row.payload) { $0.redelivered(isCounted: true) }, timestamp: row.timestamp, queue: row.queueID)
        case .release:
            try giveBack(claim.message, isCounted: false)
        case .bury(_, let reason):
            guard let row = try message(claim.message) else { return }
            try run(KombuTables.deleteMessage, [claim.message])
            let grave = QueueName(row.queue ?? "").deadLetters.rawValue
            try insert(payload: changing(row.payload) { $0.buried(because: reason) }, timestamp: nil, queue: makeQueue(grave))
        }
    }

    /// Gives back what owners held whose time was over at `now`.
    /// - Returns: whether there was anything.
    func giveBackOfTheDead(now: Double) throws -> Bool {
        var hasGivenBack = false
        for owner in try Int64.fetchAll(cachedStatement(sql: OwnTables.deadOwners), arguments: [now]) {
            for message in try Int64.fetchAll(cachedStatement(sql: OwnTables.claimsOfOwner), arguments: [owner]) {
                try giveBack(message, isCounted: true)
                hasGivenBack = true
            }
            try run(OwnTables.deleteClaims, [owner])
            try run(OwnTables.deleteOwner, [owner])
        }
        return hasGivenBack
    }

    /// Shows the message again where it stood, which is in front of what came after it.
    private func giveBack(_ id: Int64, isCounted: Bool) throws {
        guard let row = try message(id) else { return }
        try run(KombuTables.show, [changing(row.payload) { $0.redelivered(isCounted: isCounted) }, id])
    }

    private struct MessageRow {
        let payload: String
        let timestamp: String?
        let queueID: Int64
        let queue: String?
    }

    /// `nil` when somebody has deleted it, as Python's purge does with held messages too.
    private func message(_ id: Int64) throws -> MessageRow? {
        try rows(KombuTables.message, [id]).first.map { MessageRow(payload: $0[0], timestamp: $0[1], queueID: $0[2], queue: $0[3]) }
    }
}
