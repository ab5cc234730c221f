import CeleriacCore

/// The tasks seen so far, newest first.
enum TasksScreen {
    static let table = Table<TaskRow>(id: { $0.id.rawValue }, [
        Column("ID", field: "id", 8, 8, most: 36, drop: 0) { task, _ in CellText(identity: task.id) },
        Column("NAME", field: "name", 16, 24, most: 60, flexible: true, drop: 0) { task, _ in CellText(name: task) },
        Column("STATE", field: "state", 8, 8, drop: 0) { task, _ in CellText(state: task) },
        Column("WORKER", field: "worker", 8, 14, most: 30, drop: 4) { task, _ in CellText(foreign: task.worker?.short) },
        Column("QUEUE", field: "queue", 7, 10, most: 24, drop: 5) { task, context in CellText(task.queue, context) { safe($0.rawValue) } },
        Column("WAIT", field: "wait", 7, 7, right: true, drop: 6) { task, _ in CellText(seconds: task.wait) },
        Column("RUN", field: "runtime", 7, 7, right: true, drop: 2) { task, _ in CellText(seconds: task.runtime) },
        Column("RETRY", field: "retries", 5, 5, right: true, drop: 7) { task, _ in CellText(String(task.retries), task.retries == 0 ? .dim : .retry) },
        Column("SEEN", 8, 10, right: true, drop: 8) { task, context in CellText(context.time(task.timestamp), .dim) },
        Column("ARGS", field: "args", 8, 20, most: 120, flexible: true, drop: 3) { task, _ in CellText(arguments: task) },
    ])

    /// Why there are no rows, and which key helps.
    static func emptiness(_ page: ListPage<TaskRow>, _ list: ListState, _ header: HeaderFacts) -> [String] {
        if page.total > 0 { return ["no task matches \(safe(list.filter?.text ?? ""))", "Esc clears the filter"] }
        if header.workersKnown == 0 { return ["no worker has been heard of yet"] }
        if header.workersWithoutEvents > 0 {
            return ["no task has been seen yet", "task events are off on \(header.workersWithoutEvents) of \(header.workersKnown) workers: E switches them on"]
        }
        return ["no task has been seen yet"]
    }
}

extension CellText {
    /// The first eight characters tell tasks apart; all of them where there is room.
    init(identity id: TaskID) {
        let text = safe(id.rawValue)
        self.init([text, String(text.prefix(8))], .dim)
    }

    init(name task: TaskRow) {
        guard let name = task.name else { self.init("?", .stale); return }
        self.init(safe(name))
    }

    /// The word, coloured; one letter where the word does not fit.
    init(state task: TaskRow) {
        let word = safe(task.state.rawValue)
        if task.isOrphaned { self.init(["ORPHAN", "O"], .bad); return }
        self.init([word, task.state.letter], task.state.role)
    }

    init(arguments task: TaskRow) {
        guard task.args != nil || task.kwargs != nil else { self = .notApplicable; return }
        let parts = [task.args, task.kwargs].compactMap { $0 }.filter { $0 != "()" && $0 != "{}" && $0 != "[]" }
        self.init(safe(parts.joined(separator: " ")), .dim)
    }
}

extension TaskState {
    var role: Role {
        switch self {
        case .pending: .pending
        case .received: .received
        case .started: .started
        case .success: .success
        case .failure: .failure
        case .retry: .retry
        case .revoked: .revoked
        case .rejected: .rejected
        default: .info
        }
    }

    /// One letter, different for each of Celery's states.
    var letter: String {
        switch self {
        case .pending: "P"
        case .received: "R"
        case .started: "A"
        case .success: "S"
        case .failure: "F"
        case .retry: "T"
        case .revoked: "X"
        case .rejected: "J"
        default: "c"
        }
    }
}

extension WorkerName {
    /// Without the node name that all workers have by default.
    var short: String { rawValue.hasPrefix("celery@") && rawValue.utf8.count > 7 ? String(rawValue.dropFirst(7)) : rawValue }
}
