import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections

/// Listens on the cluster's control exchange and answers.
struct RemoteControl: Sendable {
    let state: WorkerState
    let runner: TaskRunner
    let heart: Heart

    /// Until cancelled.
    /// - Parameter listening: called once requests are heard, or cannot be.
    func run(listening: @escaping @Sendable () -> Void) async {
        guard state.configuration.worker.answersRemoteControl, state.transport.features.contains(.broadcast) else { return listening() }
        let exchange = state.configuration.broker.controlExchange + ".pidbox"
        for await element in state.transport.broadcasts(of: exchange, queue: "\(state.node).\(exchange)") {
            switch element {
            case .link(.connecting): break
            case .link: listening()
            case .unreadable(let error): state.log.error("Unreadable control message: \(ForeignText.safe(error.description))")
            case .message(let envelope, _): await take(envelope)
            }
            if Task.isCancelled { return }
        }
        listening()
    }

    private func take(_ envelope: Envelope) async {
        state.app.clock.adjust(to: envelope.headers["clock"]?.integer ?? 0)
        let request: ControlRequest
        let address: ReplyAddress?
        do { (request, address) = try ControlRequest.decode(envelope) } catch {
            state.log.error("Unreadable control message: \(ForeignText.safe(error.description))")
            return
        }
        guard request.concerns(state.node) else { return }
        state.log.debug("pidbox received method \(ForeignText.safe(request.method))")
        if request.method == "shutdown" {
            // Answered by leaving.
            let reason = request.arguments["msg"]?.string ?? "Got shutdown from remote"
            state.log.warning("\(ForeignText.safe(reason))")
            state.signals.send(.shutdown(.warm))
            return
        }
        let answer = await answer(request)
        guard let address else {
            if let error = answer["error"]?.string { state.log.error("Control command failed: \(ForeignText.safe(error))") }
            return
        }
        await reply(answer, to: address)
    }

    private func answer(_ request: ControlRequest) async -> Value {
        guard let command = ControlCommand.table[request.method] else { return .no(ControlFailure("KeyError", request.method).text) }
        do {
            return try await command(ControlCommand.Call(state: state, runner: runner, heart: heart, arguments: request.arguments))
        } catch { return .no(error.text) }
    }

    private func reply(_ answer: Value, to address: ReplyAddress) async {
        let reply = ControlReply(worker: state.node, value: answer)
        let envelope = reply.envelope(to: address, clock: state.app.clock.forward(), deliveryTag: freshUUID())
        do {
            try await state.transport.publish([Publication(exchange: address.exchange, routingKey: address.routingKey, envelope: envelope)])
        } catch { state.log.error("Couldn't reply to a control command: \(ForeignText.safe(error.description))") }
    }
}

extension ControlRequest {
    /// Whether this node is to answer: it is named, or matches the pattern, or nobody in particular is meant.
    func concerns(_ node: WorkerName) -> Bool {
        if let destination, !destination.isEmpty { return destination.contains(node) }
        guard let pattern, let matcher else { return true }
        switch matcher {
        case "glob": return GlobPattern(pattern).matches(node.rawValue)
        // A longer one is nobody's node name; some of them would be matched for ever.
        case "pcre" where pattern.utf8.count > 200: return false
        case "pcre": return (try? Regex(pattern)).map { (try? $0.prefixMatch(in: node.rawValue)) != nil } ?? false
        default: return false
        }
    }
}
