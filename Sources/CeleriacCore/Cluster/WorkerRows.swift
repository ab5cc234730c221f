extension ClusterState {
    func workerRow(_ id: NameID, now: Double) -> WorkerRow {
        let record = workers[id]
        let state = record.state(now: now, hearing: hearing)
        var row = WorkerRow(name: workers.name(id), state: state)
        row.heartbeatAge = max(0, now - record.heardAt)
        row.drift = record.drift
        row.load = record.load
        row.pid = record.pid
        row.version = [record.softwareName, record.softwareVersion].compactMap { $0 }.joined(separator: " ")
        if row.version == "" { row.version = nil }
        row.heldTasks = state == .lost ? record.held : 0

        let isLost = state == .lost
        row.processed = isLost ? record.processed.lastWord : record.processed.fact
        row.pool = record.pool.fact
        row.concurrency = record.concurrency.fact
        row.memory = isLost ? record.memory.lastWord : record.memory.fact
        row.queues = record.queues.fact.map { $0.map { QueueName(words.queues[$0]) } }
        row.sendsTaskEvents = isLost ? record.sendsTaskEvents.lastWord : record.sendsTaskEvents.fact
        if state == .offline {
            row.active = .notApplicable
            row.reserved = .notApplicable
            row.scheduled = .notApplicable
        } else {
            row.active = isLost ? record.active.lastWord : record.active.fact
            row.reserved = isLost ? record.reserved.lastWord : record.reserved.fact
            row.scheduled = isLost ? record.scheduled.lastWord : record.scheduled.fact
        }
        row.problem = problem(of: record, state: state, now: now)
        return row
    }

    /// What is wrong with a worker, in words.
    private func problem(of record: WorkerRecord, state: WorkerState, now: Double) -> String? {
        let silence = hearing.silence(since: record.heardAt, now: now)
        switch state {
        case .lost:
            let held = record.held == 0 ? "" : ", held \(record.held) \(record.held == 1 ? "task" : "tasks")"
            return "no sign of life for \(spoken(seconds: silence))\(held)"
        case .late: return "no heartbeat for \(spoken(seconds: silence))"
        case .offline, .unknown: return nil
        case .online: break
        }
        if let idle = idleProblem(of: record, now: now) { return idle }
        if let drift = record.drift, abs(drift) > 16 {
            return "its clock is \(spoken(seconds: abs(drift))) \(drift > 0 ? "ahead" : "behind")"
        }
        return nil
    }

    /// Free slots, messages waiting in its queues, and nothing taken up for 30 s.
    private func idleProblem(of record: WorkerRecord, now: Double) -> String? {
        guard hearing.deafSince == nil, let concurrency = record.concurrency.value, let active = record.active.value, active < concurrency,
            let waitingSince = (record.queues.value ?? []).compactMap({ queues.readySince($0) }).min()
        else { return nil }
        let idle = now - max(waitingSince, record.takenAt ?? record.firstSeenAt, record.firstSeenAt, hearing.listeningSince)
        guard idle >= 30 else { return nil }
        let free = concurrency - active
        return "alive, \(free) free \(free == 1 ? "slot" : "slots"), nothing taken for \(spoken(seconds: idle))"
    }

    private func spoken(seconds: Double) -> String {
        let seconds = max(0, Int(clampedSecond: seconds))
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<3600: "\(seconds / 60) m"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }
}
