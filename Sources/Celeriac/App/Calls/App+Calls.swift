import CeleriacBroker
public import CeleriacCore
public import OrderedCollections

extension App {
    /// A call by name, of a task that this program need not know.
    /// - Parameter type: what its result decodes as.
    public func signature<Output>(
        _ task: String, _ args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: CallOptions = CallOptions(),
        returning type: Output.Type = Value.self
    ) -> Call<Output> {
        Call(Signature(task, args: args, kwargs: kwargs, options: options.values), app: self)
    }

    /// A call, or a workflow, that came as data: from a file, or as another task's argument.
    public func call<Output>(_ signature: Signature, returning type: Output.Type = Value.self) -> Call<Output> { Call(signature, app: self) }

    /// Sends a call by name: Celery's `send_task`.
    @discardableResult
    public func send(
        _ task: String, _ args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: CallOptions = CallOptions()
    ) async throws -> AsyncResult<Value> {
        try await signature(task, args, kwargs: kwargs).apply(options)
    }

    /// Sends many calls in one round trip where the broker can: many times faster than one by one.
    /// - Returns: their results, in the same order.
    @discardableResult
    public func sendAll<Output>(_ calls: [Call<Output>], options: CallOptions = CallOptions()) async throws -> [AsyncResult<Output>] {
        for call in calls { if let problem = call.problem { throw problem } }
        let running = TaskContext.current, context = canvasContext(running: running?.request), values = options.values
        let plans = try await mapMany(calls.map(\.signature)) { (signature) throws(CanvasError) in
            try Canvas.plan(signature, options: values, context: context, newID: freshUUID)
        }
        let results = plans.map { AsyncResult<Output>($0.result, app: self) }
        try await carryOut(plans.flatMap(\.steps))
        for result in results { running?.record(child: result.applied) }
        return results
    }
}
