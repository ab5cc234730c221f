import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// What one channel has delivered and nobody has settled yet. Pure.
struct Unsettled {
    struct Entry {
        /// The queue as the broker knows it.
        let source: String
        let envelope: Envelope
        /// A copy of it is on its way to a queue; then it will be acknowledged.
        var isMoving = false
    }

    /// What the broker is to be told, in this order.
    struct Answers {
        var rejected: [(tag: UInt64, requeue: Bool)] = []
        /// All up to here that are still open.
        var acknowledgedUpTo: UInt64?
        var acknowledged: [UInt64] = []
    }

    /// Which attachment to a channel it is: tags of earlier ones mean nothing any more.
    private(set) var epoch = 0
    private var entries: [UInt64: Entry] = [:]
    /// All before it are settled.
    private var floor: UInt64 = 1
    private var last: UInt64 = 0

    mutating func begin() {
        epoch += 1
        entries = [:]
        floor = 1
        last = 0
    }

    mutating func hold(_ number: UInt64, _ entry: Entry) -> Delivery.Tag {
        entries[number] = entry
        last = max(last, number)
        return Delivery.Tag("\(epoch).\(number)")
    }

    /// `nil` for one of an earlier attachment.
    private func number(_ tag: Delivery.Tag) -> UInt64? {
        let bytes = tag.rawValue.utf8
        guard let dot = bytes.firstIndex(of: UInt8(ascii: ".")), Int(tag.rawValue[..<dot]) == epoch else { return nil }
        return UInt64(tag.rawValue[bytes.index(after: dot)...])
    }

    /// Copies of messages, to be sent before the originals are acknowledged.
    struct Moves {
        var copies: [Publication] = []
        /// Queues for dead letters among their destinations.
        var graves: [QueueName] = []
    }

    /// Marks those as moving that go back to the end of their queue, or to the dead letters; returns them, as they go there.
    mutating func startMoving(_ settlements: [Settlement]) -> Moves {
        var moves = Moves()
        for settlement in settlements {
            guard settlement.isMove, let number = number(settlement.tag), let entry = entries[number], !entry.isMoving else { continue }
            entries[number]?.isMoving = true
            var envelope: Envelope, queue = entry.source
            if case .bury(_, let reason) = settlement {
                envelope = entry.envelope.buried(because: reason)
                let grave = QueueName(queue).deadLetters
                queue = grave.rawValue
                if !moves.graves.contains(grave) { moves.graves.append(grave) }
            } else {
                envelope = entry.envelope.redelivered(isCounted: true)
            }
            // The count of a quorum queue, which begins anew.
            envelope.headers["x-delivery-count"] = nil
            moves.copies.append(Publication(routingKey: queue, envelope: envelope))
        }
        return moves
    }

    mutating func stopMoving(_ settlements: [Settlement]) {
        for settlement in settlements where settlement.isMove { if let number = number(settlement.tag) { entries[number]?.isMoving = false } }
    }

    /// - Parameter settlements: moved ones among them have arrived.
    mutating func settle(_ settlements: [Settlement]) -> Answers {
        var answers = Answers(), acknowledged: [UInt64] = []
        for settlement in settlements {
            guard let number = number(settlement.tag), entries.removeValue(forKey: number) != nil else { continue }
            switch settlement {
            case .acknowledge, .bury, .reject(_, requeue: true): acknowledged.append(number)
            case .reject(_, requeue: false): answers.rejected.append((number, false))
            case .release: answers.rejected.append((number, true))
            }
        }
        while floor <= last, entries[floor] == nil { floor += 1 }
        // One answer for all that are open up to the last of them, if no other is left open there.
        if let highest = acknowledged.lazy.filter({ [floor] in $0 < floor }).max(), acknowledged.count > 1 {
            answers.acknowledgedUpTo = highest
            acknowledged.removeAll { $0 < floor }
        }
        answers.acknowledged = acknowledged
        // Each goes to its old place; the later ones first would do as well.
        answers.rejected.sort { $0.tag < $1.tag }
        return answers
    }
}

extension Settlement {
    /// Whether a copy goes elsewhere before the broker may forget the original.
    fileprivate var isMove: Bool {
        switch self {
        case .reject(_, requeue: true), .bury: true
        case .acknowledge, .reject, .release: false
        }
    }
}
