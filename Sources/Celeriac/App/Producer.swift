import CeleriacBroker
public import CeleriacCore
import Logging
public import OrderedCollections

extension App {
    /// Sends a signature, composed or not, with further arguments and options; returns what its result is known by.
    ///
    /// Everything is in the broker when it returns.
    /// - Parameters:
    ///   - options: by Celery's names.
    ///   - parent: the run that sends it, when a task does.
    /// - Throws: `CanvasError` when the signature makes no sense, `TransportError`.
    public func apply(
        _ signature: Signature, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: OrderedDictionary<String, Value> = [:],
        parent: TaskRequest? = nil
    ) async throws -> AppliedResult {
        let plan = try Canvas.plan(signature, args: args, kwargs: kwargs, options: options, context: canvasContext(running: parent), newID: freshUUID)
        try await carryOut(plan.steps)
        return plan.result
    }

    func canvasContext(running parent: TaskRequest?) -> CanvasContext {
        var context = CanvasContext(now: time(), replyTo: sender.replyTo, parent: parent?.id, root: parent?.root)
        if configuration.inheritsParentPriority { context.priority = parent?.message.priority }
        context.allowsErrorCallbacksOnChordHeader = configuration.allowsErrorCallbackOnChordHeader
        context.countsChords = results?.countsChords ?? false
        context.chordRetryInterval = configuration.chordRetryInterval.seconds
        return context
    }

    /// In their order; messages that follow each other go out together.
    func carryOut(_ steps: [CanvasPlan.Step]) async throws {
        var calls: [TaskCall] = []
        for step in steps {
            if case .send(let call) = step {
                calls.append(call)
                continue
            }
            try await send(calls)
            calls = []
            switch step {
            case .send: break
            case .saveGroup(let id, let members): try await resultStore.saveGroup(id, members: members, lifetime: configuration.resultLifetime)
            case .openChord(let group, let size): try await resultStore.openChord(group, size: size, lifetime: configuration.resultLifetime)
            }
        }
        try await send(calls)
    }

    /// Sends messages as they are, in one batch: routes, default queue; then their `task-sent` events.
    func send(_ calls: [TaskCall]) async throws(TransportError) {
        guard !calls.isEmpty else { return }
        let hooks = middleware.compactMap(\.willSend), now = time()
        try await send(mapMany(calls) { [self] (call) throws(TransportError) in try prepare(call, hooks, now: now) }, now: now)
    }

    /// A message ready to go.
    struct Outgoing: Sendable {
        let publication: Publication
        let destination: Router.Destination
    }

    func prepare(_ call: TaskCall, _ hooks: [@Sendable (inout TaskCall) -> Void], now: Double) throws(TransportError) -> Outgoing {
        var call = completed(call, now: now)
        for hook in hooks { hook(&call) }
        let destination = try sender.destination(of: call)
        call.priority = destination.priority ?? configuration.defaultPriority
        let envelope = call.envelope(now: now, replyTo: sender.replyTo, origin: sender.origin)
        return Outgoing(
            publication: Publication(exchange: destination.exchange, routingKey: destination.routingKey, envelope: envelope), destination: destination)
    }

    func send(_ messages: [Outgoing], now: Double) async throws(TransportError) {
        var queues: OrderedDictionary<QueueName, Queue> = [:]
        let declaresAll = transport.features.contains(.declaredQueues)
        for message in messages {
            if let queue = message.destination.declared, declaresAll || !message.destination.exchange.isEmpty { queues[queue.name] = queue }
        }
        var events = configuration.sendsSentEvents && transport.features.contains(.broadcast) ? SenderEvents(node: sender.origin) : nil
        if events != nil {
            for message in messages {
                events?.add("task-sent", sender.sentEvent(message.publication.envelope, to: message.destination), clock: clock.forward(), now: now)
            }
        }
        if let results, results.replyQueue != nil { try await results.openReplies() }
        try await publish(messages.map(\.publication), declaring: sender.undeclared(Array(queues.values)))
        if let told = events?.publication(to: configuration.broker.eventExchange) { await tell(told) }
    }

    /// Once the tasks are in the broker, and tried once: an event that cannot be sent is no reason to say that they were not, or to send them again.
    private func tell(_ events: Publication) async {
        do { try await transport.publish([events]) } catch {
            Logger(label: "celeriac.producer").warning("task-sent events are lost: \(ForeignText.safe(error.description))")
        }
    }

    /// With what the task's own options say, where the call does not.
    private func completed(_ call: TaskCall, now: Double) -> TaskCall {
        guard let options = definition(of: call.name)?.options else { return call }
        var call = call
        if call.queue == nil && call.exchange == nil { call.queue = options.queue }
        call.priority = call.priority ?? options.priority
        call.expires = call.expires ?? options.expires.map { now + $0.seconds }
        call.hardLimit = call.hardLimit ?? options.limits.hard?.seconds
        call.softLimit = call.softLimit ?? options.limits.soft?.seconds
        call.ignoresResult = call.ignoresResult ?? options.ignoresResult ?? configuration.ignoresResults
        return call
    }

    /// Tries again when the broker is away, as `task_publish_retry_policy` does: what it may have had already it then has twice, under the same id.
    private func publish(_ publications: [Publication], declaring queues: [Queue]) async throws(TransportError) {
        var pause = Duration.zero, triesLeft = configuration.publishRetries
        while true {
            do throws(TransportError) {
                if !queues.isEmpty {
                    try await transport.declare(queues)
                    sender.hasDeclared(queues)
                }
                return try await transport.publish(publications)
            } catch {
                guard triesLeft > 0, error.isTransient else { throw error }
                triesLeft -= 1
                // Cancelled: nobody wants another try.
                if (try? await Task.sleep(for: pause)) == nil { throw error }
                pause = min(pause + .milliseconds(200), .seconds(1))
            }
        }
    }
}
