/// The views that the number keys reach.
public enum ViewName: String, CaseIterable, Hashable, Sendable {
    case overview, tasks, queues, workers, beat, workflows, errors, log

    /// The digit that opens it.
    public var number: Int {
        switch self {
        case .overview: 1
        case .tasks: 2
        case .queues: 3
        case .workers: 4
        case .beat: 5
        case .workflows: 6
        case .errors: 7
        case .log: 8
        }
    }

    public var title: String {
        switch self {
        case .overview: "Overview"
        case .tasks: "Tasks"
        case .queues: "Queues"
        case .workers: "Workers"
        case .beat: "Beat"
        case .workflows: "Workflows"
        case .errors: "Errors"
        case .log: "Log"
        }
    }

    var command: Command {
        switch self {
        case .overview: .overview
        case .tasks: .tasks
        case .queues: .queues
        case .workers: .workers
        case .beat: .beat
        case .workflows: .workflows
        case .errors: .errors
        case .log: .log
        }
    }
}

/// Every list with a cursor of its own.
public enum ListName: String, CaseIterable, Hashable, Sendable {
    case tasks, queues, workers, beat, workflows, errors, log
    // The messages of the queue whose detail is open
    case messages
    // Panes of the overview
    case queuesPane, workersPane, timingsPane, beatPane, failuresPane

    static let panes: [ListName] = [.queuesPane, .workersPane, .timingsPane, .beatPane, .failuresPane]

    /// What one row is, for messages.
    var noun: String {
        switch self {
        case .tasks: "task"
        case .queues, .queuesPane: "queue"
        case .workers, .workersPane: "worker"
        case .beat, .beatPane: "schedule entry"
        case .workflows: "workflow"
        case .errors: "group of failures"
        case .log: "entry"
        case .messages: "message"
        case .timingsPane: "task name"
        case .failuresPane: "failure"
        }
    }

    /// Tasks and workflows stream by: there the newest is shown until the user selects one. Elsewhere the first row is selected at once.
    var selectsFirst: Bool { self != .tasks && self != .workflows }

    /// Of beat's entries.
    var isOfEntries: Bool { self == .beat || self == .beatPane }
    /// Rows can be marked.
    var marks: Bool { self == .tasks || self == .beat || self == .messages }
}
