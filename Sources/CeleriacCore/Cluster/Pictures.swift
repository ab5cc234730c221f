extension ClusterState {
    /// Seconds that timings and failures look back.
    private static let recent = 900.0
    private static let workerTasksShown = 200

    /// What a draw asked for.
    public mutating func picture(_ request: PictureRequest, now: Double) -> Picture {
        var picture = Picture(now: now, header: header(now: now))
        picture.tasks = request.tasks.map { taskPage($0, now: now) }
        if let query = request.queues { picture.queues = queuePage(query, now: now) }
        if let query = request.workers { picture.workers = workerPage(query, now: now) }
        if let query = request.workflows { picture.workflows = workflowPage(query, now: now) }
        if let id = request.workflow { picture.workflow = workflowDetail(id, now: now) }
        picture.timings = request.timings.map { timings.rows(over: Self.recent, now: now, limit: $0, names: words.tasks) }
        picture.failures = request.failures.map { failures.rows(now: now, limit: $0, names: words.tasks) }
        if let query = request.errors { picture.errors = failurePage(query, now: now) }
        if let id = request.detail, let slot = tasks.find(id) { picture.detail = detail(slot, now: now) }
        if let name = request.worker, let id = workers.names.find(name.rawValue) {
            picture.worker = workerRow(id, now: now)
            picture.workerTasks = heldTasks(of: id, now: now)
        }
        picture.readyHistory = queues.readyHistory()
        return picture
    }

    private func header(now: Double) -> HeaderFacts {
        var header = HeaderFacts()
        header.link = link
        header.eventsPerSecond = flow.eventsPerSecond(now: now)
        header.lag = flow.lag(now: now)
        for id in workers.known {
            let record = workers[id]
            header.workersKnown += 1
            switch record.state(now: now, hearing: hearing) {
            case .online, .late: header.workersAlive += 1
            // Task events are a sign of life too, before the first heartbeat has come.
            case .unknown: if hearing.silence(since: record.heardAt, now: now) < 30 { header.workersAlive += 1 }
            case .lost, .offline: continue
            }
            switch record.sendsTaskEvents.value {
            case true?: break
            case false?: header.workersWithoutEvents += 1
            case nil: header.workersUnsureOfEvents += 1
            }
        }
        header.eventsTotal = flow.total
        header.eventsDropped = flow.dropped
        header.eventsUnreadable = flow.unreadable
        header.newestProblem = flow.newestProblem
        header.queueProblem = queues.problems.last
        header.standing = queues.standing
        header.tasksHeld = tasks.count
        header.bytesHeld = bytes
        header.heardAt = flow.heardAt
        return header
    }

    /// Unfinished tasks on a worker, oldest first.
    private func heldTasks(of worker: NameID, now: Double) -> [TaskRow] {
        var found: [SlotID] = []
        let held = workers[worker].held
        tasks.order.forEachNewestFirst { slot in
            if tasks[slot].worker == worker, isHeld(tasks[slot].state) { found.append(slot) }
            return found.count < held
        }
        return found.reversed().prefix(Self.workerTasksShown).map { taskRow($0, now: now) }
    }
}
