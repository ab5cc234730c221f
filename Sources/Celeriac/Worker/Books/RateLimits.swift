import DequeModule

/// Tasks that wait because of their type's rate limit, in order of arrival, a bucket for each type.
struct RateLimits {
    private struct Line {
        var bucket: TokenBucket
        var waiting = Deque<Reservation>()

        mutating func release(at now: Double, into released: inout [Reservation]) {
            while !waiting.isEmpty, bucket.take(at: now), let task = waiting.popFirst() { released.append(task) }
        }
    }

    private var lines: [String: Line] = [:]

    var isEmpty: Bool { lines.values.allSatisfy(\.waiting.isEmpty) }
    var elements: [Reservation] { lines.values.flatMap(\.waiting).sorted { $0.serial < $1.serial } }

    mutating func append(_ task: Reservation, limit: RateLimit?, now: Double) {
        let perSecond = limit?.perSecond ?? .infinity
        lines[task.definition.name, default: Line(bucket: TokenBucket(perSecond: perSecond, now: now))].waiting.append(task)
    }

    /// Takes those that may run at `now`.
    mutating func release(at now: Double) -> [Reservation] {
        var released: [Reservation] = []
        for line in lines.values.indices { lines.values[line].release(at: now, into: &released) }
        return released
    }

    func nextRelease(after now: Double) -> Double? {
        lines.values.lazy.filter { !$0.waiting.isEmpty }.map { $0.bucket.nextToken(after: now) }.min()
    }

    /// Takes all of one type, with their bucket.
    mutating func remove(_ task: String) -> [Reservation] { lines.removeValue(forKey: task).map { Array($0.waiting) } ?? [] }

    mutating func removeAll() -> [Reservation] {
        defer { lines = [:] }
        return elements
    }
}
