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
        let hooks = middleware.compactMap(\.willSend), now = context.now
        let planned = try await mapMany(calls) { [self] (call) throws(any Error) in
            let plan = try Canvas.plan(call.signature, options: values, context: context, newID: freshUUID)
            let calls = plan.steps.compactMap { step in if case .send(let call) = step { call } else { nil } }
            // What needs nothing but to be sent is made ready at once.
            guard calls.count == plan.steps.count else { return (result: plan.result, messages: [Outgoing](), steps: plan.steps) }
            return (plan.result, try calls.map { try prepare($0, hooks, now: now) }, [])
        }
        var ready: [Outgoing] = []
        ready.reserveCapacity(planned.count)
        for (_, messages, steps) in planned {
            ready += messages
            guard !steps.isEmpty else { continue }
            // In the order of the calls.
            if !ready.isEmpty { try await send(ready, now: now) }
            ready = []
            try await carryOut(steps)
        }
        if !ready.isEmpty { try await send(ready, now: now) }
        let results = planned.map { AsyncResult<Output>($0.result, app: self) }
        for result in results { running?.record(child: result.applied) }
        return results
    }
}
