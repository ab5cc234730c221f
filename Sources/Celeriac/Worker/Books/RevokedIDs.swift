import CeleriacCore
import DequeModule

/// Ids of tasks that are not to be run, oldest first: at most `limit`, none older than `maxAge` seconds. Times are seconds since 1970.
struct RevokedIDs {
    let limit: Int
    let maxAge: Double
    private var times: [TaskID: Double] = [:]
    /// An id that was added again stands here twice; only the entry with its present time counts.
    private var order = Deque<(id: TaskID, time: Double)>()

    init(limit: Int = 50_000, maxAge: Double = 10_800) {
        self.limit = max(1, limit)
        self.maxAge = maxAge
    }

    var count: Int { times.count }

    func contains(_ id: TaskID, now: Double) -> Bool {
        guard !times.isEmpty, let time = times[id] else { return false }
        return now - time <= maxAge
    }

    mutating func insert(_ id: TaskID, at time: Double) {
        times[id] = time
        order.append((id: id, time: time))
        while times.count > limit { dropOldest() }
        // Ids that are added again and again leave old entries behind.
        if order.count > 2 * limit + 64 { compact() }
    }

    mutating func purge(now: Double) {
        while let oldest = order.first, times[oldest.id] != oldest.time || now - oldest.time > maxAge { dropOldest() }
    }

    /// With the times at which they were revoked, oldest first.
    var entries: [(id: TaskID, time: Double)] { order.filter { times[$0.id] == $0.time } }

    private mutating func dropOldest() {
        guard let oldest = order.popFirst() else { return }
        if times[oldest.id] == oldest.time { times[oldest.id] = nil }
    }

    private mutating func compact() { order = Deque(entries) }
}
