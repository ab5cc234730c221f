import CeleriacCore
import OrderedCollections

/// Queues, and who holds what of them.
struct MemoryLedger {
    private struct Held {
        let queue: QueueName
        let envelope: Envelope
        let owner: WorkerName
        /// 1 was claimed first.
        let order: Int
    }

    private(set) var queues: OrderedDictionary<QueueName, MemoryQueue> = [:]
    private var held: [Delivery.Tag: Held] = [:]
    private var claims = 0
    /// Until when each owner's hold is good.
    private var leases: [WorkerName: ContinuousClock.Instant] = [:]
    /// The queue served last, for each set of queues asked for.
    private var served: [[QueueName]: QueueName] = [:]

    mutating func put(_ message: StoredMessage) { queues[message.queue, default: MemoryQueue()].append(message.envelope) }
    mutating func empty(_ queue: QueueName) -> Int {
        defer { if queues[queue] != nil { queues[queue] = MemoryQueue() } }
        return queues[queue]?.count ?? 0
    }
    mutating func delete(_ queue: QueueName) { queues[queue] = nil }
    mutating func declare(_ queue: QueueName) { if queues[queue] == nil { queues[queue] = MemoryQueue() } }

    // MARK: - Claiming

    mutating func claim(from names: [QueueName], upTo count: Int, owner: WorkerName) -> [Delivery] {
        var deliveries: [Delivery] = []
        // Whoever was served last comes last.
        let turn = served[names].flatMap { names.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        var order = Array(names[turn...] + names[..<turn])
        while deliveries.count < count {
            guard let most = order.compactMap({ queues[$0]?.firstPriority }).max(),
                let position = order.firstIndex(where: { queues[$0]?.firstPriority == most })
            else { break }
            let queue = order.remove(at: position)
            order.append(queue)
            guard let envelope = queues[queue]?.popFirst() else { break }
            let tag = Delivery.Tag(envelope.deliveryTag ?? freshUUID())
            claims += 1
            held[tag] = Held(queue: queue, envelope: envelope, owner: owner, order: claims)
            deliveries.append(Delivery(tag: tag, queue: queue, content: .envelope(envelope)))
            served[names] = queue
        }
        return deliveries
    }

    // MARK: - Settling

    /// Leaves alone what somebody else holds by now. Whether something waits again.
    mutating func settle(_ settlements: [Settlement], owner: WorkerName) -> Bool {
        var isFilled = false
        var released: [Held] = []
        for settlement in settlements {
            guard let message = held[settlement.tag], message.owner == owner else { continue }
            held[settlement.tag] = nil
            switch settlement {
            case .acknowledge, .reject(_, requeue: false): continue
            case .reject(_, requeue: true): queues[message.queue, default: MemoryQueue()].append(message.envelope.redelivered(isCounted: true))
            case .release: released.append(message)
            case .bury(_, let reason): queues[message.queue.deadLetters, default: MemoryQueue()].append(message.envelope.buried(because: reason))
            }
            isFilled = true
        }
        giveBack(released, isCounted: false)
        return isFilled
    }

    /// The one claimed first ends up foremost.
    private mutating func giveBack(_ messages: [Held], isCounted: Bool) {
        for message in messages.sorted(by: { $0.order > $1.order }) {
            queues[message.queue, default: MemoryQueue()].prepend(message.envelope.redelivered(isCounted: isCounted))
        }
    }

    // MARK: - Leases

    mutating func renew(_ owner: WorkerName, until end: ContinuousClock.Instant) { leases[owner] = end }

    /// Gives back what is held by owners whose lease has ended; whether there was anything.
    mutating func giveBackLost(at now: ContinuousClock.Instant) -> Bool {
        let lost = Set(leases.filter { $0.value <= now }.keys)
        if lost.isEmpty { return false }
        for owner in lost { leases[owner] = nil }
        let messages = held.filter { lost.contains($0.value.owner) }
        for tag in messages.keys { held[tag] = nil }
        giveBack(Array(messages.values), isCounted: true)
        return !messages.isEmpty
    }
}
