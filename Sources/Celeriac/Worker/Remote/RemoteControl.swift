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

/// A shell pattern as Python's `fnmatch` reads it: `*`, `?`, `[abc]`, `[!a-z]`.
struct GlobPattern: Sendable {
    private enum Part {
        case any, one
        case scalar(Unicode.Scalar)
        case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
    }

    private let parts: [Part]

    init(_ pattern: String) {
        let scalars = Array(pattern.unicodeScalars)
        var parts: [Part] = []
        var index = 0
        while index < scalars.count {
            switch scalars[index] {
            case "*": parts.append(.any)
            case "?": parts.append(.one)
            case "[":
                // A bracket right after the opening one, or after `!`, belongs to the set.
                let isNegated = index + 1 < scalars.count && scalars[index + 1] == "!"
                let start = index + (isNegated ? 2 : 1)
                guard start < scalars.count, let end = scalars[(start + 1)...].firstIndex(of: "]") else {
                    parts.append(.scalar("["))
                    break
                }
                parts.append(.set(Self.ranges(scalars[start..<end]), isNegated: isNegated))
                index = end
            default: parts.append(.scalar(scalars[index]))
            }
            index += 1
        }
        self.parts = parts
    }

    private static func ranges(_ set: ArraySlice<Unicode.Scalar>) -> [ClosedRange<Unicode.Scalar>] {
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        var rest = set
        while let first = rest.popFirst() {
            if rest.first == "-", let last = rest.dropFirst().first {
                rest = rest.dropFirst(2)
                if first <= last { ranges.append(first...last) }
            } else {
                ranges.append(first...first)
            }
        }
        return ranges
    }

    /// Time grows with the product of both lengths, whatever the pattern.
    func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        // Where to go on when what follows the last `*` does not fit: one character further.
        var position = 0, part = 0
        var retry: (part: Int, position: Int)?
        while position < scalars.count {
            if part < parts.count {
                if case .any = parts[part] {
                    retry = (part + 1, position)
                    part += 1
                    continue
                }
                if Self.fits(parts[part], scalars[position]) {
                    part += 1
                    position += 1
                    continue
                }
            }
            guard let (restart, from) = retry else { return false }
            retry = (restart, from + 1)
            part = restart
            position = from + 1
        }
        return parts[part...].allSatisfy { if case .any = $0 { true } else { false } }
    }

    private static func fits(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .any, .one: true
        case .scalar(let expected): scalar == expected
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(scalar) } != isNegated
        }
    }
}
