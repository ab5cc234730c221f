extension ClusterState {
    public mutating func fold(_ facts: GroupFacts) {
        for membership in facts.memberships { place(membership.task, in: membership.group) }
        for outcome in facts.outcomes {
            place(outcome.id, in: outcome.group)
            learn(outcome)
        }
        for chord in facts.chords { groups.take(chord, at: facts.at) }
        for id in facts.unrecorded {
            // What has ended a while ago and left no record never will.
            if let slot = tasks.find(id), tasks[slot].state.isFinal, facts.at - tasks[slot].timestamp > 10 { tasks[slot].flags.insert(.isPlaced) }
        }
        makeRoom()
    }

    private mutating func place(_ task: TaskID, in group: String?) {
        if let group { groups.add(TaskKey.of(task, hash: tasks.hash).key, to: group) }
        if let slot = tasks.find(task) { tasks[slot].flags.insert(.isPlaced) }
    }

    /// Takes over how a task ended that events show as unfinished: its worker sends none, or they are still on their way.
    private mutating func learn(_ outcome: StoredOutcome) {
        guard let slot = tasks.find(outcome.id), !tasks[slot].state.isFinal else { return }
        let ends: [(TaskState, StateID)] = [(.success, .success), (.failure, .failure), (.revoked, .revoked)]
        guard let state = ends.first(where: { $0.0 == outcome.state })?.1 else {
            // Running, or between two tries: it is asked about again when it has ended.
            if groups.number(of: tasks[slot].key) == nil { tasks[slot].flags.remove(.isPlaced) }
            return
        }
        // An id that is used again has begun after the record was written.
        let begun = tasks[slot].timestamp
        if let doneAt = outcome.doneAt, !begun.isNaN, doneAt + 1 < begun { return }
        if isHeld(tasks[slot].state) { workers[tasks[slot].worker].held -= 1 }
        tasks[slot].state = state
        if let doneAt = outcome.doneAt { tasks[slot].timestamp = doneAt }
        if tasks[slot].worker == NameTable.none, var name = outcome.worker?.rawValue { tasks[slot].worker = name.withUTF8 { worker(UnsafeRawBufferPointer($0)) } }
        if let exception = outcome.exception, tasks[slot].texts.string(.exception) == nil {
            let bytes = Array(exception.utf8)
            bytes.withUnsafeBytes { bytes in tasks.replaceTexts(of: slot, 0) { add in add(.exception, bytes) } }
        }
        tasks.noteFinished(slot)
    }

    /// Tasks looked at for `unplacedTasks`, the newest ones.
    private static let looked = 20_000
    /// Seconds after which a task of which only the sending was heard may have run on a worker that sends no events.
    private static let patience = 3.0

    /// Tasks of which the result backend may tell something new: first those that have ended, then, as far as `limit` goes, those that may have left a record.
    /// - Parameter round: a running number: of many that may have, each call asks about others.
    public func unplacedTasks(limit: Int, round: Int, now: Double) -> [TaskID] {
        var sure: [SlotID] = [], possible: [SlotID] = []
        var seen = 0
        tasks.order.forEachNewestFirst { slot in
            seen += 1
            let task = tasks[slot]
            if task.state.isFinal {
                if !task.flags.contains(.isPlaced), groups.number(of: task.key) == nil { sure.append(slot) }
            } else if task.state == .started || task.timestamp + Self.patience < now, !(task.eta > now) {
                possible.append(slot)
            }
            return sure.count < limit && seen < Self.looked
        }
        let room = max(0, limit - sure.count)
        if possible.count > room, room > 0 {
            let start = round &* room % possible.count
            possible = Array((possible[start...] + possible[..<start]).prefix(room))
        }
        return (sure + possible.prefix(room)).prefix(limit).map { id(of: $0) }
    }

    /// Groups whose chord may still count, newest first.
    public mutating func openGroups(limit: Int) -> [String] {
        var open: [String] = []
        for number in groups.all.reversed() where open.count < limit {
            guard let group = groups[number], !group.isSettled else { continue }
            if isOver(group) { groups.settle(number) } else { open.append(group.id) }
        }
        return open
    }

    /// The body was sent; or all members have ended, and the backend, asked since, counts nothing.
    private func isOver(_ group: GroupTable.Group) -> Bool {
        guard let chord = group.chord, let askedAt = group.askedAt else { return false }
        if chord.claim == .done { return true }
        guard chord.size == nil else { return false }
        return group.members.allSatisfy { key in
            guard let slot = tasks.find(key) else { return true }
            return tasks[slot].state.isFinal && tasks[slot].timestamp + 5 < askedAt
        }
    }
}
