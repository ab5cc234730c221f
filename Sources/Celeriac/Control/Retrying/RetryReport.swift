public import CeleriacCore

/// How a retry of many tasks ended.
public struct RetryReport: Hashable, Sendable {
    /// A task that was sent again, and the id that it has now.
    public struct Sent: Hashable, Sendable {
        public var task: TaskID
        public var new: TaskID
    }

    /// A task whose arguments are not known for sure.
    public struct Unknown: Hashable, Sendable {
        public var task: TaskID
        /// Why not. **Not yet made safe to show.**
        public var reason: String
    }

    public var sent: [Sent] = []
    public var unknown: [Unknown] = []
    /// Tasks that have not ended.
    public var unfinished = 0
    /// Tasks that were retried before, and have not ended since.
    public var before = 0
    /// How many of those sent were known from where.
    public var sources: [CallSource: Int] = [:]
    /// Why it ended early. Those that were on their way then may have been sent.
    public var failure: String?
    public var isStopped = false

    public init() {}

    /// One sentence for the last line.
    public var words: String {
        var words = "retried \(sent.count) \(sent.count == 1 ? "task" : "tasks")"
        let shown = sources[.shown] ?? 0
        if shown > 0 { words += shown == sent.count ? " (arguments from the texts that senders showed)" : " (\(shown) by the texts that senders showed)" }
        var rest: [String] = []
        if !unknown.isEmpty { rest.append("\(unknown.count) left alone: arguments not known (\(unknown[0].task): \(unknown[0].reason))") }
        if before > 0 { rest.append("\(before) were retried before") }
        if unfinished > 0 { rest.append("\(unfinished) \(unfinished == 1 ? "has" : "have") not ended") }
        if isStopped { rest.append("stopped") }
        if let failure { rest.append("ended early: \(failure)") }
        return ([words] + rest).joined(separator: ", ")
    }
}
