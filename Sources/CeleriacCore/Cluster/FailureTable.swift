/// Failures by type of exception and task name: all that were seen, and those of the last 15 minutes by the minute.
struct FailureTable: Sendable {
    /// Groups held; when there are more, the half leaves that has not failed for longest.
    static let limit = 2_000
    /// Slices of a minute each that are told apart.
    static let slices = 15
    private static let sliceLength = 60.0

    private struct Key: Hashable {
        var exception: String
        var task: NameID
    }

    private struct Group: Sendable {
        var total = 0
        var firstAt: Double
        var newestAt: Double
        /// Counts of the last minutes, and the number of the newest one.
        var counts = [UInt32](repeating: 0, count: FailureTable.slices)
        var slice: Int

        mutating func advance(to newest: Int) {
            guard newest > slice else { return }
            for passed in (slice + 1)...min(newest, slice + FailureTable.slices) { counts[passed % FailureTable.slices] = 0 }
            slice = newest
        }

        /// Oldest first.
        var history: [Double] { (0..<FailureTable.slices).map { Double(counts[(slice + 1 + $0) % FailureTable.slices]) } }
    }

    private var groups: [Key: Group] = [:]

    var bytes: Int { groups.capacity * 80 + groups.count * 200 }
    var count: Int { groups.count }

    /// Counts a failure; `exception` is the name of its type, `at` in seconds since 1970.
    mutating func count(_ exception: String, task: NameID, at: Double) {
        guard at >= 0, at < 1e12 else { return }
        let key = Key(exception: exception, task: task)
        if groups.count >= Self.limit, groups[key] == nil { dropOlderHalf() }
        let slice = Int(at / Self.sliceLength)
        var group = groups[key] ?? Group(firstAt: at, newestAt: at, slice: slice)
        group.advance(to: slice)
        if slice > group.slice - Self.slices { group.counts[slice % Self.slices] &+= 1 }
        group.total += 1
        group.firstAt = min(group.firstAt, at)
        group.newestAt = max(group.newestAt, at)
        groups[key] = group
    }

    /// Those of the last 15 minutes, most frequent first, then newest first.
    func rows(now: Double, limit: Int, names: NameTable) -> [FailureRow] {
        var rows = rows(now: now, names: names).filter { $0.count > 0 }
        rows.sort { ($0.count, $0.newestAt, $0.exception, $0.task) > ($1.count, $1.newestAt, $1.exception, $1.task) }
        return Array(rows.prefix(max(0, limit)))
    }

    /// All groups, in no order.
    func rows(now: Double, names: NameTable) -> [FailureRow] {
        guard now >= 0, now < 1e12 else { return [] }
        return groups.map { key, group in
            var group = group
            group.advance(to: Int(now / Self.sliceLength))
            var row = FailureRow(
                exception: key.exception, task: key.task == NameTable.none ? "?" : names[key.task], count: Int(group.counts.reduce(0) { $0 &+ UInt64($1) }), newestAt: group.newestAt)
            (row.total, row.firstAt, row.history) = (group.total, group.firstAt, group.history)
            return row
        }
    }

    private mutating func dropOlderHalf() {
        let times = groups.values.map(\.newestAt).sorted()
        let middle = times[times.count / 2]
        groups = groups.filter { $0.value.newestAt > middle }
        if groups.count >= Self.limit / 2 + 1 { groups = [:] }
    }

    /// The type in the repr text of an exception (`shop.errors.Declined('no', 3)`), or `nil`.
    ///
    /// What `multiprocessing` could not carry over comes as `ExceptionWithTraceback()`; the last line of the traceback then tells.
    static func exceptionType(repr: UnsafeRawBufferPointer, traceback: UnsafeRawBufferPointer) -> String {
        let name = String(decoding: repr.prefix { $0 != UInt8(ascii: "(") && $0 != UInt8(ascii: ":") }.prefix(120), as: UTF8.self)
        guard name == "ExceptionWithTraceback" || name.isEmpty else { return name }
        let tail = traceback.suffix(4096)
        guard let last = tail.split(separator: UInt8(ascii: "\n")).last(where: { $0.first != UInt8(ascii: " ") }) else { return name.isEmpty ? "?" : name }
        return String(decoding: last.prefix { $0 != UInt8(ascii: ":") }.prefix(120), as: UTF8.self)
    }
}
