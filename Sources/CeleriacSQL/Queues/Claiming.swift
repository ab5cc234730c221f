import CeleriacBroker
import CeleriacCore
import GRDB

/// A message that was just claimed, not yet read.
struct ClaimedMessage: Sendable {
    let tag: ClaimTag
    let queue: QueueName
    let payload: String

    var delivery: Delivery {
        let bytes = Array(payload.utf8)
        let content: Delivery.Content
        do throws(MessageError) { content = .envelope(try Envelope(decoding: bytes)) } catch { content = .unreadable(error, raw: bytes) }
        return Delivery(tag: tag.tag, queue: queue, content: content)
    }
}

/// Which claim of which message: the version tells it from earlier and later claims of the same row.
struct ClaimTag: Hashable, Sendable {
    let message: Int64
    let version: Int64

    var tag: Delivery.Tag { Delivery.Tag("\(message)-\(version)") }

    init(message: Int64, version: Int64) {
        self.message = message
        self.version = version
    }

    /// `nil` for a tag of another store.
    init?(_ tag: Delivery.Tag) {
        // Messages that were put at the front of a queue have numbers below zero.
        let text = tag.rawValue
        guard let dash = text.lastIndex(of: "-"), let message = Int64(text[..<dash]), let version = Int64(text[text.index(after: dash)...]) else { return nil }
        self.init(message: message, version: version)
    }
}

extension Database {
    private struct Candidate {
        let message: Int64
        /// Empty for the most urgent.
        let timestamp: String
        let queue: QueueName
    }

    /// Claims at most `count` of the waiting messages of `queues`, the most urgent first, then the oldest of each queue in turn, beginning with the first
    /// queue.
    /// - Parameter owner: gives the id of its row; asked once, when a message waits.
    func claim(from queues: [QueueName], upTo count: Int, now: Double, owner: () throws -> Int64) throws -> [ClaimedMessage] {
        var lines: [ArraySlice<Candidate>] = []
        for queue in queues {
            guard let id = try queueID(queue.rawValue) else { continue }
            let candidates = try rows(KombuTables.waiting, [id, count]).map { row in
                Candidate(message: row[0], timestamp: row[1] ?? "", queue: queue)
            }
            if !candidates.isEmpty { lines.append(candidates[...]) }
        }
        if lines.isEmpty { return [] }
        let owner = try owner()
        var claimed: [ClaimedMessage] = []
        for candidate in Self.merged(lines, upTo: count) {
            guard let row = try rows(KombuTables.hide, [candidate.message]).first else { continue }
            let version: Int64 = row[0], payload: String = row[1]
            try run(OwnTables.claim, [candidate.message, version, owner, now])
            claimed.append(ClaimedMessage(tag: ClaimTag(message: candidate.message, version: version), queue: candidate.queue, payload: payload))
        }
        return claimed
    }

    /// One of each line in turn, as long as they are equally urgent.
    private static func merged(_ lines: [ArraySlice<Candidate>], upTo count: Int) -> [Candidate] {
        guard lines.count > 1 else { return lines.first.map { Array($0.prefix(count)) } ?? [] }
        var lines = lines
        var merged: [Candidate] = []
        var turn = 0
        while merged.count < count, let urgent = lines.compactMap(\.first?.timestamp).min() {
            while lines[turn % lines.count].first?.timestamp != urgent { turn += 1 }
            if let candidate = lines[turn % lines.count].popFirst() { merged.append(candidate) }
            turn += 1
        }
        return merged
    }
}
