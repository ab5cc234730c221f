extension ClusterState {
    /// Levels named in a row, and members looked at for that and for the kind.
    private static let stepsShown = 5
    private static let membersDescribed = 2_000

    mutating func workflowPage(_ query: ListQuery, now: Double) -> ListPage<WorkflowRow> {
        let index = workflowIndex(now: now)
        let filter = query.filter.flatMap { $0.expression == .everything ? nil : $0 }
        let order = filter.map { matching($0, index, now: now) }
        let count = order?.count ?? index.entries.count
        // Whatever member the cursor was on when its group was not known yet, it is on the whole group now.
        let wanted = query.anchor.flatMap { workflow(of: TaskID($0), index) }
        let anchor = wanted.flatMap { wanted in order.map { $0.firstIndex(of: Int32(wanted)) } ?? wanted }
        func entry(_ place: Int) -> Int {
            let place = query.ascending ? place : count - 1 - place
            return order.map { Int($0[place]) } ?? place
        }
        let window = ListWindow(query, matching: count, anchor: anchor.map { query.ascending ? $0 : count - 1 - $0 })
        let rows = window.range.compactMap { workflowRow(members(of: entry($0), index), now: now) }
        // A workflow whose tasks have all left since is missing from the rows: then the cursor waits for the next look.
        let isWhole = rows.count == window.range.count
        return ListPage(
            rows: rows, first: window.range.lowerBound, matching: count, total: index.entries.count,
            anchorIndex: isWhole ? window.anchor.map { $0 - window.range.lowerBound } : nil)
    }

    /// The number of the entry that a task belongs to.
    func workflow(of id: TaskID, _ index: WorkflowIndex) -> Int? {
        let key = tasks.find(id).map { head(of: $0) } ?? TaskKey.of(id, hash: tasks.hash).key
        return index.entryOf[key].flatMap { $0 < 0 ? nil : Int($0) }
    }

    /// Members of an entry that are still held, in the order of their appearance.
    func members(of entry: Int, _ index: WorkflowIndex) -> [SlotID] {
        let range = index.entries[entry].range
        return range.filter { tasks[index.members[Int($0)]].serial == index.serials[Int($0)] }.map { index.members[Int($0)] }
    }

    /// Numbers of the entries of which a member matches, newest first.
    private mutating func matching(_ filter: Filter, _ index: WorkflowIndex, now: Double) -> [Int32] {
        if let kept = workflows.filtered, kept.filter == filter { return kept.entries }
        let test = taskFilter(filter.expression)
        let found = index.entries.indices.filter { entry in
            index.entries[entry].range.contains { place in
                let slot = index.members[Int(place)]
                return tasks[slot].serial == index.serials[Int(place)] && matches(slot, test, now: now)
            }
        }
        let entries = found.map { Int32($0) }
        workflows.filtered = .init(filter: filter, entries: entries)
        return entries
    }

    // MARK: Rows

    /// - Parameter members: in the order of their appearance.
    func workflowRow(_ members: [SlotID], now: Double) -> WorkflowRow? {
        guard let first = members.first else { return nil }
        var row = WorkflowRow(id: id(of: first), startedAt: .infinity)
        var (worst, severity, end) = (first, -1, -Double.infinity)
        for slot in members {
            let task = tasks[slot]
            row.counts.add(task.state)
            row.startedAt = min(row.startedAt, earliest(task))
            if task.state.isFinal { end = max(end, task.finished.isNaN ? task.timestamp : task.finished) }
            let isEarlier = task.state == tasks[worst].state && task.timestamp < tasks[worst].timestamp
            if task.state.severity > severity || (task.state.severity == severity && isEarlier) { (worst, severity) = (slot, task.state.severity) }
        }
        row.worst = taskRow(worst, now: now)
        row.state = row.worst?.state ?? .pending
        if !row.startedAt.isFinite { row.startedAt = now }
        row.elapsed = max(0, (row.isFinished && end.isFinite ? end : now) - row.startedAt)
        describe(&row, members, now: now)
        return row
    }

    private func earliest(_ task: TaskSlot) -> Double {
        for time in [task.sent, task.received, task.started, task.timestamp] where !time.isNaN { return time }
        return .infinity
    }

    /// Kind and steps: what follows from the members' places.
    private func describe(_ row: inout WorkflowRow, _ members: [SlotID], now: Double) {
        let shape = WorkflowShape(members, self, limit: Self.membersDescribed)
        row.kind = shape.kind(self)
        let steps = shape.steps(self, limit: Self.stepsShown + 1)
        row.steps = Array(steps.prefix(Self.stepsShown))
        row.hasMoreSteps = steps.count > Self.stepsShown
        for number in shape.groups {
            guard let group = groups[number] else { continue }
            if let size = group.chord?.size { row.expected = (row.expected ?? 0) + size }
            guard let verdict = chordVerdict(number, isFired: shape.bodies[number] != nil, now: now) else { continue }
            if row.chord == nil || !verdict.isFired { row.chord = verdict }
        }
    }
}
