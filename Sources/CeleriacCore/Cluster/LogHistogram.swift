/// Counts of durations in buckets that grow with the duration, as HDR histograms do: sixteen to each power of two, so
/// that a percentile is off by 3 % at most.
///
/// An HdrHistogram of two digits from 1 µs to 1 h takes 27 kB whatever it holds, and one of one digit 4 kB; with ten of
/// them for each task name that is too much for clusters of thousands of names. This one allocates only the buckets
/// between the shortest and the longest duration seen: 100 to 400 bytes for most tasks, 2.4 kB at worst.
struct LogHistogram: Sendable {
    /// Buckets are numbered by the leading bits of the binary64: exponent and four bits of the fraction.
    private static let shift: UInt64 = 48
    private static let shortest = 1e-6
    private static let longest = 86_400.0

    private var first = 0
    private var counts: [UInt32] = []
    private(set) var total = 0
    private(set) var max = 0.0

    var bytes: Int { counts.capacity == 0 ? 0 : heapCost(arrayHeader + counts.capacity * 4) }

    /// Counts a duration in seconds.
    mutating func record(_ seconds: Double) {
        guard seconds >= 0 else { return }
        let bucket = Self.bucket(seconds)
        extend(to: bucket...bucket)
        counts[bucket - first] &+= 1
        total += 1
        if seconds > max { max = seconds }
    }

    mutating func add(_ other: LogHistogram) {
        guard other.total > 0 else { return }
        extend(to: other.first...other.first + other.counts.count - 1)
        for (index, count) in other.counts.enumerated() { counts[other.first - first + index] &+= count }
        total += other.total
        max = Swift.max(max, other.max)
    }

    /// The duration that `share` (0...1) of all do not exceed; `nil` when none was counted.
    func percentile(_ share: Double) -> Double? {
        guard total > 0 else { return nil }
        let rank = Swift.max(1, Int((share * Double(total)).rounded(.up)))
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += Int(count)
            if seen >= rank { return Swift.min(max, Self.middle(first + index)) }
        }
        return max
    }

    /// How many fall between the ascending `bounds`: one more count than there are bounds.
    func split(at bounds: [Double]) -> [Int] {
        var parts = [Int](repeating: 0, count: bounds.count + 1)
        var part = 0
        for (index, count) in counts.enumerated() where count > 0 {
            let middle = Self.middle(first + index)
            while part < bounds.count, middle >= bounds[part] { part += 1 }
            parts[part] += Int(count)
        }
        return parts
    }

    private mutating func extend(to buckets: ClosedRange<Int>) {
        if counts.isEmpty {
            first = buckets.lowerBound
            counts = [UInt32](repeating: 0, count: buckets.count)
            return
        }
        if buckets.lowerBound < first {
            counts.insert(contentsOf: repeatElement(0, count: first - buckets.lowerBound), at: 0)
            first = buckets.lowerBound
        }
        let missing = buckets.upperBound - (first + counts.count - 1)
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing)) }
    }

    private static func bucket(_ seconds: Double) -> Int {
        Int(Swift.min(Swift.max(seconds, shortest), longest).bitPattern >> shift)
    }

    private static func middle(_ bucket: Int) -> Double {
        Double(bitPattern: UInt64(bucket) << shift | 1 << (shift - 1))
    }
}
