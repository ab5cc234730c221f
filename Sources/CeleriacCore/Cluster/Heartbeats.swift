/// The newest heartbeats of a worker, at most four, ascending, as `celery.events.state.Worker` keeps them.
struct Heartbeats: Sendable {
    private var times = SIMD4<Double>(repeating: 0)
    private(set) var count = 0

    /// The latest one.
    var last: Double? { count == 0 ? nil : times[count - 1] }
    var all: [Double] { (0..<count).map { times[$0] } }

    /// When it holds four, the earliest is dropped **before** the new one finds its place, however early that is.
    @inline(__always)
    mutating func insert(_ time: Double) {
        if count == 4 {
            times = SIMD4(times.y, times.z, times.w, 0)
            count = 3
        }
        var place = count
        while place > 0, times[place - 1] > time {
            times[place] = times[place - 1]
            place -= 1
        }
        times[place] = time
        count += 1
    }

    mutating func removeAll() { count = 0 }
}
