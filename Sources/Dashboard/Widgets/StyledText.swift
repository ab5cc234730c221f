public import CeleriacCore

/// Text of one style.
struct Span: Hashable, Sendable {
    var text: String
    var style: Style

    init(_ text: String, _ role: Role = .text, _ emphasis: Style.Emphasis = []) {
        self.text = text
        style = Style(role, emphasis)
    }
}

/// What Enter on a line opens.
public enum Target: Hashable, Sendable {
    case task(TaskID), worker(WorkerName), queue(QueueName)
    /// The messages of one task that wait in a queue; `nil`: those of no task.
    case named(String?, QueueName)
    /// An act whose messages are in the trash.
    case trash(TrashID)
}

/// One line of a document.
struct Line: Hashable, Sendable {
    var spans: [Span]
    var target: Target?

    init(_ spans: [Span] = [], target: Target? = nil) {
        self.spans = spans
        self.target = target
    }

    init(_ text: String, _ role: Role = .text, _ emphasis: Style.Emphasis = [], target: Target? = nil) {
        self.init([Span(text, role, emphasis)], target: target)
    }

    var text: String { spans.map(\.text).joined() }
    static let empty = Line()
}
