/// How the tasks of a workflow stand to each other: parents above children, members of a group side by side, a chord's body beneath its group.
struct WorkflowShape {
    /// Members without a parent among the others, in the order of their appearance.
    private(set) var heads: [SlotID] = []
    /// A chord's body is nobody's child here.
    private(set) var children: [SlotID: [SlotID]] = [:]
    /// Numbers of the groups that occur, in the order of their appearance.
    private(set) var groups: [Int] = []
    private(set) var groupOf: [SlotID: Int] = [:]
    /// By group: the task that its end started.
    private(set) var bodies: [Int: SlotID] = [:]
    private var parents: [SlotID: SlotID] = [:]
    /// Members that were not looked at.
    let omitted: [SlotID]

    /// - Parameters:
    ///   - members: in the order of their appearance.
    ///   - limit: members looked at.
    init(_ members: [SlotID], _ state: ClusterState, limit: Int) {
        let looked = Array(members.prefix(limit)), present = Set(looked)
        omitted = Array(members.dropFirst(limit))
        for slot in looked {
            groupOf[slot] = state.groups.number(of: state.tasks[slot].key)
            guard let parent = state.tasks.parentKey(of: slot).flatMap({ state.tasks.find($0) }), parent != slot, present.contains(parent) else { continue }
            parents[slot] = parent
        }
        findBodies(looked, state)
        let isBody = Set(bodies.values)
        var seen: Set<Int> = []
        for slot in looked where !isBody.contains(slot) {
            if let group = groupOf[slot], seen.insert(group).inserted { groups.append(group) }
            if let parent = parents[slot] { children[parent, default: []].append(slot) } else { heads.append(slot) }
        }
        breakCycles(looked)
    }

    /// A body bears the id of the group whose last member sent it; as long as its own group is not known, it is the only child of the member that ended last,
    /// once all have. A chord that still counts has none: what its members sent was added to it, or is a task of their own.
    private mutating func findBodies(_ looked: [SlotID], _ state: ClusterState) {
        let counting = Set(groupOf.values).filter { state.groups[$0]?.isCounting == true }
        var last: [Int: (slot: SlotID, end: Double)] = [:]
        var unfinished: Set<Int> = []
        for slot in looked {
            guard let group = groupOf[slot], !counting.contains(group) else { continue }
            if let parent = parents[slot], groupOf[parent] == group {
                bodies[group] = slot
                continue
            }
            let task = state.tasks[slot]
            guard task.state.isFinal else {
                unfinished.insert(group)
                continue
            }
            // Of an end that only its record told, no event has the time.
            let end = task.finished.isNaN ? task.timestamp : task.finished
            if let before = last[group], end <= before.end { continue }
            last[group] = (slot, end)
        }
        for slot in looked where groupOf[slot] == nil {
            guard let parent = parents[slot], let group = groupOf[parent], bodies[group] == nil, state.groups[group]?.isChord == true, last[group]?.slot == parent,
                !unfinished.contains(group)
            else { continue }
            bodies[group] = slot
            groupOf[slot] = group
        }
    }

    /// Ids are chosen by senders, so that a family may well bite its own tail: what no head leads to becomes one.
    private mutating func breakCycles(_ looked: [SlotID]) {
        var reached: Set<SlotID> = []
        func reach(from start: [SlotID]) {
            var open = start
            while let slot = open.popLast() {
                guard reached.insert(slot).inserted else { continue }
                open += children[slot] ?? []
                if let body = groupOf[slot].flatMap({ bodies[$0] }) { open.append(body) }
            }
        }
        reach(from: heads)
        for slot in looked where !reached.contains(slot) {
            if let group = groupOf[slot], bodies[group] == slot {
                bodies[group] = nil
            } else if let parent = parents[slot] {
                children[parent]?.removeAll { $0 == slot }
            }
            parents[slot] = nil
            heads.append(slot)
            reach(from: [slot])
        }
    }

    func kind(_ state: ClusterState) -> Fact<WorkflowKind> {
        if groups.contains(where: { bodies[$0] != nil || state.groups[$0]?.isChord == true }) { return .known(.chord) }
        if !groups.isEmpty { return .known(.group) }
        if heads.count == 1, children.isEmpty { return .notApplicable }
        return heads.count > 1 || children.values.contains { $0.count > 1 } ? .known(.tree) : .inferred(.chain)
    }

    /// Levels from the top, at most `limit` of them; members not looked at count for the first.
    func steps(_ state: ClusterState, limit: Int) -> [WorkflowRow.Step] {
        var under: [SlotID: [SlotID]] = [:]
        for body in bodies.values { if let parent = parents[body] { under[parent, default: []].append(body) } }
        var steps: [WorkflowRow.Step] = []
        var level = heads
        while let first = level.first, steps.count < limit {
            let name = state.tasks[first].name
            let text = name == NameTable.none ? "?" : state.words.tasks[name]
            steps.append(.init(name: text, count: level.count + (steps.isEmpty ? omitted.count : 0), isMixed: level.contains { state.tasks[$0].name != name }))
            level = level.flatMap { (children[$0] ?? []) + (under[$0] ?? []) }
        }
        return steps
    }
}
