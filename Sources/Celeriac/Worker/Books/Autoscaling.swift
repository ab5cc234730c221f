/// How large the pool should be: up at once when there is more to do, down only after half a minute in which nothing came. Times are seconds.
struct Autoscaling: Hashable, Sendable {
    static let keepAlive = 30.0

    var range: ClosedRange<Int>
    /// When last a task came or the pool grew.
    private var busyAt: Double

    init(_ range: ClosedRange<Int>, now: Double) {
        self.range = max(0, range.lowerBound)...max(1, range.upperBound)
        busyAt = now
    }

    /// Slots to add, or to take away when negative.
    /// - Parameters:
    ///   - wanted: tasks that run or wait for a slot.
    ///   - hasNew: some of them came since the last look.
    mutating func change(size: Int, wanted: Int, hasNew: Bool, now: Double) -> Int {
        let target = min(range.upperBound, max(range.lowerBound, wanted))
        if hasNew { busyAt = now }
        if target > size {
            busyAt = now
            return target - size
        }
        guard target < size, now - busyAt >= Self.keepAlive else { return 0 }
        return target - size
    }
}
