/// The cluster as its events, its workers' replies and its broker's sizes tell it.
///
/// A value: arrays of numbers and bytes all the way down, so it may move between isolation domains, and a copy is
/// independent. Meant to be owned by one actor and changed in place; a copy costs as much memory as it holds once either changes.
///
/// Tasks follow `celery.events.state` event by event, with two differences: time stamps stay the sender's (no shift by
/// `utcoffset`), and what leaves first when memory runs out are the tasks that finished longest ago.
public struct ClusterState: Sendable {
    public struct Limits: Hashable, Sendable {
        /// Bytes that tasks, texts, indexes and histograms may take together.
        public var bytes = 128 << 20
        public init() {}
    }

    let limits: Limits
    var decoder = EventDecoder()
    var words: Vocabulary
    var tasks: TaskStore
    var workers: WorkerTable
    var queues = QueueTable()
    var timings: TimingTable
    var failures = FailureTable()
    var flow = EventFlow()
    var hearing = Hearing()
    var link = LinkState.connecting
    var taskPages = TaskPageCache()
    var groups: GroupTable
    var earlier: AttemptTable
    var periodic = PeriodicMessages()
    var workflows = WorkflowCache()
    /// Lamport clock of the receiver, which stands in for the clocks of senders that have none.
    var clock = 0
    /// Tasks received, as Celery counts them.
    var taskCount = 0

    public init(limits: Limits = Limits()) {
        self.limits = limits
        let hash = ByteHash()
        words = Vocabulary(byteLimit: limits.bytes / 32, hash: hash)
        tasks = TaskStore(hash: hash)
        workers = WorkerTable(byteLimit: limits.bytes / 16, hash: hash)
        timings = TimingTable(byteLimit: limits.bytes / 4)
        groups = GroupTable(byteLimit: limits.bytes / 16)
        earlier = AttemptTable(byteLimit: limits.bytes / 32)
    }

    /// Takes raw events in, in any order, doubled or late.
    public mutating func fold(_ batch: EventBatch) {
        let at = batch.receivedAt
        flow.hear(at: at)
        flow.drop(batch.dropped)
        var decoder = EventDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        batch.bytes.withUnsafeBytes { bytes in
            for range in batch.payloads {
                guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
                    flow.refuse("an event message outside of its batch")
                    continue
                }
                var problems: [String] = []
                decoder.read(UnsafeRawBufferPointer(rebasing: bytes[range]), form: batch.form) { event in
                    fold(event, at: at, isFresh: true)
                } refuse: { problem in
                    problems.append(problem)
                }
                for problem in problems { flow.refuse(problem) }
            }
        }
        makeRoom()
    }

    /// One decoded event (tests, files); `receivedAt` in seconds since 1970. Its clock is taken as it is.
    public mutating func fold(event: Value, receivedAt: Double) {
        flow.hear(at: receivedAt)
        var decoder = EventDecoder()
        swap(&decoder, &self.decoder)
        defer { swap(&decoder, &self.decoder) }
        decoder.read(event) { event in fold(event, at: receivedAt, isFresh: false) }
        makeRoom()
    }

    public mutating func fold(_ link: LinkState, at: Double) {
        switch link {
        case .live:
            if hearing.deafSince != nil || self.link == .connecting { hearing.listeningSince = at }
            hearing.deafSince = nil
            flow.hear(at: at)
        case .connecting: if case .live = self.link { hearing.deafSince = at }
        case .reconnecting(let since, _, _): if hearing.deafSince == nil { hearing.deafSince = since }
        }
        self.link = link
    }

    /// Where a task stands now.
    public func task(_ id: TaskID, now: Double) -> TaskRow? {
        tasks.find(id).map { taskRow($0, now: now) }
    }

    /// Names seen so far, for completion and for asking brokers.
    public var queueNames: Set<QueueName> {
        Set(queues.known.map { QueueName(words.queues[$0]) })
    }

    public var taskNames: [String] { words.tasks.all.map(\.text) }

    public var workerNames: [WorkerName] {
        workers.known.map { workers.name($0) }.sorted { $0.rawValue < $1.rawValue }
    }

    /// Those that are there, as far as we hear: neither gone with a goodbye nor lost.
    public func workersPresent(now: Double) -> [WorkerName] {
        workers.known.filter { id in
            let state = workers[id].state(now: now, hearing: hearing)
            return state != .offline && state != .lost
        }.map { workers.name($0) }
    }

    /// Timings over the last `span` seconds (at most 15 minutes), by name. They are kept in slices of three minutes, of
    /// which all that the span touches are counted.
    public mutating func timings(over span: Double, now: Double) -> [TimingRow] {
        timings.rows(over: span, now: now, limit: .max, names: words.tasks).sorted { $0.name < $1.name }
    }

    // MARK: Memory

    /// Estimated bytes on the heap.
    var bytes: Int { tasks.bytes + sideBytes }

    private var sideBytes: Int {
        words.bytes + workers.bytes + queues.bytes + timings.bytes + failures.bytes + taskPages.bytes + groups.bytes + workflows.bytes + earlier.bytes
    }

    /// Lets tasks go until the rest fits: those that finished longest ago, then the oldest.
    mutating func makeRoom() {
        let room = limits.bytes - sideBytes
        while tasks.bytes > room, let slot = tasks.nextToLeave() { forget(slot) }
    }

    private mutating func forget(_ slot: SlotID) {
        if isHeld(tasks[slot].state) { workers[tasks[slot].worker].held -= 1 }
        earlier.remove(tasks[slot].key)
        tasks.remove(slot)
    }
}
