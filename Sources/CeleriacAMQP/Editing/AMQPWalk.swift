import CeleriacBroker
import CeleriacCore

/// A walk that takes the messages of one queue out, the one served next first, and gives back at its end what it has not removed.
final class AMQPWalk: QueueWalk {
    let isOldestFirst = true
    let total: Int
    private let hold: MessageHold
    private let publisher: PublishingLink
    private let queue: QueueName

    init(_ hold: MessageHold, _ publisher: PublishingLink, _ queue: QueueName, total: Int) {
        self.hold = hold
        self.publisher = publisher
        self.queue = queue
        self.total = total
    }

    func next(limit: Int) async throws(TransportError) -> WalkPiece? { try await hold.next(limit: max(1, limit)) }

    func front(limit: Int) async throws(TransportError) -> [KeptMessage] { limit > 0 ? try await hold.front(limit: limit) : [] }

    func remove(_ messages: [KeptMessage], areFront: Bool) async throws(TransportError) -> Set<KeptMessage> { try await hold.remove(messages) }

    /// The new one is in its queue before the old one is given up: what ends us between the two leaves both.
    func replace(_ old: KeptMessage, with new: KeptMessage) async throws(TransportError) -> Bool {
        guard try await hold.holds(old) else { return false }
        try await publisher.insert([new], hold.endpoint)
        return try await !hold.remove([old]).isEmpty
    }

    func close() async { await hold.close() }
}
