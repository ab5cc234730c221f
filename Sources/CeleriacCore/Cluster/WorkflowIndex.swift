/// Which tasks hang together: by the first ancestor that their events name, and by the groups that messages and results tell of.
///
/// Members lie side by side, workflow by workflow. Only what has more than one task is in it.
struct WorkflowIndex: Sendable {
    struct Entry: Sendable {
        /// Its members' places in `members`.
        var range: Range<Int32>
    }

    /// Newest first.
    var entries: [Entry] = []
    /// Those of one entry in the order of their appearance.
    var members: [SlotID] = []
    /// The slots' serials, by which those are recognised that have got another task since.
    var serials: [UInt32] = []
    /// First ancestor → entry; -1 for what stands alone.
    var entryOf: [TaskKey: Int32] = [:]
    var builtAt = -Double.infinity
    /// Seconds that working it out takes, estimated: this code has no clock.
    var cost = 0.0

    var bytes: Int {
        heapCost(arrayHeader + entries.capacity * MemoryLayout<Entry>.stride) + heapCost(arrayHeader + members.capacity * 8) + entryOf.capacity * 32
    }
}

/// The index, and the order that a filter made of it, for a while: as with `TaskPageCache`, they are made anew when ten times the index's cost has passed.
struct WorkflowCache: Sendable {
    struct Filtered: Sendable {
        var filter: Filter
        /// Numbers of entries that match, newest first.
        var entries: [Int32]
    }

    var index: WorkflowIndex?
    /// Of this very index.
    var filtered: Filtered?

    var bytes: Int { (index?.bytes ?? 0) + heapCost(arrayHeader + (filtered?.entries.capacity ?? 0) * 4) }
}

extension ClusterState {
    /// Seconds for passing a task, and for placing one that has relatives (measured on a 2.5 GHz core).
    private static let passCost = 10e-9
    private static let placeCost = 400e-9

    mutating func workflowIndex(now: Double) -> WorkflowIndex {
        if let index = workflows.index, index.cost > 0.0005, now >= index.builtAt, now - index.builtAt < 10 * index.cost { return index }
        // What is replaced is let go first, else two of them would be held at once.
        workflows.index = nil
        workflows.filtered = nil
        let index = workOutWorkflows(now: now)
        workflows.index = index
        return index
    }

    private func workOutWorkflows(now: Double) -> WorkflowIndex {
        var sets = DisjointSets()
        var setOf: [TaskKey: Int32] = [:]
        func set(of key: TaskKey) -> Int32 {
            if let set = setOf[key] { return set }
            let set = sets.add()
            setOf[key] = set
            return set
        }

        // Groups bind together what events show as strangers: each member of a group that a client sent is its own root.
        for number in groups.all {
            guard let group = groups[number] else { continue }
            var first: Int32?
            for member in group.members {
                guard let slot = tasks.find(member) else { continue }
                let own = set(of: head(of: slot))
                if let first { sets.join(first, own) } else { first = own }
            }
        }
        var placed: [(set: Int32, slot: SlotID)] = []
        tasks.order.forEach { slot in
            // Most tasks have no relatives at all, which two looks at the slot tell.
            if tasks[slot].flags.contains(.isRoot) || tasks[slot].texts.isEmpty { return }
            let head = head(of: slot)
            if head != tasks[slot].key { placed.append((set(of: head), slot)) }
        }
        for (key, set) in setOf {
            guard let slot = tasks.find(key) else { continue }
            let head = head(of: slot)
            // Some name a task as their first ancestor that names another one itself.
            if head == key { placed.append((set, slot)) } else if let other = setOf[head] { sets.join(set, other) }
        }
        let cost = Double(tasks.count) * Self.passCost + Double(placed.count) * Self.placeCost
        return WorkflowIndex(placed.map { (sets.find($0.set), $0.slot) }, setOf.mapValues { sets.find($0) }, tasks, now: now, cost: cost)
    }

    /// The key by which relatives find each other: of the first ancestor that the task names, else of the farthest that can be reached.
    func head(of slot: SlotID) -> TaskKey {
        if let root = tasks.rootKey(of: slot) { return root }
        var (top, seen): (TaskKey, [TaskKey]) = (tasks[slot].key, [])
        while let here = tasks.find(top), let parent = tasks.parentKey(of: here), parent != top {
            if let root = tasks.rootKey(of: here) { return root }
            seen.append(top)
            // A family that bites its own tail has no first; all its members must name the same one.
            if seen.contains(parent) || seen.count > 200 { return seen.min { ($0.high, $0.low) < ($1.high, $1.low) } ?? top }
            top = parent
        }
        return tasks.find(top).flatMap { tasks.rootKey(of: $0) } ?? top
    }
}

extension WorkflowIndex {
    /// - Parameters:
    ///   - placed: members, each with the number of its set.
    ///   - setOf: first ancestors, each with the number of its set.
    fileprivate init(_ placed: [(set: Int32, slot: SlotID)], _ setOf: [TaskKey: Int32], _ tasks: TaskStore, now: Double, cost: Double) {
        builtAt = now
        self.cost = cost
        let sets = Int((setOf.values.max() ?? -1) + 1)
        var counts = [Int32](repeating: 0, count: sets), first = [UInt32](repeating: .max, count: sets)
        for (set, slot) in placed {
            counts[Int(set)] += 1
            first[Int(set)] = min(first[Int(set)], tasks[slot].place)
        }
        let shown = counts.indices.filter { counts[$0] > 1 }.sorted { first[$0] > first[$1] }
        var number = [Int32](repeating: -1, count: sets), end: Int32 = 0
        for set in shown {
            number[set] = Int32(entries.count)
            entries.append(Entry(range: end..<end + counts[set]))
            end += counts[set]
        }
        members = [SlotID](repeating: noSlot, count: Int(end))
        var next = entries.map(\.range.lowerBound)
        for (set, slot) in placed where number[Int(set)] >= 0 {
            let entry = Int(number[Int(set)])
            members[Int(next[entry])] = slot
            next[entry] += 1
        }
        for entry in entries {
            members[Int(entry.range.lowerBound)..<Int(entry.range.upperBound)].sort { tasks[$0].place < tasks[$1].place }
        }
        serials = members.map { tasks[$0].serial }
        entryOf = setOf.mapValues { number[Int($0)] }
    }
}

/// Sets that can be joined (union-find, with path halving).
private struct DisjointSets {
    private var parents: [Int32] = []

    mutating func add() -> Int32 {
        parents.append(Int32(parents.count))
        return Int32(parents.count - 1)
    }

    mutating func find(_ member: Int32) -> Int32 {
        var member = member
        while parents[Int(member)] != member {
            parents[Int(member)] = parents[Int(parents[Int(member)])]
            member = parents[Int(member)]
        }
        return member
    }

    mutating func join(_ a: Int32, _ b: Int32) {
        let (a, b) = (find(a), find(b))
        if a != b { parents[Int(max(a, b))] = min(a, b) }
    }
}
