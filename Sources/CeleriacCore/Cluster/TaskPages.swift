/// What tells apart the orders of one list that are kept for a while.
struct PageKey: Hashable, Sendable {
    var filter: Filter?
    var sort: String?
    var ascending: Bool
}

/// Orders of tasks that have been worked out for filtered or sorted lists, for a while.
///
/// Working one out looks at every task, so it is done again only when ten times its own cost has passed; in between, the
/// rows show what their tasks are now, in the order of before.
struct TaskPageCache: Sendable {
    struct Entry: Sendable {
        var key: PageKey
        var slots: [SlotID]
        /// The slots' serials, by which those are recognised that have got another task since.
        var serials: [UInt32]
        var builtAt: Double
        /// Seconds that working it out takes, estimated from the number of tasks: this code has no clock.
        var cost: Double

        func isFresh(at now: Double) -> Bool {
            cost > 0.0005 && now >= builtAt && now - builtAt < 10 * cost
        }
    }

    /// A screen and its detail ask for one or two.
    private static let kept = 3
    private(set) var entries: [Entry] = []

    var bytes: Int { entries.reduce(0) { $0 + heapCost(arrayHeader + $1.slots.capacity * 4) + heapCost(arrayHeader + $1.serials.capacity * 4) } }

    func fresh(_ key: PageKey, at now: Double) -> Entry? {
        entries.first { $0.key == key && $0.isFresh(at: now) }
    }

    mutating func keep(_ entry: Entry) {
        entries.removeAll { $0.key == entry.key || entry.builtAt - $0.builtAt > 60 }
        entries.append(entry)
        if entries.count > Self.kept { entries.removeFirst() }
    }
}

extension ClusterState {
    /// Seconds for looking at one task, and for each doubling of their number when they are sorted (measured on a 2.5 GHz core).
    private static let lookCost = 150e-9
    private static let sortCost = 20e-9

    mutating func taskPage(_ query: ListQuery, now: Double) -> ListPage<TaskRow> {
        let filter = query.filter.flatMap { $0.expression == .everything ? nil : $0 }
        let sort = query.sort.flatMap { TaskSort(rawValue: $0) }
        if filter == nil, sort == nil { return naturalPage(query, now: now) }

        let key = PageKey(filter: filter, sort: sort?.rawValue, ascending: query.ascending)
        let order = taskPages.fresh(key, at: now) ?? workOut(key, filter, sort, now: now)
        let anchor = query.anchor.flatMap { tasks.find(TaskID($0)) }.flatMap { order.slots.firstIndex(of: $0) }
        let window = ListWindow(query, matching: order.slots.count, anchor: anchor)
        let slots = window.range.filter { tasks[order.slots[$0]].serial == order.serials[$0] }.map { order.slots[$0] }
        return ListPage(
            rows: slots.map { taskRow($0, now: now) }, first: window.range.lowerBound, matching: order.slots.count, total: tasks.count,
            anchorIndex: window.anchor.flatMap { slots.firstIndex(of: order.slots[$0]) })
    }

    /// Newest first (or, turned round, oldest first): found without looking at the others.
    private func naturalPage(_ query: ListQuery, now: Double) -> ListPage<TaskRow> {
        let anchor = query.anchor.flatMap { tasks.find(TaskID($0)) }.map { slot in
            let index = tasks.order.newestFirstIndex(of: tasks[slot].place)
            return query.ascending ? index : tasks.count - 1 - index
        }
        let window = ListWindow(query, matching: tasks.count, anchor: anchor)
        let (first, count) = (window.range.lowerBound, window.range.count)
        let slots = query.ascending ? tasks.order.newestFirst(from: first, limit: count) : tasks.order.oldestFirst(from: first, limit: count)
        return ListPage(
            rows: slots.map { taskRow($0, now: now) }, first: first, matching: tasks.count, total: tasks.count, anchorIndex: window.anchor.map { $0 - first })
    }

    private mutating func workOut(_ key: PageKey, _ filter: Filter?, _ sort: TaskSort?, now: Double) -> TaskPageCache.Entry {
        var slots: [SlotID] = []
        if let filter {
            let test = taskFilter(filter.expression)
            tasks.order.forEachNewestFirst { slot in
                if matches(slot, test, now: now) { slots.append(slot) }
                return true
            }
        } else {
            slots = tasks.order.newestFirst(from: 0, limit: tasks.count)
        }
        if let sort { self.sort(&slots, by: sort, ascending: key.ascending, now: now) } else if !key.ascending { slots.reverse() }

        let doublings = Double(max(1, Int.bitWidth - slots.count.leadingZeroBitCount))
        let cost = Double(tasks.count) * Self.lookCost + (sort == nil ? 0 : Double(slots.count) * doublings * Self.sortCost)
        let entry = TaskPageCache.Entry(key: key, slots: slots, serials: slots.map { tasks[$0].serial }, builtAt: now, cost: cost)
        taskPages.keep(entry)
        return entry
    }

    /// Ids of all tasks that match, newest first, at most `limit`.
    public mutating func ids(matching filter: Filter, limit: Int, now: Double) -> [TaskID] {
        let test = taskFilter(filter.expression)
        var found: [TaskID] = []
        tasks.order.forEachNewestFirst { slot in
            guard found.count < limit else { return false }
            if matches(slot, test, now: now) { found.append(id(of: slot)) }
            return true
        }
        return found
    }
}

/// The part of a list that a query wants.
struct ListWindow {
    var range: Range<Int>
    /// Index in the whole list of the anchor after its move.
    var anchor: Int?

    /// - Parameter anchor: index of the anchor among the `matching` rows, when it is there.
    init(_ query: ListQuery, matching: Int, anchor: Int?) {
        let count = min(max(0, query.count), matching)
        var first = query.first
        if let anchor, matching > 0 {
            let moved = min(max(0, anchor + min(max(query.move, -matching), matching)), matching - 1)
            self.anchor = moved
            first = moved - min(max(0, query.anchorRow), max(0, count - 1))
        } else {
            self.anchor = nil
        }
        first = min(max(0, first), matching - count)
        range = first..<first + count
        if let moved = self.anchor, !range.contains(moved) { self.anchor = nil }
    }
}
