import OrderedCollections

extension CanvasPlanner {
    /// `node` made to stand in a running task's place.
    mutating func replacement(of message: TaskMessage, by node: CanvasNode) throws(CanvasError) -> CanvasNode {
        if node.options["chord"] != nil { throw CanvasError(.partOfAChord, cause: "what replaces a task must not be part of a chord") }
        if node.isEmptyChain { throw CanvasError(.empty, cause: "Cannot replace with an empty chain") }
        let onHeaders = context.allowsErrorCallbacksOnChordHeader
        var node = node
        // Of a group there must be one result under the task's id.
        if node.shape == .group { node = try joined(node, Self.accumulate) }
        if node.shape == .chain, let last = node.members.last, last.shape == .group {
            node.members[node.members.count - 1] = try joined(last, Self.accumulate)
        }
        for callback in message.callbacks { try node.link(callback) }
        for errback in message.errbacks { try node.linkError(errback, onHeaders: onHeaders) }
        // On the last task they run at the right time, also when more steps are appended below.
        if node.shape == .chain, let callbacks = node.options.removeValue(forKey: "link") { node.members.last?.extend("link", by: CanvasNode.list(callbacks)) }

        _ = try freeze(node, Place(id: message.id.rawValue))
        let nesting = Value.integer(min(message.replacedTaskNesting, Int.max - 1) + 1)
        node.options["chord"] = message.chord ?? .null
        node.options["group_id"] = message.group.map(Value.string) ?? .null
        node.options["group_index"] = message.groupIndex.map(Value.integer) ?? .null
        node.options["root_id"] = message.root.map { .string($0.rawValue) } ?? .null
        node.options["replaced_task_nesting"] = nesting
        if node.shape == .chain { for member in node.members { member.options["replaced_task_nesting"] = nesting } }
        for next in message.chain.reversed() {
            let step = try CanvasNode(next)
            step.options["replaced_task_nesting"] = nesting
            node = try joined(node, step)
        }
        return node
    }

    private static var accumulate: CanvasNode { CanvasNode(.task, task: "celery.accumulate", kwargs: ["index": 0]) }

    /// `left | right`: a chain of both, or what Celery makes of a group or a chord with something after it.
    func joined(_ left: CanvasNode, _ right: CanvasNode) throws(CanvasError) -> CanvasNode {
        switch left.shape {
        case .chain: return try joined(chain: left, right)
        case .group: return right.isEmptyGroup ? left : .chord(left.clone().members, body: right)
        case .chord where right.shape != .chain && right.unrolled.shape != .group:
            let copy = left.clone()
            guard let body = copy.body else { throw .chordWithoutBody }
            copy.body = try joined(body, right.unrolled)
            return copy
        case .task, .map, .chunks, .chord:
            if right.shape == .chain { return .chain([left] + (try right.unchained(onHeaders: context.allowsErrorCallbacksOnChordHeader))) }
            return .chain([left, right.unrolled])
        }
    }

    private func joined(chain left: CanvasNode, _ right: CanvasNode) throws(CanvasError) -> CanvasNode {
        let onHeaders = context.allowsErrorCallbacksOnChordHeader
        let right = right.unrolled
        switch right.shape {
        case .group where right.isEmptyGroup: return left
        case .group:
            let steps = try left.unchained(onHeaders: onHeaders)
            guard let last = steps.last else { return right }
            guard last.shape == .chord, let body = last.body else { return .chain(steps + [right]) }
            last.body = try joined(body, right)
            return .chain(steps)
        case .chain:
            var joined = left
            for step in try right.unchained(onHeaders: onHeaders) { joined = try self.joined(joined, step) }
            return joined
        case .task, .map, .chunks, .chord:
            switch left.members.last?.shape {
            case .group?:
                let copy = left.clone()
                let group = copy.members.removeLast()
                let chord = CanvasNode.chord(group.clone().members, body: right)
                if let before = copy.members.last, before.shape == .chord, let body = before.body {
                    before.body = try joined(body, chord)
                } else {
                    copy.members.append(chord)
                }
                return copy
            case .chord? where right.shape != .chord:
                let copy = left.clone()
                guard let last = copy.members.last, let body = last.body else { throw .chordWithoutBody }
                last.body = try joined(body, right)
                return copy
            default: return .chain(try left.unchained(onHeaders: onHeaders) + [right])
            }
        }
    }
}
