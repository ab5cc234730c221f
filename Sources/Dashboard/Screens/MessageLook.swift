public import CeleriacCore

/// What is known of the messages that wait in one queue, and where the operator is among them.
struct MessageLook: Hashable, Sendable {
    var list = ListState()
    /// Those that were looked at, one after the other; the first one has `first` before it in its queue.
    var rows: [MessageRow] = []
    var first = 0
    /// Messages that waited then.
    var total = 0
    /// They were taken out and given back, and bear the mark of that.
    var isMarked = false
    /// Seconds since 1970; `nil`: not yet.
    var at: Double?
    var isAsking = false
    var problem: String?
    /// Where the cursor goes once the messages there have come, counted from the front of the queue.
    var pending: Int?
    /// What a filter found in the whole queue, or what there is to be sorted.
    var scan: MessageScan?
    var counts: TaskCounts?
    /// Something was done to the queue since.
    var isOutdated = false
    /// Marked messages that are out of sight.
    private var carried: [String: MessageRow] = [:]

    /// What the list shows before it is sorted: what a search found, else what was looked at.
    var shown: [MessageRow] { scan?.rows ?? rows }

    /// All marked messages that are known, in the order of their queue as far as that is known.
    var marked: [MessageRow] {
        let near = shown.filter { list.marks.contains($0.id) }
        let ids = Set(near.map(\.id))
        return (carried.values.filter { list.marks.contains($0.id) && !ids.contains($0.id) } + near).sorted { ($0.message.position, $0.id) < ($1.message.position, $1.id) }
    }

    /// Keeps what is marked before other messages are shown.
    mutating func carry() {
        carried = carried.filter { list.marks.contains($0.key) }
        for row in shown where list.marks.contains(row.id) { carried[row.id] = row }
    }

    mutating func take(_ sample: QueueSample, now: Double) {
        carry()
        let seen = Dictionary(rows.map { ($0.id, $0.seenAt ?? now) }) { $1 }
        rows = MessageRow.rows(sample.messages).map { row in
            var row = row
            row.seenAt = seen[row.id] ?? now
            return row
        }
        (first, total, isMarked, at, isAsking, problem, isOutdated) = (sample.first, sample.total, sample.isMarked, now, false, nil, false)
        // Fewer wait than were before the place that was looked at: the front is looked at next.
        if rows.isEmpty, total > 0 {
            (first, isOutdated) = (0, true)
            list.unselect()
        }
        guard let wanted = pending else { return }
        pending = nil
        let index = max(0, min(wanted - first, rows.count - 1))
        if rows.indices.contains(index) { list.select(rows[index].id, index: first + index, row: list.targetRow ?? list.row) }
    }

    /// Shows these no more.
    mutating func drop(_ messages: Set<KeptMessage>) {
        let count = rows.count
        let gone = Set(messages.map(\.bytes))
        rows.removeAll { gone.contains($0.message.kept.bytes) }
        scan?.rows.removeAll { gone.contains($0.message.kept.bytes) }
        total = max(0, total - (count - rows.count))
    }

    /// Shows one in the place of another.
    mutating func replace(_ old: KeptMessage, with new: KeptMessage) {
        func renewed(_ row: MessageRow) -> MessageRow {
            guard row.message.kept.bytes == old.bytes, var fresh = MessageRow.rows([QueueSample.Message(new, position: row.message.position)]).first else { return row }
            fresh.hasPlace = row.hasPlace
            if list.cursor == row.id { list.cursor = fresh.id }
            return fresh
        }
        rows = rows.map(renewed)
        if let found = scan?.rows { scan?.rows = found.map(renewed) }
    }

    mutating func unmark() { (list.marks, list.marksAllMatching, list.isRanging, carried) = ([], false, false, [:]) }
}

/// One waiting message in a list.
struct MessageRow: Hashable, Sendable {
    /// Tells it from all others of its list, whatever moves.
    var id: String
    var message: QueueSample.Message
    /// It is known how many messages are before it.
    var hasPlace: Bool
    /// When it was seen first, if it has been in sight since; seconds since 1970.
    var seenAt: Double?

    /// How long it has been waiting: since it was sent, when that is told, else at least since it was seen first.
    func age(now: Double) -> Fact<Double> {
        if let sentAt = message.sentAt { return .known(max(0, now - sentAt)) }
        if let seenAt, now - seenAt >= 1 { return .atLeast(now - seenAt) }
        return .noAnswer(last: nil, at: nil)
    }

    static func rows(_ messages: [QueueSample.Message], havePlaces: Bool = true) -> [MessageRow] {
        // The same bytes can wait twice.
        var seen: [Int: Int] = [:]
        return messages.map { message in
            let hash = message.kept.bytes.hashValue
            let times = seen[hash, default: 0]
            seen[hash] = times + 1
            let name = message.task?.id.rawValue ?? "-"
            return MessageRow(id: "\(name) \(hash)" + (times == 0 ? "" : " \(times)"), message: message, hasPlace: havePlaces)
        }
    }
}

/// A walk through a whole queue for what is to be listed.
struct MessageScan: Hashable, Sendable {
    /// Answers to an older one are passed over.
    let id: Int
    let filter: Filter?
    var rows: [MessageRow] = []
    var progress = JobProgress()
    var isDone = false
    /// The operator ended it.
    var isStopped = false
    var problem: String?

    init(id: Int, filter: Filter?) {
        self.id = id
        self.filter = filter
    }

    /// More were found than are kept.
    var isCut: Bool { progress.found > rows.count }

    mutating func take(_ part: ScanPart) {
        if rows.map(\.message) != part.messages { rows = MessageRow.rows(part.messages, havePlaces: part.havePlaces) }
        (progress, isDone, problem) = (part.progress, part.isDone, part.problem)
    }
}

/// What a walk through a queue has found so far.
public struct ScanPart: Hashable, Sendable {
    /// In the order of the queue, the oldest of those found.
    public var messages: [QueueSample.Message]
    /// The positions of the messages are right.
    public var havePlaces: Bool
    public var progress: JobProgress
    public var isDone: Bool
    public var problem: String?

    public init(messages: [QueueSample.Message] = [], havePlaces: Bool = true, progress: JobProgress, isDone: Bool = false, problem: String? = nil) {
        self.messages = messages
        self.havePlaces = havePlaces
        self.progress = progress
        self.isDone = isDone
        self.problem = problem
    }
}

/// How many messages of which task wait, as far as a bounded look went.
public struct TaskCounts: Hashable, Sendable {
    public struct Row: Hashable, Sendable {
        /// `nil`: of no task.
        public var name: String?
        public var count: Int
        /// When the oldest of those was sent that tell, in seconds since 1970.
        public var oldest: Double?
    }

    /// The most frequent first.
    public var rows: [Row]
    /// Messages looked at, of how many.
    public var looked: Int
    public var total: Int
    /// Seconds since 1970.
    public var at: Double

    /// - Parameter at: seconds since 1970.
    public init(_ messages: some Sequence<QueueSample.Message>, total: Int, at: Double) {
        var found: [String?: Row] = [:]
        looked = 0
        for message in messages {
            looked += 1
            let name = message.task?.name
            var row = found[name] ?? Row(name: name, count: 0, oldest: nil)
            row.count += 1
            if let sent = message.sentAt { row.oldest = min(row.oldest ?? sent, sent) }
            found[name] = row
        }
        rows = found.values.sorted { ($1.count, $0.name ?? "") < ($0.count, $1.name ?? "") }
        self.total = max(total, looked)
        self.at = at
    }
}
