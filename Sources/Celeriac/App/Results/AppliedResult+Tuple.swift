public import CeleriacCore

extension AppliedResult {
    /// Celery's form of a result inside records: `[[id, parent], null]`, of groups `[[id, parent], [member, …]]`.
    public var tuple: Value {
        switch self {
        case .task(let id, let parent): [[.string(id.rawValue), parent?.tuple ?? .null], .null]
        case .group(let id, let members, let parent): [[.string(id), parent?.tuple ?? .null], .array(members.map(\.tuple))]
        }
    }

    /// Reads that form; `nil` when it is another.
    init?(_ tuple: Value, depth: Int = 0) {
        guard depth < 100, let pair = tuple.array, let id = pair.first?.array?.first?.string ?? pair.first?.string else { return nil }
        let parent = pair.first?.array?.dropFirst().first.flatMap { AppliedResult($0, depth: depth + 1) }
        if let members = pair.dropFirst().first?.array {
            self = .group(id, members: members.compactMap { AppliedResult($0, depth: depth + 1) }, parent: parent)
        } else {
            self = .task(TaskID(id), parent: parent)
        }
    }

    /// Of the single tasks that it stands for, in order.
    var tasks: [TaskID] {
        switch self {
        case .task(let id, _): [id]
        case .group(_, let members, _): members.flatMap(\.tasks)
        }
    }

    var parent: AppliedResult? {
        switch self {
        case .task(_, let parent), .group(_, _, let parent): parent
        }
    }

    /// Earlier steps of its chain, without the headers of chords: a failure there reaches the chord's body by itself.
    var ancestors: [TaskID] {
        guard let parent else { return [] }
        return if case .task(let id, _) = parent { [id] + parent.ancestors } else { parent.ancestors }
    }
}
