public import OrderedCollections

/// Composed signatures: what applying them takes, and what follows when a task of them ends. Pure: the engine carries the plans out.
public enum Canvas {
    /// What applying `signature` takes, as `Signature.apply_async` does it in Celery 5.7.
    ///
    /// - Parameters:
    ///   - args: stand before the signature's own arguments.
    ///   - options: win over the signature's own.
    ///   - newID: a fresh UUID in text each time.
    /// - Throws: `CanvasError`, also for a chain without steps.
    public static func plan(
        _ signature: Signature, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: OrderedDictionary<String, Value> = [:],
        context: CanvasContext, newID: @escaping () -> String
    ) throws(CanvasError) -> CanvasPlan {
        var planner = CanvasPlanner(context, newID: newID)
        return try planner.plan(CanvasNode(signature), args: args, kwargs: kwargs, options: options)
    }
}

extension CanvasPlanner {
    mutating func plan(
        _ node: CanvasNode, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: Options = [:]
    ) throws(CanvasError) -> CanvasPlan {
        guard let plan = try planUnlessEmpty(node, args: args, kwargs: kwargs, options: options) else { throw .emptyChain }
        return plan
    }

    /// `nil` for a chain without steps, which Celery lets pass where a task has it for a callback.
    mutating func planUnlessEmpty(
        _ node: CanvasNode, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: Options = [:]
    ) throws(CanvasError) -> CanvasPlan? {
        steps = []
        guard let result = try apply(node, args: args, kwargs: kwargs, options: options) else { return nil }
        return CanvasPlan(steps: steps, result: result.applied)
    }
}
