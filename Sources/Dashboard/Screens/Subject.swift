public import CeleriacCore

/// What an open detail is about, and which of its tabs is shown.
public enum Subject: Hashable, Sendable {
    case task(TaskID, TaskTab)
    case worker(WorkerName, WorkerTab)
    case queue(QueueName, QueueTab)
    /// A message that waited when it was opened.
    case message(QueueSample.Message)
    /// What is in the trash.
    case trash
    /// The workflow of this task, as a tree.
    case workflow(TaskID)
    /// A schedule entry, by its name.
    case periodic(String, PeriodicTab)
    /// A line of the log.
    case entry(Int)
    /// A record as text, fixed when it was opened.
    case record(of: String, text: String)
}

public enum TaskTab: String, CaseIterable, Hashable, Sendable {
    case summary = "Summary", args = "Args", result = "Result", traceback = "Traceback", attempts = "Attempts", family = "Family", message = "Message"
}

public enum QueueTab: String, CaseIterable, Hashable, Sendable {
    case messages = "Messages", names = "By task", held = "Held", dead = "Dead letters", facts = "Facts"
}

public enum PeriodicTab: String, CaseIterable, Hashable, Sendable {
    case runs = "Runs", upcoming = "Next runs", definition = "Definition"
}

public enum WorkerTab: String, CaseIterable, Hashable, Sendable {
    case active = "Active", reserved = "Reserved", scheduled = "Scheduled", revoked = "Revoked", stats = "Stats", conf = "Conf"
}

/// A detail with its place in the text.
struct OpenDetail: Hashable, Sendable {
    var subject: Subject
    var text = TextState()

    init(_ subject: Subject) {
        self.subject = subject
        // A tree or a table that is wrapped is none.
        if case .workflow = subject { text.wraps = false }
        if case .queue(_, .names) = subject { text.wraps = false }
        if case .trash = subject { text.wraps = false }
    }

    /// Titles of its tabs; empty when it has none.
    var tabs: [String] {
        switch subject {
        case .task: TaskTab.allCases.map(\.rawValue)
        case .worker: WorkerTab.allCases.map(\.rawValue)
        case .periodic: PeriodicTab.allCases.map(\.rawValue)
        case .queue: QueueTab.allCases.map(\.rawValue)
        default: []
        }
    }

    var tabTitle: String? {
        switch subject {
        case .task(_, let tab): tab.rawValue
        case .worker(_, let tab): tab.rawValue
        case .periodic(_, let tab): tab.rawValue
        case .queue(_, let tab): tab.rawValue
        default: nil
        }
    }

    /// Shows the tab `step` further, round and round.
    mutating func turn(_ step: Int) {
        switch subject {
        case .task(let id, let tab): subject = .task(id, tab.neighbour(step))
        case .worker(let name, let tab): subject = .worker(name, tab.neighbour(step))
        case .periodic(let name, let tab): subject = .periodic(name, tab.neighbour(step))
        case .queue(let name, let tab): subject = .queue(name, tab.neighbour(step))
        default: return
        }
        text = TextState(wraps: text.wraps)
    }

    mutating func show(tab title: String) {
        switch subject {
        case .task(let id, let old): subject = .task(id, TaskTab(rawValue: title) ?? old)
        case .worker(let name, let old): subject = .worker(name, WorkerTab(rawValue: title) ?? old)
        case .periodic(let name, let old): subject = .periodic(name, PeriodicTab(rawValue: title) ?? old)
        case .queue(let name, let old): subject = .queue(name, QueueTab(rawValue: title) ?? old)
        default: return
        }
        text = TextState(wraps: text.wraps)
    }
}

extension CaseIterable where Self: Equatable, AllCases.Index == Int {
    /// The case `step` further in order, round and round.
    func neighbour(_ step: Int) -> Self {
        let all = Self.allCases
        guard let here = all.firstIndex(of: self), !all.isEmpty else { return self }
        return all[(((here + step) % all.count) + all.count) % all.count]
    }
}
