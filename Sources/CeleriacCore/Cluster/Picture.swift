/// What a screen shows of one list: the state answers with that part only.
public struct ListQuery: Hashable, Sendable {
    public var filter: Filter?
    /// Name of the column as the screen calls it (`tasks --json` field names); `nil` = the list's natural order (tasks: newest first; others: by name).
    public var sort: String?
    public var ascending: Bool
    /// Index of the first row wanted when no `anchor` is found.
    public var first: Int
    /// Rows wanted at most.
    public var count: Int
    /// Identity (task id, queue or worker name) that the window must contain, `anchorRow` rows below its top when that is possible.
    public var anchor: String?
    public var anchorRow: Int
    /// Moves the anchor that many rows down (negative: up) in the current order before the window is cut.
    public var move: Int

    public init(filter: Filter? = nil, sort: String? = nil, ascending: Bool = true, first: Int = 0, count: Int = 100, anchor: String? = nil, anchorRow: Int = 0, move: Int = 0) {
        self.filter = filter
        self.sort = sort
        self.ascending = ascending
        self.first = first
        self.count = count
        self.anchor = anchor
        self.anchorRow = anchorRow
        self.move = move
    }
}

/// The part of a list that was asked for.
public struct ListPage<Row: Hashable & Sendable>: Hashable, Sendable {
    public var rows: [Row]
    /// Index of `rows[0]` among those that match.
    public var first: Int
    /// Rows that match the filter, and rows in all.
    public var matching: Int
    public var total: Int
    /// Index within `rows` of the anchor after its move; `nil` without anchor, or when it is gone.
    public var anchorIndex: Int?

    public init(rows: [Row] = [], first: Int = 0, matching: Int = 0, total: Int = 0, anchorIndex: Int? = nil) {
        self.rows = rows
        self.first = first
        self.matching = matching
        self.total = total
        self.anchorIndex = anchorIndex
    }
}

/// The figures of the top line.
public struct HeaderFacts: Hashable, Sendable {
    public var link: LinkState = .connecting
    public var eventsPerSecond: Double = 0
    /// Seconds from time stamp to arrival, median of the last second; `nil` when nothing came.
    public var lag: Double?
    public var workersAlive = 0
    public var workersKnown = 0
    /// Workers known to send no task events.
    public var workersWithoutEvents = 0
    /// Workers of which neither a task event nor its absence has told whether they send them.
    public var workersUnsureOfEvents = 0
    public var eventsTotal = 0
    /// Events that could not be kept up with, and those that could not be read.
    public var eventsDropped = 0
    public var eventsUnreadable = 0
    /// Newest reason why an event could not be read.
    public var newestProblem: String?
    /// What is wrong with the broker's queues.
    public var queueProblem: String?
    /// How the broker is, where it tells.
    public var standing: BrokerStanding?
    public var tasksHeld = 0
    public var bytesHeld = 0
    /// Seconds since 1970 when anything was last heard from the broker.
    public var heardAt: Double?
    /// Why the result backend does not tell of groups; `nil` when it does, or was not asked.
    public var groupProblem: String?

    public init() {}
}

/// What a draw asks of the state.
public struct PictureRequest: Hashable, Sendable {
    public var tasks: ListQuery?
    public var queues: ListQuery?
    public var workers: ListQuery?
    public var workflows: ListQuery?
    /// Schedule entries.
    public var beat: ListQuery?
    /// The entry to be shown whole.
    public var entry: String?
    /// The name-by-name timings, at most this many rows, busiest first.
    public var timings: Int?
    public var failures: Int?
    /// Failures by exception and task.
    public var errors: ListQuery?
    /// A task to be shown whole, with its family.
    public var detail: TaskID?
    /// A task whose workflow is to be shown as a tree.
    public var workflow: TaskID?
    /// Tasks (by worker) to be listed under a worker's detail.
    public var worker: WorkerName?

    public init() {}
}

/// One task with its relatives, parents first.
public struct TaskDetail: Hashable, Sendable {
    public var task: TaskRow
    /// Root first, then depth first by parent; the depth counts from the root.
    public var family: [Relative]
    /// Its tries, the newest last.
    public var attempts: [TaskAttempt]

    public struct Relative: Hashable, Sendable {
        public var depth: Int
        public var task: TaskRow
        public init(depth: Int, task: TaskRow) {
            self.depth = depth
            self.task = task
        }
    }

    public init(task: TaskRow, family: [Relative], attempts: [TaskAttempt] = []) {
        self.task = task
        self.family = family
        self.attempts = attempts
    }
}

/// The state's answer to a `PictureRequest`; parts that were not asked for are `nil`.
public struct Picture: Hashable, Sendable {
    /// Seconds since 1970.
    public var now: Double
    public var header: HeaderFacts
    public var tasks: ListPage<TaskRow>?
    public var queues: ListPage<QueueRow>?
    public var workers: ListPage<WorkerRow>?
    public var workflows: ListPage<WorkflowRow>?
    public var beat: ListPage<EntryRow>?
    public var entry: EntryDetail?
    /// Where the entries come from; told in every picture.
    public var beatFacts = BeatFacts()
    public var timings: [TimingRow]?
    public var failures: [FailureRow]?
    public var errors: ListPage<FailureRow>?
    public var detail: TaskDetail?
    public var workflow: WorkflowDetail?
    /// The worker asked for, whole.
    public var worker: WorkerRow?
    /// Unfinished tasks of that worker, oldest first, at most 200.
    public var workerTasks: [TaskRow]?
    /// Sum of ready messages over the last five minutes, oldest first, one each 5 s.
    public var readyHistory: [Double]

    public init(now: Double, header: HeaderFacts = HeaderFacts()) {
        self.now = now
        self.header = header
        readyHistory = []
    }
}
