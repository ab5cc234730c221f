import OrderedCollections

extension Canvas {
    /// What follows the success of a task: its callbacks, then the next step of its chain with the rest of it, all with the result as first argument.
    ///
    /// One callback is applied by itself. Of several the groups are applied one by one, and all others together as one new group. Everything is sent
    /// before the result is stored, so that whoever sees the result finds what follows it.
    /// - Parameter context: that of the run, from `CanvasContext.init(now:replyTo:running:)`.
    /// - Throws: `CanvasError` for the first one that cannot be applied. The task is then to be failed, with nothing of this sent.
    public static func afterSuccess(
        of message: TaskMessage, result: Value, context: CanvasContext, newID: @escaping () -> String
    ) throws(CanvasError) -> [CanvasPlan] {
        var planner = CanvasPlanner(context, newID: newID)
        var options = planner.lineage(of: message)
        options["priority"] = context.priority.map(Value.integer) ?? .null
        var callbacks: [CanvasNode] = []
        for callback in message.callbacks { callbacks.append(try CanvasNode(callback)) }
        if callbacks.count > 1 {
            let others = callbacks.filter { $0.shape != .group }
            callbacks = callbacks.filter { $0.shape == .group } + (others.isEmpty ? [] : [.group(others)])
        }
        var plans: [CanvasPlan] = []
        for callback in callbacks {
            if let plan = try planner.planUnlessEmpty(callback, args: [result], options: options) { plans.append(plan) }
        }
        if let next = message.chain.last {
            options["chain"] = .array(Array(message.chain.dropLast()))
            if let plan = try planner.planUnlessEmpty(CanvasNode(next), args: [result], options: options) { plans.append(plan) }
        }
        return plans
    }

    /// What follows the failure of a task, beside its own record: the errbacks, as one group with the task's id for argument, and what fails with it.
    ///
    /// - Parameter context: that of the run, as for `afterSuccess`.
    public static func afterFailure(of message: TaskMessage, context: CanvasContext, newID: @escaping () -> String) -> FailurePlan {
        var planner = CanvasPlanner(context, newID: newID)
        var plan = FailurePlan()
        planner.plan(errbacks: message.errbacks, failed: message.id.rawValue, root: (message.root ?? message.id).rawValue, into: &plan)
        plan.failures = FailedSignature.all(in: message.chain)
        return plan
    }

    /// What a task sends in its own place (`Task.replace`): under its id, with its chord, group, callbacks, errbacks and the rest of its chain. The task
    /// then ends without a result.
    ///
    /// - Throws: `CanvasError` of kind `partOfAChord` when the replacement has a chord already, `empty` for a chain without steps.
    public static func replacement(
        of message: TaskMessage, by signature: Signature, context: CanvasContext, newID: @escaping () -> String
    ) throws(CanvasError) -> CanvasPlan {
        var planner = CanvasPlanner(context, newID: newID)
        return try planner.plan(planner.replacement(of: message, by: CanvasNode(signature)))
    }

    /// One task more in the header of the chord that the running task is in (`Task.add_to_chord`). Before it is sent, the result backend is to expect one
    /// completion more (`ResultStore.extendChord`).
    ///
    /// - Throws: `CanvasError` of kind `notInAChord`.
    public static func addition(
        toChordOf message: TaskMessage, _ signature: Signature, context: CanvasContext, newID: @escaping () -> String
    ) throws(CanvasError) -> CanvasPlan {
        guard let chord = message.chord else { throw CanvasError(.notInAChord, cause: "the task is in no chord") }
        let node = try CanvasNode(signature)
        var planner = CanvasPlanner(context, newID: newID)
        if let group = message.group { node.options["group_id"] = .string(group) }
        if let index = message.groupIndex { node.options["group_index"] = .integer(index) }
        node.options["chord"] = chord
        if let root = message.root { node.options["root_id"] = .string(root.rawValue) }
        _ = try planner.freeze(node, CanvasPlanner.Place())
        return try planner.plan(node)
    }
}

extension CanvasPlanner {
    /// What a task hands on to all that it sends.
    func lineage(of message: TaskMessage) -> Options {
        ["parent_id": .string(message.id.rawValue), "root_id": .string((message.root ?? message.id).rawValue)]
    }
}
