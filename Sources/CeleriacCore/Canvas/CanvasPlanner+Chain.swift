import OrderedCollections

extension CanvasPlanner {
    /// The steps of a chain as they are to run, all frozen, **the last first**, and their results in the same order.
    ///
    /// Chains in it are spliced, groups of one unrolled, empty groups left out, and a group with something after it becomes a chord.
    /// - Parameters:
    ///   - args: for the first step.
    ///   - place: of the last step, whose result is that of the chain.
    ///   - errbacks: linked to every step.
    ///   - copies: works on copies, for sending; otherwise ids are written into the chain's own steps.
    mutating func prepare(
        _ chain: CanvasNode, _ place: Place, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], errbacks: [Value] = [], copies: Bool
    ) throws(CanvasError) -> (tasks: [CanvasNode], results: [ResultNode]) {
        var pending = Self.withoutEmptyHead(chain.members, copies: copies)
        var prepared = PreparedSteps()
        while var step = pending.popLast() {
            let isFirst = pending.isEmpty
            step = step.unrolled
            if step.isEmptyGroup, !isFirst || prepared.previous != nil { continue }
            if copies, step.shape == .chord, step.body?.isChainLedByTask == true {
                pending += try step.bodyUnrolled(onHeaders: context.allowsErrorCallbacksOnChordHeader)
                continue
            }
            if copies {
                step = isFirst ? step.clone(args: args, kwargs: kwargs) : step.clone()
            } else if isFirst {
                step.args = args + step.args
            }
            if step.shape == .chain {
                pending += step.members
                continue
            }
            guard prepared.tasks.count < Self.chainLimit else { throw CanvasError(.tooLarge, cause: "a chain has more than \(Self.chainLimit) steps") }
            if step.shape == .group, let following = prepared.previous { step = prepared.chord(of: step, with: following, root: place.root) }

            let result = try freeze(step, prepared.isEmpty ? place.withoutParent : Place(root: place.root))
            for errback in errbacks {
                try step.linkError(errback, onHeaders: context.allowsErrorCallbacksOnChordHeader)
                // Also where the chord's error handling looks for it.
                if step.shape == .chord { try step.body?.linkError(errback, onHeaders: context.allowsErrorCallbacksOnChordHeader) }
            }
            prepared.append(step, result)
        }
        chain.options["task_id"] = (prepared.results.first?.id ?? place.id).map(Value.string) ?? .null
        if copies { for task in prepared.tasks { task.stripHeaderLinks() } }
        return (prepared.tasks, prepared.results)
    }

    /// The steps with chains at the head spliced and empty groups there removed, so that the first one is a task that takes the arguments. Of nothing but
    /// empty groups one is kept.
    private static func withoutEmptyHead(_ steps: [CanvasNode], copies: Bool) -> [CanvasNode] {
        var reversed = Array(steps.reversed())
        var removed: CanvasNode?
        while let head = reversed.popLast() {
            if head.shape == .chain {
                reversed += (copies ? head.clone() : head).members.reversed()
                continue
            }
            let unrolled = head.unrolled
            if unrolled.isEmptyGroup, !reversed.isEmpty {
                removed = unrolled
                continue
            }
            reversed.append(unrolled)
            return reversed.reversed()
        }
        return removed.map { [$0] } ?? []
    }
}

extension CanvasPlanner.Place {
    fileprivate var withoutParent: Self {
        var place = self
        place.parent = nil
        return place
    }
}

/// Steps of a chain put together from its end, with the results linked to each other.
private struct PreparedSteps {
    private(set) var tasks: [CanvasNode] = []
    private(set) var results: [ResultNode] = []
    /// The step that follows the next one to be added.
    private(set) var previous: CanvasNode?
    /// The earliest result so far: the next one becomes its parent.
    private var earliest: ResultNode?

    /// No step was taken yet, not even one that has become the body of a chord.
    private(set) var isEmpty = true

    /// Takes the step that follows `group` out again, for the body of the chord that both become.
    mutating func chord(of group: CanvasNode, with body: CanvasNode, root: String?) -> CanvasNode {
        tasks.removeLast()
        let bodyResult = results.removeLast()
        var options: CanvasNode.Options = ["root_id": root.map(Value.string) ?? .null]
        if let earliest, !earliest.isGroup { options["task_id"] = .string(earliest.id) }
        previous = tasks.last
        // What came after the body follows the chord's result from now on; else the body would be in the tree twice.
        var node = results.last
        while let result = node, result.parent !== bodyResult { node = result.parent }
        if let node {
            node.parent = nil
            earliest = node
        }
        return .chord(group.clone().members, body: body, options: options)
    }

    mutating func append(_ task: CanvasNode, _ result: ResultNode) {
        if previous != nil, let earliest, earliest.parent == nil { earliest.parent = result }
        tasks.append(task)
        results.append(result)
        previous = task
        earliest = task.shape == .chord ? result.origin : result
        isEmpty = false
    }
}
