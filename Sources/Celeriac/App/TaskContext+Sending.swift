public import CeleriacBroker
public import CeleriacCore
public import OrderedCollections

extension TaskContext {
    /// Tells where the task is: stored under its id as the state `state`, any word, with `meta`. Nothing happens without a result backend.
    public func updateState(_ state: TaskState, meta: some Encodable & Sendable) async throws {
        guard let results = app.results else { return }
        var record = ResultRecord(id: id, state: state, result: try ValueEncoder().encode(meta))
        record.children = .array(children)
        record.parent = request.message.parent
        record.group = request.message.group
        record.replyTo = request.message.replyTo
        if state.isFinal { record.dateDone = ISOTime.text(app.time()) }
        if app.configuration.resultsAreExtended {
            record.name = request.message.name
            if case .known(let args, let kwargs) = request.message.arguments { (record.args, record.kwargs) = (.array(args), .object(kwargs)) }
            record.worker = request.worker
            record.retries = retries
            record.queue = request.message.routingKey.map(QueueName.init(_:))
        }
        try await results.store([record], lifetime: app.configuration.resultLifetime)
    }

    /// Sends the call, or workflow, in place of this task, whose id, links and place in chain, group or chord it takes over; then ends this run,
    /// with nothing stored.
    /// - Throws: `CanvasError` for a call that is part of a chord itself, `TransportError`; else, always, what ends the run: let it through.
    public func replace(with call: some Composable) async throws -> Never {
        let call = call.call
        if let problem = call.problem { throw problem }
        let plan = try Canvas.replacement(of: request.message, by: call.signature, context: app.canvasContext(running: request), newID: freshUUID)
        try await app.carryOut(plan.steps)
        throw TaskSignal.ignore
    }

    /// Sends one more member of the header of the chord that this task belongs to; its body then waits for that too.
    /// - Throws: `CanvasError` when it belongs to none, `TransportError`.
    @discardableResult
    public func addToChord<Output>(_ call: Call<Output>) async throws -> AsyncResult<Output> {
        if let problem = call.problem { throw problem }
        let plan = try Canvas.addition(toChordOf: request.message, call.signature, context: app.canvasContext(running: request), newID: freshUUID)
        if let group = request.message.group { try await app.resultStore.extendChord(group, by: 1) }
        try await app.carryOut(plan.steps)
        record(child: plan.result)
        return AsyncResult(plan.result, app: app)
    }

    /// Publishes an event of this task for monitors.
    /// - Parameters:
    ///   - type: `task-progress`, say.
    ///   - fields: further members; `uuid`, the time and the sender are there by themselves.
    public func sendEvent(_ type: String, _ fields: OrderedDictionary<String, Value> = [:]) async throws(TransportError) {
        guard app.transport.features.contains(.broadcast) else { return }
        let members = fields.merging(["uuid": .string(id.rawValue)]) { _, own in own }
        var events = SenderEvents(node: request.worker.rawValue)
        events.add(type, members, clock: app.clock.forward(), now: app.time())
        if let publication = events.publication(to: app.configuration.broker.eventExchange) { try await app.transport.publish([publication]) }
    }
}
