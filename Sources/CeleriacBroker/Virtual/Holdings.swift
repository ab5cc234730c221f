import CeleriacCore

/// What a consumer has been handed and not yet settled, and what it may still take.
struct Holdings {
    /// What `next` is to do.
    enum Turn {
        /// From none, when all queues are fan-out queues.
        case claim(from: [QueueName], upTo: Int)
        /// There is no room.
        case wait
        case end
    }

    /// In the order in which they are asked for.
    private(set) var queues: [QueueName] = []
    /// 0 = any number.
    var prefetch = 0
    private(set) var isStopped = false
    /// By tag, when it came: 1 was first.
    private var held: [Delivery.Tag: Int] = [:]
    private var arrivals = 0

    /// Taken at once at most, however much room there is: what one call brings is held in memory twice.
    private static let batchLimit = 500

    var turn: Turn {
        if isStopped { return .end }
        let room = prefetch == 0 ? Self.batchLimit : min(prefetch - held.count, Self.batchLimit)
        return room <= 0 ? .wait : .claim(from: queues, upTo: room)
    }

    /// Oldest first.
    var tags: [Delivery.Tag] { held.sorted { $0.value < $1.value }.map(\.key) }

    /// Whether it is new.
    mutating func add(_ queue: QueueName) -> Bool {
        if queues.contains(queue) { return false }
        queues.append(queue)
        return true
    }

    mutating func remove(_ queue: QueueName) { queues.removeAll { $0 == queue } }

    mutating func hold(_ deliveries: [Delivery]) {
        for delivery in deliveries {
            arrivals += 1
            held[delivery.tag] = arrivals
        }
    }

    mutating func letGo(of settlements: [Settlement]) {
        for settlement in settlements { held.removeValue(forKey: settlement.tag) }
    }

    mutating func stop() { isStopped = true }
}
