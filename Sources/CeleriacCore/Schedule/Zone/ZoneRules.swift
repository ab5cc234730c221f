/// When the clocks of a place were and will be what hours ahead of UTC.
///
/// Leap seconds do not exist, as in POSIX time.
public struct ZoneRules: Hashable, Sendable {
    /// IANA name, or whatever else the zone was asked by.
    public let name: String
    /// Seconds since 1970 at which an offset of its own begins, rising; as many offsets.
    let changes: [Int]
    let offsets: [Int]
    /// Seconds east of UTC before the first change.
    let firstOffset: Int
    /// For all times after the last change.
    let rule: YearlyRule?

    init(name: String, changes: [Int] = [], offsets: [Int] = [], firstOffset: Int, rule: YearlyRule? = nil) {
        self.name = name
        self.changes = changes
        self.offsets = offsets
        self.firstOffset = firstOffset
        self.rule = rule
    }

    public static let utc = ZoneRules(name: "UTC", firstOffset: 0)

    /// Always `offset` seconds east of UTC, less than a day; `nil` beyond.
    public init?(offset: Int, name: String? = nil) {
        guard offset.magnitude < 86_400 else { return nil }
        let minutes = Int(offset.magnitude) / 60
        let sign = offset < 0 ? "-" : "+"
        self.init(name: name ?? "UTC\(sign)\(twoDigits(minutes / 60)):\(twoDigits(minutes % 60))", firstOffset: offset)
    }

    /// Whether the clock never changes.
    public var isFixed: Bool { changes.isEmpty && (rule?.summer == nil) }

    /// Seconds east of UTC.
    public func offset(at instant: Double) -> Int { offset(at: Int(secondAtOrBefore: instant)) }

    func offset(at second: Int) -> Int {
        if let rule, second >= changes.last ?? .min { return rule.offset(at: second) }
        let index = changes.firstIndex(after: second)
        return index == 0 ? firstOffset : offsets[index - 1]
    }

    /// What the clock shows; fractions of a second are cut.
    package func wallClock(at instant: Double) -> WallClock {
        let second = Int(secondAtOrBefore: instant)
        return WallClock(seconds: second + offset(at: second))
    }

    /// The first change of the clock after `instant`; `nil` when there is none within the following ten years.
    public func nextChange(after instant: Double) -> ClockChange? {
        let second = Int(secondAtOrBefore: instant)
        var index = changes.firstIndex(after: second)
        while index < changes.count {
            let before = index == 0 ? firstOffset : offsets[index - 1]
            let after = offset(at: changes[index])
            if before != after { return ClockChange(at: Double(changes[index]), before: before, after: after) }
            index += 1
        }
        guard let rule, rule.summer != nil else { return nil }
        let from = max(second, changes.last ?? .min)
        let year = WallClock(seconds: from).date.year
        return rule.changes(from: year - 1, through: year + 10).first { $0.at > Double(from) && $0.before != $0.after }
    }

    /// When the clock shows `wall`.
    package func instant(of wall: WallClock) -> LocalInstant {
        var found: [Int] = []
        var offset = self.offset(at: wall.seconds - 93_600)
        var from = Int.min
        var change = nextChange(after: Double(wall.seconds - 93_600))
        // Every offset within a day and two hours of the wall clock is tried, in order of time.
        while true {
            let until = change.map { Int($0.at) } ?? .max
            let candidate = wall.seconds - offset
            if candidate >= from, candidate < until { found.append(candidate) }
            guard let next = change, next.at <= Double(wall.seconds + 93_600) else { break }
            if found.isEmpty, candidate >= until, wall.seconds - next.after < until {
                return .gap(before: Double(candidate), after: Double(wall.seconds - next.after), change: next)
            }
            offset = next.after
            from = until
            change = nextChange(after: next.at)
        }
        guard let first = found.first else { return .once(Double(wall.seconds - offset)) }
        guard found.count > 1, let last = found.last else { return .once(Double(first)) }
        return .twice(Double(first), Double(last))
    }
}

/// A moment at which clocks are put forward or back.
public struct ClockChange: Hashable, Sendable {
    /// Seconds since 1970.
    public let at: Double
    /// Seconds east of UTC.
    public let before: Int
    public let after: Int

    /// Seconds by which the clock is put forward, negative when it is put back.
    public var shift: Int { after - before }
}

/// The instants at which a clock shows a certain time.
package enum LocalInstant: Hashable, Sendable {
    case once(Double)
    /// In the order of time.
    case twice(Double, Double)
    /// Never; read with the offset before the change, and with the one after it, which is the earlier instant.
    case gap(before: Double, after: Double, change: ClockChange)

    /// Python's reading of `fold` 0: the first of two, and with the offset before a gap, so that it moves forward.
    package var first: Double {
        switch self {
        case .once(let instant), .twice(let instant, _), .gap(let instant, _, _): instant
        }
    }

    /// Python's reading of `fold` 1.
    package var second: Double {
        switch self {
        case .once(let instant), .twice(_, let instant), .gap(_, let instant, _): instant
        }
    }
}

extension [Int] {
    /// The index of the first element above `value` in a rising array.
    func firstIndex(after value: Int) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// With a leading zero below ten.
func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
