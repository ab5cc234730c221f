extension ClusterState {
    /// Tasks looked through, newest first, for those that schedule entries sent.
    private static let looked = 50_000
    /// Seconds from a recorded run within which its task was sent; and received, where nothing tells when it was sent.
    private static let sentWithin = 10.0
    private static let receivedWithin = 300.0
    /// Seconds that the clocks of beat and workers may differ by.
    private static let skew = 1.5

    /// What the tasks of those runs came to, in the order of the questions; `nil` where none is held that fits by name, arguments and time.
    public func outcomes(of questions: [RunQuestion], now: Double) -> [EntryOutcome?] {
        var answers = [EntryOutcome?](repeating: nil, count: questions.count)
        for (index, slot) in slots(of: questions) {
            let row = taskRow(slot, now: now)
            answers[index] = EntryOutcome(task: row.id, state: row.state, runtime: row.runtime, exception: row.exception, isInferred: periodic[row.id] == nil)
        }
        return answers
    }

    private func slots(of questions: [RunQuestion]) -> [Int: SlotID] {
        var byKey: [Key: [(at: Double, index: Int)]] = [:]
        var wanted: Set<NameID> = [], earliest = Double.infinity
        for (index, question) in questions.enumerated() {
            guard let name = words.tasks.find(question.task) else { continue }
            wanted.insert(name)
            earliest = min(earliest, question.at)
            byKey[Key(name: name, arguments: Self.plain(question.args, question.kwargs)), default: []].append((question.at, index))
        }
        for key in byKey.keys { byKey[key]?.sort { $0.at < $1.at } }
        var found: [Int: SlotID] = [:], left = Self.looked
        guard !wanted.isEmpty else { return found }
        tasks.order.forEachNewestFirst { slot in
            left -= 1
            let task = tasks[slot]
            let time = task.sent.isNaN ? task.received : task.sent
            if wanted.contains(task.name), !time.isNaN, let runs = byKey[Key(name: task.name, arguments: Self.plain(task.texts.string(.args) ?? "", task.texts.string(.kwargs) ?? ""))] {
                let owner = periodic.isEmpty ? nil : periodic[id(of: slot)]
                // The newest run that it can have come of; an older task of that run comes after and wins.
                if let run = runs.last(where: { $0.at <= time + Self.skew && (owner == nil || questions[$0.index].name == owner) }), time - run.at <= (task.sent.isNaN ? Self.receivedWithin : Self.sentWithin) {
                    found[run.index] = slot
                }
            }
            return left > 0 && !(time < earliest - 60)
        }
        return found
    }

    /// Tasks of that name with those arguments, newest first, at most `limit`; none whose message named another entry.
    public func runs(like question: RunQuestion, limit: Int, now: Double) -> [EntryRun] {
        guard let name = words.tasks.find(question.task) else { return [] }
        let arguments = Self.plain(question.args, question.kwargs)
        var found: [SlotID] = [], left = Self.looked
        tasks.order.forEachNewestFirst { slot in
            left -= 1
            let task = tasks[slot]
            if task.name == name, Self.plain(task.texts.string(.args) ?? "", task.texts.string(.kwargs) ?? "") == arguments,
                periodic.isEmpty || (periodic[id(of: slot)] ?? question.name) == question.name
            {
                found.append(slot)
            }
            return left > 0 && found.count < limit
        }
        return found.map { slot in
            let row = taskRow(slot, now: now)
            return EntryRun(task: row, isInferred: periodic[row.id] == nil)
        }
    }

    private struct Key: Hashable {
        var name: NameID
        var arguments: String
    }

    /// A tuple and a list of the same arguments are the same call, and so are no arguments in whatever form.
    private static func plain(_ args: String, _ kwargs: String) -> String {
        var inner = args.dropFirst().dropLast()
        if inner.last == "," { inner.removeLast() }
        return inner + "\u{0}" + (kwargs == "{}" ? "" : kwargs)
    }
}

/// A message that beat sent for a schedule entry, and says so.
public struct PeriodicMessage: Hashable, Sendable {
    public var task: TaskID
    public var entry: String

    public init(task: TaskID, entry: String) {
        self.task = task
        self.entry = entry
    }
}

/// The entries that messages named, of the newest some thousand.
struct PeriodicMessages: Sendable {
    private static let limit = 5_000
    private var entries: [TaskID: String] = [:]
    /// Oldest first from `start` on.
    private var order: [TaskID] = []
    private var start = 0

    var isEmpty: Bool { entries.isEmpty }
    subscript(task: TaskID) -> String? { entries[task] }

    mutating func take(_ messages: [PeriodicMessage]) {
        for message in messages where entries.updateValue(message.entry, forKey: message.task) == nil {
            if order.count < Self.limit {
                order.append(message.task)
            } else {
                entries[order[start]] = nil
                order[start] = message.task
                start = (start + 1) % Self.limit
            }
        }
    }
}
