import OrderedCollections

extension Canvas {
    /// What is sent when all of a chord's header is done: its body, with the list of their results as its argument.
    ///
    /// - Parameters:
    ///   - body: as the members of the header carried it.
    ///   - context: that of the run which was the last of the header.
    public static func chordBody(_ body: Value, results: [Value], context: CanvasContext, newID: @escaping () -> String) throws(CanvasError) -> CanvasPlan {
        var planner = CanvasPlanner(context, newID: newID)
        return try planner.plan(CanvasNode(body), args: [.array(results)])
    }

    /// The exception of a chord whose header has failed: `ChordError('Dependency <id> raised <exception>')`.
    public static func chordError(dependency: TaskID, raised exception: StoredException) -> StoredException {
        var shown = exception
        shown.type = exception.type.split(separator: ".").last.map(String.init) ?? exception.type
        return StoredException(type: "ChordError", module: "celery.exceptions", arguments: [.string("Dependency \(dependency) raised \(shown.text)")])
    }

    /// What follows when a chord's header has failed: the errbacks of its body, and the results that will never come.
    ///
    /// Of a body that is a group each member fails and calls its own errbacks and those of the group, and the members are revoked. Of a chain it is the
    /// chain's result that fails; of a chord the results of its body.
    public static func failedChord(body: Value, context: CanvasContext, newID: @escaping () -> String) throws(CanvasError) -> ChordFailure {
        var planner = CanvasPlanner(context, newID: newID)
        let node = try CanvasNode(body)
        var failure = ChordFailure()
        if node.shape == .group {
            let frozen = try planner.freezeGroup(node, CanvasPlanner.Place())
            let own = CanvasNode.list(node.options["link_error"])
            for (member, result) in zip(node.members, frozen.results) where !result.isGroup {
                var errbacks: [Value] = []
                for errback in member.resultErrbacks + own where !errbacks.contains(errback) { errbacks.append(errback) }
                if let plan = try planner.errbacks(errbacks, failed: result.id, root: result.id) { failure.errbacks.append(plan) }
                failure.failures.append(FailedSignature(id: TaskID(result.id), name: member.task))
                failure.revoked.append(TaskID(result.id))
            }
            failure.failures.append(FailedSignature(id: TaskID(frozen.id), name: node.task))
        } else {
            let id = node.id ?? newID()
            if let plan = try planner.errbacks(CanvasNode.list(node.options["link_error"]), failed: id, root: id) { failure.errbacks.append(plan) }
            failure.failures.append(FailedSignature(id: TaskID(id), name: node.task))
            if node.shape == .chord, let inner = node.body { failure.failures += inner.lastResults }
        }
        failure.failures += FailedSignature.all(in: CanvasNode.list(node.options["chain"]))
        return failure
    }
}

/// What a failed header leaves to be done, beside the event and the log.
public struct ChordFailure: Hashable, Sendable {
    public var errbacks: [CanvasPlan] = []
    /// To be stored with the chord's exception, and counted where they are in a chord themselves.
    public var failures: [FailedSignature] = []
    /// To be told to the workers, after the failures are stored.
    public var revoked: [TaskID] = []
}

extension FailedSignature {
    init(id: TaskID, name: String) {
        self.id = id
        self.name = name
    }
}

extension CanvasNode {
    /// Errbacks linked to its result: of a chord those of its body too, of a group those of its members too.
    fileprivate var resultErrbacks: [Value] {
        let own = CanvasNode.list(options["link_error"])
        switch shape {
        case .chord: return own + (body?.resultErrbacks ?? [])
        case .group: return own + members.flatMap(\.resultErrbacks)
        case .task, .map, .chunks, .chain: return own
        }
    }

    /// The tasks whose results are that of the whole.
    fileprivate var lastResults: [FailedSignature] {
        switch shape {
        case .group: members.flatMap(\.lastResults)
        case .chord: body?.lastResults ?? []
        case .task, .map, .chunks, .chain: [FailedSignature(value)]
        }
    }
}
