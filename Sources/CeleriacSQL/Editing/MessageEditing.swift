import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB

/// A message on its way into a queue.
struct PreparedMessage: Sendable {
    let queue: String
    let bytes: [UInt8]
    /// What its priority makes of its order.
    let timestamp: String?
    /// Which row it was.
    let place: RowPlace?

    init(_ message: KeptMessage) {
        queue = message.queue.rawValue
        bytes = message.bytes
        place = RowPlace(message.place)
        timestamp = KombuTables.timestamp(priority: Self.priority(message.bytes) ?? 0)
    }

    /// `nil` of what is no envelope.
    static func priority(_ bytes: [UInt8]) -> Int? { (try? Envelope(decoding: bytes))?.priority }

    /// Whether nobody has changed its priority since it was in its place. Senders that know of none leave the order to chance.
    var fitsItsPlace: Bool {
        guard let place else { return false }
        return place.timestamp == timestamp || place.timestamp.map { !KombuTables.priorityTimestamps.contains($0) } ?? true
    }
}

// Changes of what waits, within one transaction.
extension Database {
    /// Those that were rows of this very file and queue become the same rows again, where they were among the others; all others come before what waits.
    /// - Parameter version: one that none of these rows can have had: whoever still settles an earlier claim of the same row must not hit this one.
    func insertAtFront(_ messages: [PreparedMessage], mark: String, version: Int64) throws {
        let last = try first(Int64.self, KombuTables.lastMessage) ?? 0
        var others: [(message: PreparedMessage, queueID: Int64)] = []
        for message in messages {
            let queueID = try makeQueue(message.queue)
            if let place = message.place, place.mark == mark, place.queueID == queueID, place.id <= last, message.fitsItsPlace,
                try insert(message, id: place.id, timestamp: place.timestamp, version: version, queueID: queueID)
            {
                continue
            }
            others.append((message, queueID))
        }
        guard !others.isEmpty else { return }
        // Ids go up from one: below there is room for ever.
        let lowest = try min(1, first(Int64.self, KombuTables.firstMessage) ?? 1, first(Int64.self, OwnTables.firstClaimed) ?? 1)
        let (start, isBeyond) = lowest.subtractingReportingOverflow(Int64(others.count))
        if isBeyond { return try insertAtBack(others.map(\.message)) }
        for (offset, (message, queueID)) in others.enumerated() {
            _ = try insert(message, id: start + Int64(offset), timestamp: message.timestamp, version: version, queueID: queueID)
        }
    }

    func insertAtBack(_ messages: [PreparedMessage]) throws {
        var counts: [String: Int] = [:]
        for message in messages {
            counts[message.queue, default: 0] += 1
            try run(KombuTables.insertBytes, [message.timestamp, message.bytes.isText, Data(message.bytes), makeQueue(message.queue)])
        }
        for (queue, count) in counts { try run(OwnTables.countArrivals, [queue, count]) }
    }

    /// - Returns: `false` when the id is taken.
    private func insert(_ message: PreparedMessage, id: Int64, timestamp: String?, version: Int64, queueID: Int64) throws -> Bool {
        try run(KombuTables.insertRow, [id, timestamp, message.bytes.isText, Data(message.bytes), version, queueID])
        guard changesCount == 1 else { return false }
        // Of a message that somebody deleted while it was held.
        try run(OwnTables.forgetClaim, [id])
        return true
    }

    /// Takes the row out, if it waits unchanged.
    func remove(_ message: KeptMessage, _ place: RowPlace) throws -> Bool {
        try run(KombuTables.deleteUnchanged, [place.id, place.queueID, Data(message.bytes)])
        return changesCount == 1
    }

    /// In its place, or at the end where its queue or priority is another.
    func replace(_ old: KeptMessage, _ place: RowPlace, with new: PreparedMessage) throws -> Bool {
        let priority = PreparedMessage.priority(new.bytes)
        if new.queue == old.queue.rawValue, priority == nil || priority == PreparedMessage.priority(old.bytes) {
            try run(KombuTables.updateUnchanged, [new.bytes.isText, Data(new.bytes), place.id, place.queueID, Data(old.bytes)])
            return changesCount == 1
        }
        guard try remove(old, place) else { return false }
        try insertAtBack([new])
        return true
    }
}

extension [UInt8] {
    /// Whether a text column takes it as text; else it keeps the bytes.
    fileprivate var isText: Bool { String(validating: self, as: UTF8.self) != nil }
}
