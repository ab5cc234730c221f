extension ClusterState {
    /// Relatives shown at most, and children of each.
    private static let relatives = 2_000
    private static let children = 500

    /// A task with its relatives as far as they are held: from its first ancestor down.
    func detail(_ slot: SlotID, now: Double) -> TaskDetail {
        var family: [TaskDetail.Relative] = []
        // Ids are chosen by senders, so that a family may well bite its own tail.
        var seen: Set<SlotID> = []
        var open: [(slot: SlotID, depth: Int)] = [(ancestor(of: slot), 0)]
        while let (next, depth) = open.popLast(), family.count < Self.relatives {
            guard seen.insert(next).inserted else { continue }
            family.append(.init(depth: depth, task: taskRow(next, now: now)))
            for child in tasks.children(of: next, limit: Self.children).reversed() { open.append((child, depth + 1)) }
        }
        let row = taskRow(slot, now: now)
        if !seen.contains(slot) { family.append(.init(depth: 0, task: row)) }
        return TaskDetail(task: row, family: family, attempts: attempts(of: slot, now: now))
    }

    /// The first ancestor that is held, going up by parents.
    private func ancestor(of slot: SlotID) -> SlotID {
        var (top, seen): (SlotID, Set<SlotID>) = (slot, [slot])
        while let key = tasks.parentKey(of: top), let parent = tasks.find(key), seen.insert(parent).inserted { top = parent }
        // With a gap in the line of parents, the root that the task names is still the head of the family.
        if let key = tasks.rootKey(of: top), let root = tasks.find(key), !seen.contains(root), !tasks.children(of: root, limit: 1).isEmpty, top == slot,
            tasks.parentKey(of: top) == nil
        {
            return root
        }
        return top
    }
}
