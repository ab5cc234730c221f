/// How long tasks of each name waited and ran, in five slices of three minutes.
struct TimingTable: Sendable {
    static let sliceLength = 180.0
    static let slices = 5

    private struct Slice: Sendable {
        /// Which three minutes since 1970 it counts; -1 = none yet.
        var number = -1
        var ok = 0
        var failed = 0
        var retried = 0
        var wait = LogHistogram()
        var run = LogHistogram()

        var bytes: Int { wait.bytes + run.bytes }
    }

    enum Ending { case ok, failed, retried }

    /// By number of the task name; empty for names without timings.
    private var byName: [[Slice]] = []
    private var histogramBytes = 0
    private var namesUsed = 0
    /// Above this, counts go on but durations are no longer kept.
    private let byteLimit: Int
    /// Seconds since 1970 of the first and the last count.
    private var firstAt: Double?
    private var lastSlice = 0

    init(byteLimit: Int) {
        self.byteLimit = byteLimit
    }

    var bytes: Int {
        byName.capacity * 8 + namesUsed * heapCost(arrayHeader + Self.slices * MemoryLayout<Slice>.stride) + histogramBytes
    }

    mutating func count(_ ending: Ending, name: NameID, seconds: Double, at: Double) {
        withSlice(name, at) { slice, mayGrow in
            switch ending {
            case .ok: slice.ok += 1
            case .failed: slice.failed += 1
            case .retried: slice.retried += 1
            }
            if mayGrow, ending != .retried { slice.run.record(seconds) }
        }
    }

    mutating func count(wait seconds: Double, name: NameID, at: Double) {
        withSlice(name, at) { slice, mayGrow in if mayGrow { slice.wait.record(seconds) } }
    }

    private mutating func withSlice(_ name: NameID, _ at: Double, _ body: (inout Slice, _ mayGrow: Bool) -> Void) {
        guard name != NameTable.none, at >= 0, at < 1e12 else { return }
        if firstAt == nil { firstAt = at }
        let number = Int(at / Self.sliceLength)
        let place = number % Self.slices
        if Int(name) >= byName.count { byName.append(contentsOf: repeatElement([], count: Int(name) - byName.count + 1)) }
        if byName[Int(name)].isEmpty {
            byName[Int(name)] = Array(repeating: Slice(), count: Self.slices)
            namesUsed += 1
        }
        let mayGrow = histogramBytes < byteLimit
        func update(_ slice: inout Slice) {
            let before = slice.bytes
            if slice.number != number {
                // What is older than this place's slice came too late to count.
                if slice.number > number { return }
                slice = Slice()
                slice.number = number
            }
            body(&slice, mayGrow)
            histogramBytes += slice.bytes - before
        }
        update(&byName[Int(name)][place])
    }

    /// Rows of the last `span` seconds, counted in whole slices, busiest first, at most `limit`.
    func rows(over span: Double, now: Double, limit: Int, names: NameTable) -> [TimingRow] {
        guard limit > 0, now >= 0, now < 1e12 else { return [] }
        let newest = Int(now / Self.sliceLength)
        let oldest = max(newest - Self.slices + 1, Int((now - min(max(span, 1), 900)) / Self.sliceLength))
        let since = max(Double(oldest) * Self.sliceLength, firstAt ?? now)
        let wanted = oldest...max(newest, oldest)

        var counts: [(name: Int, count: Int)] = []
        for (name, slices) in byName.enumerated() where !slices.isEmpty {
            let count = slices.reduce(0) { wanted.contains($1.number) ? $0 + $1.ok + $1.failed + $1.retried + $1.wait.total : $0 }
            if count > 0 { counts.append((name, count)) }
        }
        counts.sort { $0.count != $1.count ? $0.count > $1.count : names[NameID($0.name)] < names[NameID($1.name)] }
        return counts.prefix(limit).map { row(names[NameID($0.name)], byName[$0.name].filter { wanted.contains($0.number) }, seconds: max(1, now - since)) }
    }

    private func row(_ name: String, _ slices: [Slice], seconds: Double) -> TimingRow {
        var row = TimingRow(name: name)
        var wait = LogHistogram()
        var run = LogHistogram()
        for slice in slices {
            row.ok += slice.ok
            row.failed += slice.failed
            row.retried += slice.retried
            wait.add(slice.wait)
            run.add(slice.run)
        }
        row.count = row.ok + row.failed
        row.rate = Double(row.count) / seconds
        row.waitP50 = wait.percentile(0.5)
        row.waitP95 = wait.percentile(0.95)
        row.runP50 = run.percentile(0.5)
        row.runP95 = run.percentile(0.95)
        row.runP99 = run.percentile(0.99)
        row.runMax = run.total > 0 ? run.max : nil
        row.histogram = run.split(at: [0.001, 0.01, 0.032, 0.1, 0.32, 1, 10])
        return row
    }
}
