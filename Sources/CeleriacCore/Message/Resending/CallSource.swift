/// Where it is known from what a task was called with: the earlier ones are believed before the later ones.
public enum CallSource: String, CaseIterable, Hashable, Sendable {
    /// What the result backend keeps with `result_extended`.
    case record
    /// The message itself, where it lies now.
    case message
    /// The message as it was seen from here before.
    case history
    /// Python's text of the arguments in events, which whoever sent the task has abbreviated, or chosen.
    case shown

    /// For dialogs.
    public var words: String {
        switch self {
        case .record: "from the result backend, which keeps arguments (result_extended)"
        case .message: "from the message itself"
        case .history: "from the message as it was seen from here before"
        case .shown: "from the text that the sender showed: it reads as plain values, nothing of it is cut; a text of the sender's own making would look the same"
        }
    }
}

/// A task's message that was seen, and where.
public struct SeenMessage: Hashable, Sendable {
    public enum Standing: Hashable, Sendable {
        /// It waits, with so many before it.
        case waiting(position: Int)
        /// A worker holds it.
        case held
        /// It was there at that time (seconds since 1970).
        case past(Double)
    }

    public var message: TaskMessage
    public var queue: QueueName
    public var standing: Standing

    public init(_ message: TaskMessage, in queue: QueueName, _ standing: Standing) {
        self.message = message
        self.queue = queue
        self.standing = standing
    }

    /// It may still be run as it is.
    public var isThere: Bool { if case .past = standing { false } else { true } }
}

/// What each place said that may know a task's call.
public struct CallEvidence: Hashable, Sendable {
    public enum Answer<Content: Hashable & Sendable>: Hashable, Sendable {
        case found(Content)
        /// Why there is nothing, in words.
        case missing(String)

        package var content: Content? { if case .found(let content) = self { content } else { nil } }
    }

    public var record: Answer<ResultRecord>
    public var message: Answer<SeenMessage>
    public var history: SeenMessage?
    /// What events told.
    public var row: TaskRow?

    public init(record: Answer<ResultRecord>, message: Answer<SeenMessage>, history: SeenMessage? = nil, row: TaskRow? = nil) {
        self.record = record
        self.message = message
        self.history = history
        self.row = row
    }
}
