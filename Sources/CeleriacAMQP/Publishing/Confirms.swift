import DequeModule

/// Which published messages the broker has not yet confirmed, in the order of their numbers. Pure.
struct Confirms<Ticket: AnyObject> {
    private struct Entry {
        let ticket: Ticket
        /// In the ticket's batch.
        let index: Int
        let sentAt: ContinuousClock.Instant
    }

    /// `nil` once confirmed. The first one, if any, is not.
    private var entries: Deque<Entry?> = []
    private var first: UInt64 = 1

    var count: Int { entries.count }
    /// When the oldest was sent.
    var oldest: ContinuousClock.Instant? { entries.first.flatMap { $0 }?.sentAt }

    /// The next one; its number is one more than the last one's.
    mutating func add(_ ticket: Ticket, index: Int, at instant: ContinuousClock.Instant) { entries.append(Entry(ticket: ticket, index: index, sentAt: instant)) }

    /// The messages that an answer of the broker is about; those not asked about any more are passed over.
    mutating func settle(_ number: UInt64, multiple: Bool) -> [(ticket: Ticket, index: Int)] {
        guard number >= first, number - first < entries.count else { return [] }
        let position = Int(number - first)
        var settled: [(ticket: Ticket, index: Int)] = []
        if multiple {
            for entry in entries.prefix(position + 1) { if let entry { settled.append((entry.ticket, entry.index)) } }
            entries.removeFirst(position + 1)
            first = number + 1
        } else {
            if let entry = entries[position] { settled.append((entry.ticket, entry.index)) }
            entries[position] = nil
        }
        while let entry = entries.first, entry == nil {
            entries.removeFirst()
            first += 1
        }
        return settled
    }

    /// The first one that `fits`.
    func first(where fits: (Ticket, Int) -> Bool) -> (ticket: Ticket, index: Int)? {
        for case let entry? in entries where fits(entry.ticket, entry.index) { return (entry.ticket, entry.index) }
        return nil
    }

    /// All tickets that wait, each once or more; forgets them. Numbers start again with the next channel.
    mutating func abandon() -> [Ticket] {
        defer { self = Confirms() }
        return entries.compactMap { $0?.ticket }
    }
}
