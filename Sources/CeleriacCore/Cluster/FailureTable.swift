/// Failures of the last 15 minutes by type of exception and task name.
struct FailureTable: Sendable {
    private static let limit = 2_000

    private struct Key: Hashable {
        var exception: String
        var task: NameID
    }

    private struct Group: Sendable {
        var newestAt: Double
        /// Counts of five slices of three minutes, and the number of the newest one.
        var counts = [Int](repeating: 0, count: TimingTable.slices)
        var slice: Int

        mutating func advance(to newest: Int) {
            guard newest > slice else { return }
            for passed in (slice + 1)...min(newest, slice + TimingTable.slices) { counts[passed % TimingTable.slices] = 0 }
            slice = newest
        }
    }

    private var groups: [Key: Group] = [:]

    var bytes: Int { groups.capacity * 64 + groups.count * 160 }

    /// Counts a failure; `exception` is the name of its type, `at` in seconds since 1970.
    mutating func count(_ exception: String, task: NameID, at: Double) {
        guard at >= 0, at < 1e12 else { return }
        let key = Key(exception: exception, task: task)
        if groups.count >= Self.limit, groups[key] == nil { dropOlderHalf() }
        let slice = Int(at / TimingTable.sliceLength)
        var group = groups[key] ?? Group(newestAt: at, slice: slice)
        group.advance(to: slice)
        if slice > group.slice - TimingTable.slices { group.counts[slice % TimingTable.slices] += 1 }
        group.newestAt = max(group.newestAt, at)
        groups[key] = group
    }

    /// Most frequent first, then newest first.
    func rows(now: Double, limit: Int, names: NameTable) -> [FailureRow] {
        guard now >= 0, now < 1e12 else { return [] }
        var rows: [FailureRow] = []
        for (key, group) in groups {
            var group = group
            group.advance(to: Int(now / TimingTable.sliceLength))
            let count = group.counts.reduce(0, +)
            if count > 0 {
                rows.append(
                    FailureRow(exception: key.exception, task: key.task == NameTable.none ? "?" : names[key.task], count: count, newestAt: group.newestAt))
            }
        }
        rows.sort { ($0.count, $0.newestAt, $0.exception, $0.task) > ($1.count, $1.newestAt, $1.exception, $1.task) }
        return Array(rows.prefix(max(0, limit)))
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
