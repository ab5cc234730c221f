public import CeleriacBroker
public import CeleriacCore
import Synchronization

extension RedisStore {
    public func settle(_ settlements: [Settlement], owner: WorkerName) async throws(TransportError) {
        let holder = holder(owner)
        var done: [[UInt8]] = []
        var others: [String: Settlement] = [:]
        var ends: [String] = [], fronts: [String] = []
        for settlement in settlements {
            switch settlement {
            case .acknowledge(let tag), .reject(let tag, requeue: false): done.append(Array(tag.rawValue.utf8))
            case .reject, .bury: if others.updateValue(settlement, forKey: settlement.tag.rawValue) == nil { ends.append(settlement.tag.rawValue) }
            case .release: if others.updateValue(settlement, forKey: settlement.tag.rawValue) == nil { fronts.append(settlement.tag.rawValue) }
            }
        }
        for start in stride(from: 0, to: done.count, by: Self.batchLimit) {
            let tags = done[start..<min(start + Self.batchLimit, done.count)]
            // A tag without a message in the index is harmless, a message that the index does not know would stay for ever: hence this order.
            let commands = [(keys.unacked, "HDEL"), (keys.unackedIndex, "ZREM")].map { RedisCommand($1, bytes: [Array($0.utf8)] + tags) }
            try await pool.send(commands, operation: "settle")
        }
        // Of those released the first is to be foremost again.
        try await giveBack(ends + fronts.reversed(), of: holder) { tag, entry in Self.move(entry, others[tag]) }
        state.withLock { state in
            for settlement in settlements { state.held[holder]?.remove(settlement.tag.rawValue) }
        }
    }

    private static func move(_ entry: HeldEntry, _ settlement: Settlement?) -> Move {
        let queue = QueueName(entry.routingKey)
        switch settlement {
        case .reject: return Move(to: queue, .end, entry.bytes { $0.redelivered(isCounted: true) })
        case .bury(_, let reason): return Move(to: queue.deadLetters, .end, entry.bytes { $0.buried(because: reason) })
        default: return Move(to: queue, .front, entry.bytes { $0.redelivered(isCounted: false) })
        }
    }

    /// Where a held message goes.
    struct Move {
        enum Side: String { case end = "LPUSH", front = "RPUSH" }

        let queue: QueueName
        let side: Side
        let bytes: [UInt8]

        init(to queue: QueueName, _ side: Side, _ bytes: [UInt8]) {
            self.queue = queue
            self.side = side
            self.bytes = bytes
        }
    }

    /// Moves messages that `holder` holds, one after the other, compare-and-swap: only those that are still held then. Tags without a message are forgotten.
    /// - Parameter onlyIfLost: nothing is moved while the holder has a lease.
    func giveBack(
        _ tags: [String], of holder: String, onlyIfLost: Bool = false, _ move: (_ tag: String, _ entry: HeldEntry) -> Move
    ) async throws(TransportError) {
        // Fetched and sent in pieces, since a message may be large.
        for start in stride(from: 0, to: tags.count, by: 100) {
            let piece = Array(tags[start..<min(start + 100, tags.count)])
            let entries = try await pool.send(RedisCommand("HMGET", [keys.unacked] + piece)).items ?? []
            var lists: [String] = []
            var arguments = [Array((onlyIfLost ? "1" : "0").utf8)]
            for (tag, reply) in zip(piece, entries) {
                guard let bytes = reply.bytes else {
                    arguments += [Array(tag.utf8), Array("LPUSH".utf8), Array("0".utf8), []]
                    continue
                }
                // Somebody may know what to do with what cannot be read here: it stays where it is.
                guard let entry = HeldEntry(bytes) else { continue }
                let move = move(tag, entry)
                let list = keys.list(move.queue, priority: entry.priority)
                if !lists.contains(list) { lists.append(list) }
                let number = (lists.firstIndex(of: list) ?? 0) + 1
                arguments += [Array(tag.utf8), Array(move.side.rawValue.utf8), Array(String(number).utf8), move.bytes]
            }
            if arguments.count == 1 { continue }
            _ = try await scripts.run(.giveBack, keys: bookkeeping(holder) + lists, arguments)
        }
    }
}
