public import CeleriacCore

/// What lies over the view and takes the keys; the last one opened takes them first.
public enum Modal: Hashable, Sendable {
    case confirmation(Confirmation)
    case menu(Menu)
    case form(ConsumerForm)
    case entry(EntryForm)
    case message(MessageForm)
    case palette(Palette)
    case help(HelpState)
    case line(LineEdit)
}

/// A short list to choose from.
public struct Menu: Hashable, Sendable {
    public struct Item: Hashable, Sendable {
        public var title: String
        /// Shown at the right: keys, or the value now.
        public var note: String
        public var choice: Choice
        /// Why it cannot be chosen; greyed then.
        public var whyNot: String?

        init(_ title: String, note: String = "", _ choice: Choice, whyNot: String? = nil) {
            self.title = title
            self.note = note
            self.choice = choice
            self.whyNot = whyNot
        }
    }

    public enum Choice: Hashable, Sendable {
        case command(Command)
        /// Field name; `nil` = natural order.
        case sort(String?)
        case terminate(Deed, signal: String)
        case stopJob(Int)
        case retry(Deed, ResendingTerms)
        case save(Effect.TableFile)
        case time(TimeMode)
        case theme(String)
    }

    public var title: String
    public var items: [Item]
    public internal(set) var selected = 0
    /// Seconds since 1970; keys right after it are ignored.
    var openedAt: Double

    init(_ title: String, _ items: [Item], openedAt: Double) {
        self.title = title
        self.items = items
        self.openedAt = openedAt
        selected = items.firstIndex { $0.whyNot == nil } ?? 0
    }
}

/// Which tasks an action is about, fixed when its key was pressed.
public enum Deed: Hashable, Sendable {
    case tasks([TaskID])
    /// All that match, as many as matched then.
    case matching(Filter, count: Int)

    var count: Int {
        switch self {
        case .tasks(let ids): ids.count
        case .matching(_, let count): count
        }
    }
}

/// Starts or stops consuming a queue on one worker.
public struct ConsumerForm: Hashable, Sendable {
    public enum Field: String, CaseIterable, Hashable, Sendable { case action = "Action", queue = "Queue" }
    public var worker: WorkerName
    public internal(set) var adds = true
    public internal(set) var queue = InputLine()
    public internal(set) var field = Field.action
    /// Queues that it consumes now; `nil` when not known.
    public var consumed: [QueueName]?
    public internal(set) var problem: String?
    var openedAt: Double
}

/// All commands, narrowed by what is typed.
public struct Palette: Hashable, Sendable {
    public internal(set) var input = InputLine()
    public internal(set) var selected = 0
}

public struct HelpState: Hashable, Sendable {
    var text = TextState(wraps: false)
}

/// What is typed on the last line.
public struct LineEdit: Hashable, Sendable {
    public enum Purpose: Hashable, Sendable {
        /// The filter of that list; `before` comes back with Esc.
        case filter(ListName, before: Filter?)
        case command
        /// The queue that messages go to.
        case target(Taking)
        /// A search in the open text.
        case search
    }

    public var purpose: Purpose
    public internal(set) var input: InputLine
    /// Why it is not understood so far.
    public internal(set) var problem: String?
    /// What Tab offers next, with the text it completes.
    var completions: [String] = []
    var completion: Int?
}
