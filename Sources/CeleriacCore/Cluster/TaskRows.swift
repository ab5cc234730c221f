extension ClusterState {
    private static let childrenShown = 200

    func taskRow(_ slot: SlotID, now: Double) -> TaskRow {
        let task = tasks[slot]
        var row = TaskRow(id: id(of: slot), state: words[task.state], timestamp: task.timestamp.isNaN ? 0 : task.timestamp)
        row.name = task.name == NameTable.none ? nil : words.tasks[task.name]
        row.worker = task.worker == NameTable.none ? nil : workers.name(task.worker)
        row.client = task.client == NameTable.none ? nil : words.clients[task.client]
        row.exchange = words.route(task.exchange)
        row.routingKey = words.route(task.routingKey)
        row.queue = queueFact(of: slot)
        row.args = task.texts.string(.args)
        row.kwargs = task.texts.string(.kwargs)
        row.result = task.texts.string(.result)
        row.exception = task.texts.string(.exception)
        row.traceback = task.texts.string(.traceback)
        row.sentAt = known(task.sent)
        row.receivedAt = known(task.received)
        row.startedAt = known(task.started)
        row.succeededAt = known(task.succeeded)
        row.failedAt = known(task.failed)
        row.retriedAt = known(task.retried)
        row.revokedAt = known(task.revoked)
        row.rejectedAt = known(task.rejected)
        row.clock = task.clock
        row.wait = known(task.wait)
        row.runtime = known(runtime(of: slot, now: now))
        row.retries = Int(task.retries)
        row.eta = known(task.eta)
        row.expires = known(task.expires)
        row.root = task.flags.contains(.isRoot) ? row.id : relative(task.texts, .rootUUID, .root)
        row.parent = relative(task.texts, .parentUUID, .parent)
        row.children = tasks.children(of: slot, limit: Self.childrenShown).map { id(of: $0) }
        row.isTerminated = task.flags.contains(.isTerminated)
        row.isExpired = task.flags.contains(.isExpired)
        row.isOrphaned = isOrphaned(slot, now: now)
        return row
    }

    func id(of slot: SlotID) -> TaskID {
        let task = tasks[slot]
        return TaskID(task.flags.contains(.isUUID) ? task.key.uuidText : task.texts.string(.id) ?? "")
    }

    /// Seconds it ran, as the worker measured, else from start to end; of a running task since it started, by its worker's clock.
    @inline(__always)
    func runtime(of slot: SlotID, now: Double) -> Double {
        let task = tasks[slot]
        if !task.runtime.isNaN { return task.runtime }
        if task.state == .started || task.state.isCustom {
            guard !isOrphaned(slot, now: now) else { return .nan }
            return elapsed(from: task.started, to: now + (workers[task.worker].drift ?? 0))
        }
        let end = task.state == .retry ? task.retried : task.finished
        return end < task.started ? .nan : end - task.started
    }

    func isOrphaned(_ slot: SlotID, now: Double) -> Bool {
        guard isHeld(tasks[slot].state), tasks[slot].worker > NameTable.other else { return false }
        return workers[tasks[slot].worker].hasAbandoned(taskOf: tasks[slot].timestamp, now: now, hearing: hearing)
    }

    private func queueFact(of slot: SlotID) -> Fact<QueueName> {
        let task = tasks[slot]
        if task.queue != NameTable.none { return .known(QueueName(words.queues[task.queue])) }
        let learned = queues.learned(task.name)
        return learned == NameTable.none ? .noAnswer(last: nil, at: nil) : .inferred(QueueName(words.queues[learned]))
    }

    /// The parent that the task's events name, held or not.
    func parentID(of slot: SlotID) -> TaskID? { relative(tasks[slot].texts, .parentUUID, .parent) }

    private func known(_ number: Double) -> Double? { number.isNaN ? nil : number }

    private func relative(_ texts: TaskTexts, _ uuid: TaskTexts.Kind, _ text: TaskTexts.Kind) -> TaskID? {
        (texts.with(uuid) { TaskKey(raw: $0).uuidText } ?? texts.string(text)).map { TaskID($0) }
    }

    /// Ids of all tasks as Celery's `tasks_by_time` lists them, newest first: by the newest event of each, by logical clock where both have one.
    func idsByTime() -> [TaskID] {
        var slots: [SlotID] = []
        tasks.order.forEach { slots.append($0) }
        slots.sort { a, b in
            let (a, b) = (tasks[a], tasks[b])
            if a.newestClock != 0, b.newestClock != 0 { return a.newestClock > b.newestClock }
            return a.newestTimestamp > b.newestTimestamp
        }
        return slots.map { id(of: $0) }
    }
}
