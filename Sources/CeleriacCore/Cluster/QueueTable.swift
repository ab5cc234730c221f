/// What is kept of one queue.
struct QueueRecord: Sendable {
    /// One ready count each so many seconds, for five minutes.
    static let slotLength = 5.0
    static let slots = 60

    var isKnown = false
    /// The newest answer of the broker about it, and when that came (seconds since 1970).
    private(set) var facts: BrokerFacts.Queue?
    private(set) var at: Double?
    /// Since when it has had ready messages.
    private(set) var readySince: Double?
    /// Ready counts, oldest first, one for each slot up to `historyEnd`.
    private(set) var history: [Double] = []
    private(set) var historyEnd = 0
    /// Messages a second, smoothed over about ten seconds.
    private(set) var inRate: Fact<Double> = .asking
    private(set) var outRate: Fact<Double> = .asking
    /// Events since the broker's last answer: tasks sent to it, tasks that workers took from it.
    var sent = 0
    var taken = 0

    mutating func take(_ next: BrokerFacts.Queue, at now: Double, eventsTell: Bool) {
        isKnown = true
        let seconds = next.interval ?? at.map { now - $0 } ?? 0
        if let arriving = next.inRate, let leaving = next.outRate {
            (inRate, outRate) = (.known(arriving), .known(leaving))
        } else if seconds > 0, let ready = next.ready, let before = facts?.ready {
            takeRates(next, grown: Double(ready - before), over: seconds, wasEmpty: before == 0, eventsTell: eventsTell)
        } else if let arrived = next.arrived, seconds > 0 {
            inRate = .known(Double(arrived) / seconds)
        }
        sent = 0
        taken = 0
        if let ready = next.ready {
            readySince = ready == 0 ? nil : readySince ?? now
            note(ready: Double(ready), at: now)
        }
        facts = next
        at = now
    }

    /// The broker tells arrivals by the position of the newest message, which fails where messages never stay: there, events tell.
    private mutating func takeRates(_ next: BrokerFacts.Queue, grown: Double, over seconds: Double, wasEmpty: Bool, eventsTell: Bool) {
        let isTold = next.arrived != nil && !(next.arrived == 0 && next.ready == 0 && wasEmpty)
        if isTold, let arrived = next.arrived {
            let arriving = Double(arrived) / seconds
            inRate = .known(smooth(inRate, arriving, seconds))
            outRate = .known(smooth(outRate, max(0, arriving - grown / seconds), seconds))
        } else if eventsTell {
            let leaving = max(Double(taken), Double(sent) - grown, -grown, 0) / seconds
            inRate = .inferred(smooth(inRate, max(0, leaving + grown / seconds), seconds))
            outRate = .inferred(smooth(outRate, leaving, seconds))
        } else {
            inRate = .noAnswer(last: nil, at: nil)
            outRate = .noAnswer(last: nil, at: nil)
        }
    }

    private func smooth(_ old: Fact<Double>, _ value: Double, _ seconds: Double) -> Double {
        guard let old = old.value else { return value }
        let next = old + (value - old) * seconds / (seconds + 5)
        return next < 0.005 ? 0 : next
    }

    private mutating func note(ready: Double, at: Double) {
        let slot = Int(clampedSecond: at / Self.slotLength)
        if history.isEmpty || slot - historyEnd >= Self.slots {
            history = [ready]
        } else if slot > historyEnd {
            // Slots without an answer keep the last one.
            history.append(contentsOf: repeatElement(history[history.count - 1], count: slot - historyEnd - 1))
            history.append(ready)
            if history.count > Self.slots { history.removeFirst(history.count - Self.slots) }
        } else {
            history[history.count - 1] = ready
        }
        historyEnd = max(slot, historyEnd)
        if history.count == 1 { historyEnd = slot }
    }
}

/// The queues seen so far, by number of the name, and which tasks go to which.
struct QueueTable: Sendable {
    private var records: [QueueRecord] = []
    /// By number of the task name: the queue that its last `task-sent`, or a worker's reply, named.
    private var learned: [NameID] = []
    private(set) var problems: [String] = []
    private(set) var standing: BrokerStanding?
    /// Seconds since 1970 of the broker's newest answer.
    private(set) var answeredAt: Double?

    /// Queues of which the broker has told something, and so have a history.
    private var answered = 0

    var bytes: Int {
        records.capacity * MemoryLayout<QueueRecord>.stride + learned.capacity * 4 + answered * heapCost(arrayHeader + QueueRecord.slots * 8)
    }

    subscript(id: NameID) -> QueueRecord { Int(id) < records.count ? records[Int(id)] : QueueRecord() }

    var known: [NameID] { records.indices.filter { records[$0].isKnown }.map { NameID($0) } }

    func readySince(_ id: NameID) -> Double? { self[id].readySince }

    /// The queue to which tasks of that name went when it was last told; `NameTable.none` when never.
    func learned(_ task: NameID) -> NameID { Int(task) < learned.count ? learned[Int(task)] : NameTable.none }

    mutating func learn(_ queue: NameID, of task: NameID) {
        note(queue)
        guard queue > NameTable.other, task > NameTable.other else { return }
        if Int(task) >= learned.count { learned.append(contentsOf: repeatElement(NameTable.none, count: Int(task) - learned.count + 1)) }
        learned[Int(task)] = queue
    }

    /// Notes that there is such a queue.
    mutating func note(_ id: NameID) {
        guard id > NameTable.other else { return }
        makeRoom(for: id)
        records[Int(id)].isKnown = true
    }

    mutating func noteSent(_ id: NameID) {
        guard id > NameTable.other else { return }
        makeRoom(for: id)
        records[Int(id)].sent += 1
    }

    mutating func noteTaken(_ id: NameID) {
        guard id > NameTable.other else { return }
        makeRoom(for: id)
        records[Int(id)].taken += 1
    }

    mutating func take(_ facts: BrokerFacts.Queue, id: NameID, at: Double, eventsTell: Bool) {
        guard id > NameTable.other else { return }
        makeRoom(for: id)
        if records[Int(id)].facts == nil { answered += 1 }
        records[Int(id)].take(facts, at: at, eventsTell: eventsTell)
    }

    mutating func noteAnswer(_ facts: BrokerFacts) {
        answeredAt = facts.at
        problems = facts.problems
        standing = facts.standing
    }

    /// Sum of the ready messages of all queues, one each 5 s over the last five minutes, oldest first.
    func readyHistory() -> [Double] {
        let kept = records.filter { !$0.history.isEmpty }
        guard let end = kept.map(\.historyEnd).max() else { return [] }
        let length = kept.map { $0.history.count + end - $0.historyEnd }.max() ?? 0
        var sums = [Double](repeating: 0, count: Swift.min(length, QueueRecord.slots))
        for record in kept {
            for (index, ready) in record.history.enumerated() {
                let place = sums.count - 1 - (end - record.historyEnd) - (record.history.count - 1 - index)
                if sums.indices.contains(place) { sums[place] += ready }
            }
        }
        return sums
    }

    private mutating func makeRoom(for id: NameID) {
        if Int(id) >= records.count { records.append(contentsOf: repeatElement(QueueRecord(), count: Int(id) - records.count + 1)) }
    }
}
