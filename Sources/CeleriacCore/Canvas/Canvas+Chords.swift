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
    public static func failedChord(body: Value, context: CanvasContext, newID: @escaping () -> String) -> FailurePlan {
        var planner = CanvasPlanner(context, newID: newID)
        var plan = FailurePlan()
        do throws(CanvasError) {
            let node = try CanvasNode(body)
            plan.bearsCause = node.shape == .group
            if node.shape == .group { try planner.fail(members: node, into: &plan) } else { planner.fail(node, into: &plan) }
            plan.failures += FailedSignature.all(in: CanvasNode.list(node.options["chain"]))
        } catch {
            plan.problems.append(error)
        }
        return plan
    }
}

extension CanvasPlanner {
    fileprivate mutating func fail(members group: CanvasNode, into plan: inout FailurePlan) throws(CanvasError) {
        let frozen = try freezeGroup(group, Place())
        let own = CanvasNode.list(group.options["link_error"])
        for (member, result) in zip(group.members, frozen.results) {
            var errbacks: [Value] = []
            for errback in member.resultErrbacks + own where !errbacks.contains(errback) { errbacks.append(errback) }
            self.plan(errbacks: errbacks, failed: result.id, root: result.id, into: &plan)
            plan.failures.append(FailedSignature(id: TaskID(result.id), name: member.task))
            plan.revoked.append(TaskID(result.id))
        }
        plan.failures.append(FailedSignature(id: TaskID(frozen.id), name: group.task))
    }

    fileprivate mutating func fail(_ node: CanvasNode, into plan: inout FailurePlan) {
        let id = node.id ?? newID()
        self.plan(errbacks: CanvasNode.list(node.options["link_error"]), failed: id, root: id, into: &plan)
        plan.failures.append(FailedSignature(id: TaskID(id), name: node.task))
        // Celery fails the chord itself only, and leaves those waiting who wait for its body.
        if node.shape == .chord, let body = node.body { plan.failures += body.lastResults }
    }

    /// Adds the errbacks of a failed task, or of one that is said to have failed, as one group.
    mutating func plan(errbacks: [Value], failed id: String, root: String, into failure: inout FailurePlan) {
        guard !errbacks.isEmpty else { return }
        do throws(CanvasError) {
            var members: [CanvasNode] = []
            for errback in errbacks { members.append(try CanvasNode(errback)) }
            failure.errbacks.append(try plan(.group(members), args: [.string(id)], options: ["parent_id": .string(id), "root_id": .string(root)]))
        } catch {
            failure.problems.append(error)
        }
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
