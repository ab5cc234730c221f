public import CeleriacCore

/// What may be done on this broker. The connection enforces it; the screens explain it.
public enum Permission: String, Hashable, Sendable {
    case act
    case readOnly
    /// Workers are not asked anything.
    case passive
}

/// All that the dashboard remembers between two keys: a value without clocks or connections.
public struct DashboardState: Hashable, Sendable {
    // Where we are
    public internal(set) var view: ViewName = .overview
    public internal(set) var previousView: ViewName = .tasks
    var lists: [ListName: ListState] = [:]
    /// Open details, the innermost last.
    var details: [OpenDetail] = []
    public internal(set) var modals: [Modal] = []
    /// The pane of the overview that has the keys, and whether it fills the screen.
    public internal(set) var pane: ListName = .queuesPane
    public internal(set) var isZoomed = false

    // How it is shown
    public internal(set) var rows: Int
    public internal(set) var columns: Int
    public var timeMode: TimeMode = .relative
    public var zone: Zone = .utc
    public var theme = "default"
    public var themes: [String] = []
    /// The picture held still, while the header goes on.
    public internal(set) var frozen: Picture?

    // What it is connected to
    public internal(set) var context: String
    /// Masked URL of the broker.
    public var endpoint: String
    public var permission: Permission
    public var isProduction: Bool

    // What was done and learnt
    /// Newest last, at most 1000.
    public internal(set) var log: [LogEntry] = []
    /// How the last action ended.
    public internal(set) var outcome: Outcome?
    /// An answer to the last key; covers the outcome until the next one.
    public internal(set) var notice: Outcome?
    var results = Bounded<TaskID, StoredResult>(limit: 200)
    var inspections: [WorkerName: Inspection] = [:]
    var looks = Bounded<QueueName, MessageLook>(limit: 20)
    /// When workers were asked last what they hold of the queue that is open.
    var heldAskedAt: Double?
    /// Walks through queues so far; numbers them.
    var scans = 0
    var foundMessages = Bounded<TaskID, FoundTaskMessage>(limit: 50)
    /// What the call of a task is being looked for.
    var lookingFor: CallQuestion?
    var commandHistory: [String] = []
    var filterHistory: [String] = []
    /// Facts of the last picture that decide what to ask for next.
    var header = HeaderFacts()
    var beat = BeatFacts()
    /// What was done from here and can be taken back, the newest last.
    public internal(set) var undos: [Undo] = []
    /// Acts on messages under way, the newest last.
    public internal(set) var jobs: [MessageJob] = []
    /// `nil`: not read yet.
    var trash: [TrashEntry]?

    /// The last line's text.
    public struct Outcome: Hashable, Sendable {
        public var text: String
        public var isError: Bool
    }

    /// - Parameters:
    ///   - context: name of the context, typed to confirm what touches many tasks; `default` when empty.
    ///   - endpoint: masked URL of the broker.
    public init(
        rows: Int = 24, columns: Int = 80, context: String = "", endpoint: String = "", permission: Permission = .act, isProduction: Bool = false, theme: String = "default",
        themes: [String] = [], zone: Zone = .utc
    ) {
        self.rows = rows
        self.columns = columns
        // An empty name would be typed by accident.
        self.context = context.isEmpty ? "default" : context
        self.endpoint = endpoint
        self.permission = permission
        self.isProduction = isProduction
        self.theme = theme
        self.themes = themes
        self.zone = zone
    }

    /// Messages that wait can only be looked at by taking them out and giving them back, which marks them.
    public var peekingMarks = false
    /// What taking hold of messages means on this broker.
    public var editing: MessageEditing = []

    public mutating func resize(rows: Int, columns: Int) {
        (self.rows, self.columns) = (max(0, rows), max(0, columns))
    }

    /// A line is being typed: keys go into it, none acts on a row.
    public var isTyping: Bool {
        switch modals.last {
        case .line, .entry, .message: true
        default: false
        }
    }

    /// The lists stand still; the header goes on.
    public var isFrozen: Bool { frozen != nil }

    /// Goes to a view, narrowed by `filter` where it has a list that filters; a filter that is none is told on the last line.
    public mutating func show(_ view: ViewName, filter: String?) {
        show(view)
        guard let filter, !filter.isEmpty, view != .overview else { return }
        do throws(FilterError) { narrow(list, to: try Filter(filter)) } catch { tell(error.description, isError: true) }
    }

    /// All rows of the view's table that match its filter, in its order: what saving it writes.
    public var wholeTable: PictureRequest {
        var request = PictureRequest(), query = ListQuery(filter: self[list].filter, sort: self[list].sort, ascending: self[list].ascending)
        query.count = Int(Int32.max)
        switch view {
        case .overview, .log: break
        case .tasks: request.tasks = query
        case .queues: request.queues = query
        case .workers: request.workers = query
        case .beat: request.beat = query
        case .workflows: request.workflows = query
        case .errors: request.errors = query
        }
        return request
    }

    public internal(set) subscript(list: ListName) -> ListState {
        get { list == .messages ? messageLook.list : lists[list] ?? ListState() }
        set {
            guard list == .messages else { return lists[list] = newValue }
            if let queue = listedQueue { look(at: queue) { $0.list = newValue } }
        }
    }

    /// The list that has the keys when no detail is open.
    public var list: ListName {
        if listedQueue != nil { return .messages }
        return switch view {
        case .overview: pane
        case .tasks: .tasks
        case .queues: .queues
        case .workers: .workers
        case .beat: .beat
        case .workflows: .workflows
        case .errors: .errors
        case .log: .log
        }
    }

    mutating func tell(_ text: String, isError: Bool = false) {
        notice = Outcome(text: text, isError: isError)
    }
}

/// Where the message of one task was found.
enum FoundTaskMessage: Hashable, Sendable {
    case asking
    case found(SeenMessage)
    /// Nowhere, for this reason.
    case missing(String)
}

/// A call that is being looked for.
struct CallQuestion: Hashable, Sendable {
    var id: TaskID
    var use: CallUse
}

/// What the result backend said of one task.
enum StoredResult: Hashable, Sendable {
    case asking
    case record(ResultRecord)
    /// It keeps none.
    case none
    case failed(String)
}

/// What one worker answered, by inspect method.
struct Inspection: Hashable, Sendable {
    var values: [String: Value] = [:]
    var problem: String?
    /// Seconds since 1970 of the newest answer.
    var at: Double?
}

/// The entries written last, so many at most.
struct Bounded<Key: Hashable & Sendable, Entry: Hashable & Sendable>: Hashable, Sendable {
    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var order: [Key] = []

    init(limit: Int) { self.limit = limit }

    subscript(key: Key) -> Entry? { entries[key] }
    /// The one written first comes first.
    var keys: [Key] { order }

    mutating func set(_ key: Key, _ entry: Entry) {
        if entries.updateValue(entry, forKey: key) == nil { order.append(key) }
        while order.count > limit { entries[order.removeFirst()] = nil }
    }
}
