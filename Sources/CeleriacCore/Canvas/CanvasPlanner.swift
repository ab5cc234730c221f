import OrderedCollections

/// Turns signatures into steps (`celery.canvas`, Celery 5.7): freezing writes ids into them; applying sends what comes first and packs the rest along.
struct CanvasPlanner {
    /// A longer chain is refused: its results are linked one to the other.
    static let chainLimit = 10_000

    let context: CanvasContext
    let newID: () -> String
    var steps: [CanvasPlan.Step] = []

    init(_ context: CanvasContext, newID: @escaping () -> String) {
        self.context = context
        self.newID = newID
    }

    /// Where a signature stands: what freezing writes into it beside an id.
    struct Place {
        /// Unless it has one.
        var id: String?
        var group: String?
        var groupIndex: Int?
        /// The body that waits for it.
        var chord: Value?
        var root: String?
        var parent: String?
    }

    /// Gives a signature the ids under which its result will be known. One that has an id keeps it.
    mutating func freeze(_ node: CanvasNode, _ place: Place) throws(CanvasError) -> ResultNode {
        switch node.shape {
        case .task, .map, .chunks: return freezeTask(node, place)
        case .group:
            let frozen = try freezeGroup(node, place)
            return ResultNode(frozen.id, members: frozen.results)
        case .chain:
            guard let last = try prepare(node, place, copies: false).results.first else { throw .emptyChain }
            return last
        case .chord: return try freezeChord(node, place)
        }
    }

    private func freezeTask(_ node: CanvasNode, _ place: Place) -> ResultNode {
        let id = node.id ?? place.id ?? newID()
        node.options["task_id"] = .string(id)
        if let root = place.root { node.options["root_id"] = .string(root) }
        if let parent = place.parent { node.options["parent_id"] = .string(parent) }
        if node.options["reply_to"] == nil { node.options["reply_to"] = .string(context.replyTo) }
        if let group = place.group, node.options["group_id"] == nil { node.options["group_id"] = .string(group) }
        if let chord = place.chord { node.options["chord"] = chord }
        if let index = place.groupIndex { node.options["group_index"] = .integer(index) }
        return ResultNode(id)
    }

    /// Flattens the groups in a group and freezes all members. A group inside comes out in reverse, as in Celery, whose positions others rely on.
    mutating func freezeGroup(_ node: CanvasNode, _ place: Place) throws(CanvasError) -> (id: String, results: [ResultNode]) {
        let id = node.id ?? newID()
        node.options["task_id"] = .string(id)
        if let group = place.group { node.options["group_id"] = .string(group) }
        if let chord = place.chord { node.options["chord"] = chord }
        if let index = place.groupIndex { node.options["group_index"] = .integer(index) }
        if node.options["root_id"] == nil { node.options["root_id"] = place.root.map(Value.string) ?? .null }
        if node.options["parent_id"] == nil { node.options["parent_id"] = place.parent.map(Value.string) ?? .null }

        var memberPlace = Place(group: place.group, groupIndex: 0, chord: place.chord)
        memberPlace.root = node.options["root_id"]?.string
        memberPlace.parent = node.options["parent_id"]?.string
        var pending = Array(node.members.reversed())
        var members: [CanvasNode] = [], results: [ResultNode] = []
        while let next = pending.popLast() {
            let member = next.clone()
            if member.shape == .group {
                pending += member.members
            } else if !member.isEmptyChain {
                memberPlace.groupIndex = members.count
                members.append(member)
                results.append(try freeze(member, memberPlace))
            }
        }
        node.members = members
        return (id, results)
    }

    /// The body is frozen first, so that the header's members carry it with its ids. The chord's own id becomes that of its header.
    private mutating func freezeChord(_ node: CanvasNode, _ place: Place) throws(CanvasError) -> ResultNode {
        guard let body = node.body else { throw .chordWithoutBody }
        var bodyPlace = place
        bodyPlace.parent = nil
        let result = try freeze(body, bodyPlace)
        let header = node.header ?? .group(node.members)
        node.header = header
        let frozen = try freezeGroup(header, Place(chord: body.awaited, root: place.root, parent: place.parent))
        node.options["task_id"] = .string(frozen.id)
        result.origin.parent = ResultNode(frozen.id, members: frozen.results)
        return result
    }
}

extension CanvasNode {
    var isEmptyChain: Bool { shape == .chain && members.isEmpty }
}

extension CanvasError {
    static let emptyChain = CanvasError(.empty, cause: "a chain has no task")
}
