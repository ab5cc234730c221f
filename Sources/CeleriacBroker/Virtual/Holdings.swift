import CeleriacCore

/// What a consumer has been handed and not yet settled, and what it may still take.
struct Holdings {
    /// What `next` is to do.
    enum Turn {
        /// From none, when all queues are fan-out queues.
        case claim(from: [QueueName], upTo: Int)
        /// There is little room, which may be more in a moment.
        case gather
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
    /// Room for which `next` waits.
    private var wanted: Int?

    /// Taken at once at most, however much room there is: what one call brings is held in memory twice.
    private static let batchLimit = 500

    /// Whether the last claim brought all that there was room for: more waits, and a moment's patience makes fewer, larger claims.
    var isBusy = false

    private var room: Int { prefetch == 0 ? Self.batchLimit : min(prefetch - held.count, Self.batchLimit) }

    /// - Parameter hasGathered: no more patience.
    mutating func turn(hasGathered: Bool) -> Turn {
        if isStopped { return .end }
        wanted = nil
        if room <= 0 {
            wanted = 1
            return .wait
        }
        if isBusy, !hasGathered, room < prefetch / 4 {
            wanted = prefetch / 4
            return .gather
        }
        return .claim(from: queues, upTo: room)
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

    /// Whether there is now as much room as `next` waits for.
    mutating func letGo(of settlements: [Settlement]) -> Bool {
        for settlement in settlements { held.removeValue(forKey: settlement.tag) }
        guard let wanted, room >= wanted else { return false }
        self.wanted = nil
        return true
    }

    mutating func stop() { isStopped = true }
}
