extension ClusterState {
    public mutating func fold(_ facts: BrokerFacts) {
        flow.hear(at: facts.at)
        queues.noteAnswer(facts)
        periodic.take(facts.periodic)
        for queue in facts.queues {
            let id = words.queues.intern(queue.name.rawValue)
            queues.take(queue, id: id, at: facts.at, eventsTell: flow.taskEvents > 0)
        }
    }

    /// The queue of a task as far as its events or its name tell; `NameTable.none` when nothing does.
    @inline(__always)
    func queue(of slot: SlotID) -> NameID {
        let queue = tasks[slot].queue
        return queue != NameTable.none ? queue : queues.learned(tasks[slot].name)
    }

    func queueRow(_ id: NameID, now: Double, consumers: QueueConsumers) -> QueueRow {
        let record = queues[id]
        var row = QueueRow(name: QueueName(words.queues[id]))
        row.consumers = consumers.count(of: id)
        guard let facts = record.facts, let at = record.at else { return row }
        row.updatedAt = at
        row.problem = facts.problem
        row.history = record.history

        // An answer that is no longer renewed says what was, not what is.
        let isStale = hearing.deafSince != nil || (queues.answeredAt ?? at) - at > 15
        func fact<Content>(_ value: Content?) -> Fact<Content> {
            guard let value, !isStale else { return .noAnswer(last: value, at: value == nil ? nil : at) }
            return .known(value)
        }
        func aged(_ fact: Fact<Double>) -> Fact<Double> {
            isStale ? .noAnswer(last: fact.value, at: fact.value == nil ? nil : at) : fact
        }
        row.ready = fact(facts.ready)
        if let count = facts.consumers { row.consumers = fact(count) }
        row.traits = facts.traits
        row.deadLetters = facts.deadLetters
        row.unacked = facts.isSampled && !isStale ? facts.unacked.map { .inferred($0) } ?? fact(nil) : fact(facts.unacked)
        row.eta = facts.isSampled && !isStale ? facts.eta.map { .inferred($0) } ?? fact(nil) : fact(facts.eta)
        row.inRate = aged(record.inRate)
        row.outRate = aged(record.outRate)
        row.drain = aged(drain(ready: facts.ready, record))
        row.oldestAge = aged(oldestAge(facts, at: isStale ? at : now))
        return row
    }

    /// Seconds until the queue is empty at its present rates.
    private func drain(ready: Int?, _ record: QueueRecord) -> Fact<Double> {
        guard let ready else { return .noAnswer(last: nil, at: nil) }
        if ready == 0 { return .known(0) }
        guard let arriving = record.inRate.value, let leaving = record.outRate.value else { return record.outRate }
        let seconds = leaving - arriving > 0.001 ? Double(ready) / (leaving - arriving) : .infinity
        if case .known = record.inRate { return .known(seconds) }
        return .inferred(seconds)
    }

    /// Seconds that the oldest message has been waiting: since it was sent, when that is told, else at least since it was first seen.
    private func oldestAge(_ facts: BrokerFacts.Queue, at now: Double) -> Fact<Double> {
        if facts.ready == 0 { return .notApplicable }
        if let sentAt = facts.oldestSentAt { return .known(max(0, now - sentAt)) }
        if let id = facts.oldest, let slot = tasks.find(id), !tasks[slot].sent.isNaN { return .known(max(0, now - tasks[slot].sent)) }
        if let seenAt = facts.oldestSeenAt { return .atLeast(max(0, now - seenAt)) }
        return .noAnswer(last: nil, at: nil)
    }

    /// How many workers consume each queue, as those say that are not gone.
    func queueConsumers(now: Double) -> QueueConsumers {
        var consumers = QueueConsumers()
        for id in workers.known {
            let record = workers[id]
            let state = record.state(now: now, hearing: hearing)
            guard state == .online || state == .late else { continue }
            guard let queues = record.queues.value else {
                consumers.isComplete = false
                if case .noAnswer = record.queues.fact { consumers.isRefused = true } else { consumers.isAwaited = true }
                continue
            }
            consumers.hasAnswer = true
            for queue in queues { consumers.counts[queue, default: 0] += 1 }
        }
        return consumers
    }
}

/// Workers that consume each queue.
struct QueueConsumers {
    var counts: [NameID: Int] = [:]
    /// Some worker has said what it consumes.
    var hasAnswer = false
    /// All of them have.
    var isComplete = true
    /// Some has been asked and did not say; some has still to be asked, or may yet answer.
    var isRefused = false
    var isAwaited = false

    func count(of queue: NameID) -> Fact<Int> {
        guard hasAnswer else { return isRefused && !isAwaited ? .noAnswer(last: nil, at: nil) : .asking }
        let count = counts[queue] ?? 0
        return isComplete ? .known(count) : .atLeast(count)
    }
}
