/// How many events come, and how late.
struct EventFlow: Sendable {
    /// Seconds over which the rate is averaged.
    private static let span = 3
    private static let samples = 64

    private(set) var total = 0
    private(set) var taskEvents = 0
    private(set) var dropped = 0
    private(set) var unreadable = 0
    private(set) var newestProblem: String?
    /// Seconds since 1970.
    private(set) var heardAt: Double?
    private var firstAt: Double?

    /// Whole seconds since 1970 with their counts, the current one last.
    private var seconds: [(second: Int, count: Int)] = []
    /// Lags of the current second and of the one before, and the second they belong to.
    private var lags: [Double] = []
    private var lagsBefore: [Double] = []
    private var lagSecond = 0

    mutating func hear(at: Double) {
        heardAt = max(heardAt ?? at, at)
        if firstAt == nil { firstAt = at }
    }

    mutating func count(timestamp: Double, at: Double) {
        total += 1
        let second = Int(clampedSecond: at)
        if let last = seconds.indices.last, seconds[last].second == second {
            seconds[last].count += 1
        } else {
            seconds.append((second, 1))
            if seconds.count > Self.span + 2 { seconds.removeFirst() }
        }
        if second != lagSecond {
            lagsBefore = second == lagSecond + 1 ? lags : []
            lags = []
            lagSecond = second
        }
        if lags.count < Self.samples, !timestamp.isNaN { lags.append(at - timestamp) }
    }

    mutating func countTaskEvent() { taskEvents += 1 }
    mutating func drop(_ count: Int) { dropped += count }

    mutating func refuse(_ problem: String) {
        total += 1
        unreadable += 1
        newestProblem = problem
    }

    /// Over the last full seconds; at the beginning over as many as there were.
    func eventsPerSecond(now: Double) -> Double {
        guard let firstAt else { return 0 }
        let current = Int(clampedSecond: now)
        let counted = seconds.reduce(0) { current - Self.span..<current ~= $1.second ? $0 + $1.count : $0 }
        let span = min(Self.span, current - Int(clampedSecond: firstAt))
        if span < 1 { return Double(seconds.last?.count ?? 0) }
        return Double(counted) / Double(span)
    }

    /// Median of the last second's events, in seconds; `nil` when none came.
    func lag(now: Double) -> Double? {
        let current = Int(clampedSecond: now)
        let recent = (current == lagSecond ? lagsBefore + lags : current == lagSecond + 1 ? lags : []).sorted()
        return recent.isEmpty ? nil : max(0, recent[recent.count / 2])
    }
}

extension Int {
    /// The whole second of a time, whatever it is.
    init(clampedSecond time: Double) {
        self = time.isNaN ? 0 : Int(Swift.min(Swift.max(time, -1e12), 1e12))
    }
}
