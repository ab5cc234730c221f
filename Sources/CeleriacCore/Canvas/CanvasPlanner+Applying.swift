import OrderedCollections

extension CanvasPlanner {
    typealias Options = CanvasNode.Options

    /// Sends a signature, or what of it comes first; `nil` for a chain without steps, which sends nothing.
    @discardableResult
    mutating func apply(
        _ node: CanvasNode, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: Options = [:]
    ) throws(CanvasError) -> ResultNode? {
        switch node.shape {
        case .task:
            let merged = node.merged(args, kwargs, options.withoutNulls)
            return try send(node.task, args: merged.args, kwargs: merged.kwargs, options: merged.options.without(["route_name"]))
        case .map:
            var merged = node.merged([], [:], options.withoutNulls).options
            if merged["route_name"]?.string == nil { merged["route_name"] = node.kwargs["task"]?["task"] }
            return try send(node.task, kwargs: node.kwargs, options: merged)
        case .chunks:
            return try apply(Self.group(ofChunks: node), options: options.merging(["route_name": node.kwargs["task"]?["task"] ?? .null]) { _, own in own })
        case .chain: return try applyChain(node, args, kwargs, options)
        case .group: return try applyGroup(node, args, kwargs, options)
        case .chord: return try applyChord(node, args, kwargs, options)
        }
    }

    private mutating func send(
        _ task: String, args: [Value] = [], kwargs: OrderedDictionary<String, Value>, options: Options
    ) throws(CanvasError) -> ResultNode {
        let id = options["task_id"]?.string ?? newID()
        var call = try TaskCall(task, args: args, kwargs: kwargs, options: options, id: TaskID(id), now: context.now)
        if call.replyTo == nil { call.replyTo = context.replyTo }
        if let parent = context.parent, call.root == nil || call.parent == nil {
            call.root = call.root ?? context.root ?? parent
            call.parent = call.parent ?? parent
            call.priority = call.priority ?? context.priority
        }
        steps.append(.send(call))
        return ResultNode(id)
    }

    private static func group(ofChunks node: CanvasNode) -> CanvasNode {
        let items = node.kwargs["it"]?.array ?? []
        let size = max(1, node.kwargs["n"]?.integer ?? 1)
        let parts = stride(from: 0, to: items.count, by: size).map { start in
            let kwargs: OrderedDictionary<String, Value> = [
                "task": node.kwargs["task"] ?? .null, "it": .array(Array(items[start..<min(start + size, items.count)])),
            ]
            return CanvasNode(.map, task: "celery.starmap", kwargs: kwargs, isImmutable: true)
        }
        return .group(parts)
    }

    private mutating func applyChain(
        _ node: CanvasNode, _ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ given: Options
    ) throws(CanvasError) -> ResultNode? {
        var options = node.options.merging(given) { _, given in given }
        var place = Place()
        place.id = options.removeValue(forKey: "task_id")?.string
        place.group = options.removeValue(forKey: "group_id")?.string
        place.groupIndex = options.removeValue(forKey: "group_index")?.integer
        place.chord = options.removeValue(forKey: "chord")?.ifNotNull
        place.root = options.removeValue(forKey: "root_id")?.string
        place.parent = options.removeValue(forKey: "parent_id")?.string
        let callbacks = CanvasNode.list(options.removeValue(forKey: "link"))
        let errbacks = CanvasNode.list(options.removeValue(forKey: "link_error"))
        let args = node.isImmutable ? node.args : args + node.args

        var (tasks, results) = try prepare(node, place, args: args, kwargs: kwargs, errbacks: errbacks, copies: true)
        guard let last = results.first else { return nil }
        if !callbacks.isEmpty { tasks[0].extend("link", by: callbacks) }
        let first = tasks.removeLast()
        options["chain"] = .array(CanvasNode.list(options["chain"]) + tasks.map(\.value))
        let sent = try apply(first, options: options)
        // Of a single step it is the result of what was really sent: a group has its members only then.
        return tasks.isEmpty ? sent : last
    }

    private mutating func applyGroup(
        _ node: CanvasNode, _ args: [Value], _ kwargs: OrderedDictionary<String, Value>, _ given: Options
    ) throws(CanvasError) -> ResultNode {
        for option in ["link", "link_error"] where given[option]?.isNull == false {
            throw CanvasError(.linkOnGroup, cause: "a group takes no \(option) when it is applied: link to its members, or make it a chord")
        }
        guard !node.members.isEmpty else { return try freeze(node, Place()) }
        var options = node.options.merging(given: given.without(["link", "link_error", "add_to_parent"]), keepingStamps: false)
        let id = options.removeValue(forKey: "task_id")?.string ?? newID()
        options["group_id"] = .string(id)
        options["add_to_parent"] = false
        options.removeValue(forKey: "group_index")
        let chord = options.removeValue(forKey: "chord")?.ifNotNull

        let members = try prepareMembers(node.members, group: id, root: options["root_id"]?.string)
        var completions = 0
        for (index, member) in members.enumerated() {
            let body = chord ?? member.node.options["chord"]
            completions += member.node.completions
            if let body, !body.isNull, index == members.count - 1, context.countsChords { steps.append(.openChord(group: id, size: completions)) }
            options["chord"] = body ?? .null
            try apply(member.node, args: args, kwargs: kwargs, options: options)
        }
        // A chain in it that ends in a group, and nothing else: that group's result is the one to wait for.
        if members.count == 1, members[0].result.isGroup { return members[0].result }
        return ResultNode(id, members: members.map(\.result))
    }

    /// Copies of a group's members, groups in it flattened, frozen. Positions begin anew in a group inside, as in Celery.
    private mutating func prepareMembers(
        _ members: [CanvasNode], group: String, root: String?
    ) throws(CanvasError) -> [(node: CanvasNode, result: ResultNode)] {
        var prepared: [(node: CanvasNode, result: ResultNode)] = []
        for (index, member) in members.enumerated() {
            let node = member.clone()
            if node.shape == .group {
                prepared += try prepareMembers(node.members, group: group, root: root)
            } else if !node.isEmptyChain {
                prepared.append((node, try freeze(node, Place(group: group, groupIndex: index, root: root))))
            }
        }
        return prepared
    }
}

extension OrderedDictionary where Key == String, Value == CeleriacCore.Value {
    func without(_ keys: Set<String>) -> Self { filter { !keys.contains($0.key) } }
}
