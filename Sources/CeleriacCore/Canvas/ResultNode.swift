/// A result while a canvas is put together: whose parent it is, is known only later.
final class ResultNode {
    let id: String
    /// `nil` for a task.
    let members: [ResultNode]?
    var parent: ResultNode?

    init(_ id: String, members: [ResultNode]? = nil) {
        self.id = id
        self.members = members
    }

    var isGroup: Bool { members != nil }

    /// The earliest result that this one follows; itself when it follows none.
    var origin: ResultNode {
        var node = self
        while let parent = node.parent { node = parent }
        return node
    }

    /// From the earliest parent on, for no recursion as deep as a chain is long.
    var applied: AppliedResult {
        var applied: AppliedResult?
        for node in line {
            applied =
                if let members = node.members { .group(node.id, members: members.map(\.applied), parent: applied) } else {
                    .task(TaskID(node.id), parent: applied)
                }
        }
        return applied ?? .task(TaskID(id), parent: nil)
    }

    /// Celery's tuple form: `[[id, parent], null]`, of a group `[[id, parent], [member, …]]`.
    var tuple: Value {
        var tuple = Value.null
        for node in line { tuple = [[.string(node.id), tuple], node.members.map { .array($0.map(\.tuple)) } ?? .null] }
        return tuple
    }

    /// The earliest parent first, this one last.
    private var line: [ResultNode] {
        var line: [ResultNode] = []
        var next: ResultNode? = self
        while let node = next {
            line.append(node)
            next = node.parent
        }
        return line.reversed()
    }
}
