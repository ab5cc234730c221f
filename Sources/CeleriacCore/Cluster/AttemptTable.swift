/// Earlier tries of tasks that were tried more than once, the oldest first; what a task does now is in its slot.
///
/// Holds about `byteLimit` bytes: the tasks that were tried again longest ago leave first, and of one task no more than the newest tries are kept.
struct AttemptTable: Sendable {
    struct Attempt: Sendable {
        var worker: NameID
        var received: Double
        var started: Double
        /// NaN: nobody has told of its end.
        var ended: Double
        var state: StateID
        var retries: Int32
        /// Type of the exception; empty: none was told.
        var exception: String
    }

    static let perTask = 20
    private let byteLimit: Int
    private var attempts: [TaskKey: [Attempt]] = [:]
    private var order: [TaskKey] = []
    private var oldest = 0
    private var count = 0

    init(byteLimit: Int) { self.byteLimit = byteLimit }

    var bytes: Int { count * (MemoryLayout<Attempt>.stride + 16) + attempts.count * 128 + order.capacity * 16 }

    subscript(task: TaskKey) -> [Attempt] { attempts[task] ?? [] }

    mutating func add(_ attempt: Attempt, to task: TaskKey) {
        if attempts[task] == nil { order.append(task) }
        attempts[task, default: []].append(attempt)
        count += 1
        if let held = attempts[task]?.count, held > Self.perTask {
            attempts[task]?.removeFirst()
            count -= 1
        }
        while bytes > byteLimit, oldest < order.count {
            remove(order[oldest])
            oldest += 1
        }
        if oldest > 1000, oldest > order.count / 2 {
            order.removeFirst(oldest)
            oldest = 0
        }
    }

    /// Tells the end of the newest try that was kept, where nobody has told it and `isIt` knows the try by it.
    /// - Returns: whether it was that one.
    mutating func end(_ task: TaskKey, where isIt: (Attempt) -> Bool, _ change: (inout Attempt) -> Void) -> Bool {
        guard var attempt = attempts[task]?.popLast() else { return false }
        let isThat = attempt.ended.isNaN && isIt(attempt)
        if isThat { change(&attempt) }
        attempts[task]?.append(attempt)
        return isThat
    }

    mutating func remove(_ task: TaskKey) {
        guard !attempts.isEmpty, let gone = attempts.removeValue(forKey: task) else { return }
        count -= gone.count
    }
}

/// One try of a task, as far as events told. Times are seconds since 1970.
public struct TaskAttempt: Hashable, Sendable {
    public var worker: WorkerName?
    public var receivedAt: Double?
    public var startedAt: Double?
    public var endedAt: Double?
    /// How it ended, or what it does now.
    public var state: TaskState
    /// Tries of Celery's before it.
    public var retries: Int
    /// Type of the exception.
    public var exception: String?
    /// Another try began, and nobody told of the end of this one: its worker was lost, or its message was delivered twice.
    public var isLost: Bool

    public init(worker: WorkerName? = nil, receivedAt: Double? = nil, startedAt: Double? = nil, endedAt: Double? = nil, state: TaskState, retries: Int = 0, exception: String? = nil, isLost: Bool = false) {
        self.worker = worker
        self.receivedAt = receivedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.state = state
        self.retries = retries
        self.exception = exception
        self.isLost = isLost
    }
}

extension ClusterState {
    /// All tries that were seen of a task, the newest last.
    func attempts(of slot: SlotID, now: Double) -> [TaskAttempt] {
        func known(_ time: Double) -> Double? { time.isNaN ? nil : time }
        let past = earlier[tasks[slot].key].map { attempt in
            TaskAttempt(
                worker: attempt.worker == NameTable.none ? nil : workers.name(attempt.worker), receivedAt: known(attempt.received), startedAt: known(attempt.started), endedAt: known(attempt.ended),
                state: words[attempt.state], retries: Int(attempt.retries), exception: attempt.exception.isEmpty ? nil : attempt.exception, isLost: attempt.ended.isNaN)
        }
        let row = taskRow(slot, now: now)
        // The try that a retry ended is among the past ones. The next one may have been received before that was told.
        if row.state == .retry, let last = past.last, last.receivedAt == row.receivedAt { return past }
        guard row.receivedAt != nil || row.startedAt != nil || row.state.isFinal else { return past }
        // Of times only those count that are of this try.
        let began = row.receivedAt ?? -.infinity
        var current = TaskAttempt(worker: row.worker, receivedAt: row.receivedAt, state: row.state, retries: row.retries)
        current.startedAt = row.startedAt.flatMap { $0 >= began ? $0 : nil }
        if row.state.isFinal, let end = row.finishedAt {
            if end >= began {
                (current.endedAt, current.exception) = (end, row.state == .failure ? exceptionType(of: slot) : nil)
            } else {
                current.state = current.startedAt == nil ? .received : .started
            }
        } else if row.state == .retry, !past.isEmpty {
            current.state = current.startedAt == nil ? .received : .started
        }
        return past + [current]
    }

    /// Keeps the try that has just been ended by a retry.
    ///
    /// A worker sends the message of the next try before it tells of the end of this one, and whoever is free has received it by then.
    mutating func keepRetried(_ slot: SlotID, at timestamp: Double) {
        let task = tasks[slot], exception = exceptionType(of: slot) ?? ""
        let isTold = earlier.end(task.key) { $0.worker == task.worker && $0.received < task.received && $0.retries + 1 == task.retries } _: { attempt in
            (attempt.ended, attempt.state, attempt.exception) = (timestamp, .retry, exception)
        }
        if isTold { return }
        // What was sent since it was received is the next one.
        let retries = task.sent > task.received ? max(0, task.retries - 1) : task.retries
        earlier.add(
            AttemptTable.Attempt(
                worker: task.worker, received: task.received, started: task.started < task.received ? .nan : task.started, ended: timestamp, state: .retry, retries: retries, exception: exception),
            to: task.key)
    }
}
