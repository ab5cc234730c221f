public import CeleriacCore

/// What can be done to schedule entries without a form.
public enum EntryAct: String, CaseIterable, Hashable, Sendable {
    case enable, disable, remove, trigger, skip

    /// The verb of `celeriac schedule` that does the same.
    public var verb: String { self == .trigger ? "run" : rawValue }

    /// For questions and buttons.
    public var words: String {
        switch self {
        case .enable: "resume"
        case .disable: "suspend"
        case .remove: "remove"
        case .trigger: "trigger"
        case .skip: "skip the next run of"
        }
    }
}

/// Which entries an action is about, fixed when its key was pressed.
public enum EntryTargets: Hashable, Sendable {
    case entries([EntryTarget])
    /// All that match, as many as matched then.
    case matching(Filter, count: Int)
    /// All that are enabled, as many as there were then.
    case enabled(count: Int)

    public var count: Int {
        switch self {
        case .entries(let targets): targets.count
        case .matching(_, let count), .enabled(let count): count
        }
    }
}

/// An edit of the schedule that can be taken back; the runner keeps the entries as they were and are.
public struct DoneEdit: Hashable, Sendable {
    public var id: Int
    /// "suspended nightly".
    public var title: String
    /// Some of the names, and how many entries it is about.
    public var names: [String]
    public var count: Int

    public init(id: Int, title: String, names: [String], count: Int) {
        self.id = id
        self.title = title
        self.names = names
        self.count = count
    }
}
