import OrderedCollections

extension Signature {
    /// One after the other, each with the result of the one before as its first argument.
    ///
    /// Folded as Celery folds `a | b | c`: chains in it are spliced, a group with something after it becomes a chord, and what follows a chord goes into
    /// its body. An empty chain followed by a group is that group.
    public static func chain(_ steps: [Signature]) throws(CanvasError) -> Signature {
        var nodes: [CanvasNode] = []
        for step in steps { nodes.append(try CanvasNode(step)) }
        return try CanvasPlanner.folded(nodes).signature(like: nil)
    }

    /// All at the same time; the result is the list of theirs.
    public static func group(_ members: [Signature]) -> Signature {
        Signature("celery.group", kwargs: ["tasks": .array(members.map(\.value))], kind: .group)
    }

    /// A group, and a body that is applied to the list of its results once all are done.
    public static func chord(_ header: [Signature], body: Signature) -> Signature {
        Signature("celery.chord", kwargs: ["kwargs": [:], "header": .array(header.map(\.value)), "body": body.value], kind: .chord)
    }

    /// One message that calls `task` with each item in turn.
    public static func map(_ task: Signature, over items: [Value]) -> Signature {
        Signature("celery.map", kwargs: ["task": task.value, "it": .array(items)], kind: .map, isImmutable: true)
    }

    /// One message that calls `task` with each list of arguments in turn.
    public static func starmap(_ task: Signature, over items: [Value]) -> Signature {
        Signature("celery.starmap", kwargs: ["task": task.value, "it": .array(items)], kind: .starmap, isImmutable: true)
    }

    /// A group of `starmap`s over at most `size` lists of arguments each.
    public static func chunks(_ task: Signature, over items: [Value], size: Int) -> Signature {
        Signature("celery.chunks", kwargs: ["task": task.value, "it": .array(items), "n": .integer(size)], kind: .chunks, isImmutable: true)
    }

    /// The signature with a success callback more. Of a chord its body gets it; of a group its first member, as an immutable one, as in Celery.
    public func linking(_ callback: Signature) throws(CanvasError) -> Signature {
        let node = try CanvasNode(self)
        try node.link(callback.value)
        return node.signature(like: self)
    }

    /// The signature with an error callback more. Of a group every member gets it; of a chord its body, and its header too when `onHeaders`
    /// (`task_allow_error_cb_on_chord_header`).
    public func linkingError(_ errback: Signature, onHeaders: Bool = false) throws(CanvasError) -> Signature {
        let node = try CanvasNode(self)
        try node.linkError(errback.value, onHeaders: onHeaders)
        return node.signature(like: self)
    }

    /// The signature so that results of what comes before are not given to it: of a group and of a chord's header every member, of a chain its first step.
    public func immutable() throws(CanvasError) -> Signature {
        let node = try CanvasNode(self)
        node.makeImmutable()
        return node.signature(like: self)
    }
}

extension CanvasNode {
    /// As a signature of the same kind as `original`, since the map form does not tell `map`, `starmap` and `chunks` from plain calls.
    func signature(like original: Signature?) -> Signature {
        let kind: Signature.Kind =
            switch shape {
            case .task: .task
            case .chain: .chain
            case .group: .group
            case .chord: .chord
            case .map, .chunks: original?.kind ?? .task
            }
        return Signature(task, args: args, kwargs: value["kwargs"]?.object ?? [:], options: options, kind: kind, isImmutable: isImmutable)
    }

    fileprivate func makeImmutable() {
        switch shape {
        case .task, .map, .chunks: isImmutable = true
        case .group, .chord: for part in parts { part.makeImmutable() }
        case .chain: members.first?.makeImmutable()
        }
    }
}

extension CanvasPlanner {
    /// `a | b | c`, in time that grows with their number only: just the last step decides what becomes of the next one.
    static func folded(_ nodes: [CanvasNode]) throws(CanvasError) -> CanvasNode {
        let planner = CanvasPlanner(CanvasContext(now: 0, replyTo: ""), newID: { "" })
        var steps: [CanvasNode] = []
        var pending = Array(nodes.reversed())
        while let next = pending.popLast() {
            let step = next.unrolled
            switch (step.shape, steps.last?.shape) {
            case (.chain, _): pending += try step.unchained(onHeaders: false).reversed()
            case (.group, _) where step.isEmptyGroup: continue
            case (.group, nil):
                // No longer a chain: a group composes with the rest in its own way.
                var whole = step
                for next in pending.reversed() { whole = try planner.joined(whole, next) }
                return whole
            case (.group, .chord?), (.task, .chord?), (.map, .chord?), (.chunks, .chord?):
                guard let chord = steps.last, let body = chord.body else { throw .chordWithoutBody }
                chord.body = try planner.joined(body, step)
            case (.task, .group?), (.map, .group?), (.chunks, .group?), (.chord, .group?):
                steps.append(.chord(steps.removeLast().members, body: step))
            default: steps.append(step.clone())
            }
        }
        return .chain(steps)
    }
}
