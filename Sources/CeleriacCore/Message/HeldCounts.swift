/// How many messages of each queue workers hold, and how many of these only wait for their time.
package struct HeldCounts: Hashable, Sendable {
    package struct Count: Hashable, Sendable {
        /// Without those that wait for their time.
        package var unacked = 0
        package var eta = 0

        package init() {}
    }

    /// By queue name.
    package private(set) var queues: [String: Count] = [:]

    package init() {}

    /// - Parameter eta: seconds since 1970, as `now`; `nil` for a message that is to be run at once.
    package mutating func add(_ queue: String, eta: Double?, now: Double) {
        if let eta, eta > now { queues[queue, default: Count()].eta += 1 } else { queues[queue, default: Count()].unacked += 1 }
    }

    /// What there is of `total` messages, when `sample` of them (at least one) have been counted here.
    package func scaled(from sample: Int, to total: Int) -> HeldCounts {
        let scale = Double(total) / Double(sample)
        var scaled = self
        scaled.queues = queues.mapValues { count in
            var count = count
            count.unacked = Int((Double(count.unacked) * scale).rounded())
            count.eta = Int((Double(count.eta) * scale).rounded())
            return count
        }
        return scaled
    }
}
