import CeleriacBroker
import CeleriacCore
import OrderedCollections
import Synchronization

extension QueueInspector {
    /// Messages, and bytes of bodies, that are taken out at once at most.
    private static let most = 50, mostBytes = 4 << 20
    /// How long the next message may be in coming.
    private static let patience = Duration.seconds(2)

    /// The foremost messages of a queue, taken out and given back.
    /// - Throws: kind `.refused` where that would use up what a queue counts, or cannot be done.
    func sample(_ queue: QueueName, limit: Int, _ endpoint: String) async throws(TransportError) -> QueueSample {
        let report = try await holdable(queue, "peek", endpoint)
        let limit = max(0, min(limit, Self.most))
        let (envelopes, total) = try await report.isQuorum ? tap(queue, limit: limit, size: report.messageSize) : link.sample(queue, limit: limit, bytes: Self.mostBytes)
        var copies = Copies(sortsHeaders: report.isQuorum)
        let messages = envelopes.enumerated().map { QueueSample.Message($0.element, copies.message($0.element, in: queue), position: $0.offset) }
        return QueueSample(queue: queue, first: 0, messages: messages, total: total, isMarked: true)
    }

    /// What there is to know of a queue whose messages can be taken out and given back.
    /// - Throws: kind `.refused` where that would use up what a queue counts, or cannot be done.
    func holdable(_ queue: QueueName, _ operation: String, _ endpoint: String) async throws(TransportError) -> QueueReport {
        func refused(_ cause: String, hint: String? = nil) -> TransportError { TransportError(.refused, operation: operation, endpoint: endpoint, cause: cause, hint: hint) }
        guard let management else {
            throw refused("what kind of queue it is cannot be known without the management plugin", hint: "management=http://HOST:15672 in the broker's URL")
        }
        let report: QueueReport?
        do { report = try await management.queue(queue) } catch {
            throw refused("what kind of queue it is cannot be known: \(error.cause)", hint: error.hint ?? "rabbitmq-plugins enable rabbitmq_management")
        }
        guard let report else { throw refused("there is no queue \(ForeignText.safe(queue.rawValue))") }
        if report.isQuorum, !report.knowsPolicies { throw refused("which policies apply to it is not known yet", hint: "try again in a few seconds") }
        if let reason = Self.whyNotSample(report.traits, server: try await link.serverVersion()) { throw refused(reason) }
        return report
    }

    /// Of a quorum queue. What was got message by message comes back out of order there, and what is rejected at its end; what one consumer held comes back
    /// to the front as it was. (Classic ones keep the order anyhow, and with the flag auto-delete they would go with that consumer.)
    /// - Parameter size: bytes of a message, on average.
    private func tap(_ queue: QueueName, limit: Int, size: Int) async throws(TransportError) -> (envelopes: [Envelope], total: Int) {
        let ready = try await link.sizes(of: [queue])[queue]?.ready ?? 0, wanted = min(ready, limit, max(1, Self.mostBytes / max(1, size)))
        guard wanted > 0 else { return ([], ready) }
        let arrived = Mutex<[Envelope]>([]), bell = Bell()
        let listener = ChannelListener("", queue: queue.rawValue, routingKey: "") { envelopes in
            arrived.withLock { $0 += envelopes }
            bell.ring()
        }
        try await link.tap(listener, limit: wanted)
        var deadline = ContinuousClock.now + Self.patience, count = 0
        while count < wanted {
            let heard = bell.rings, left = deadline - .now, now = arrived.withLock(\.count)
            if now > count { (count, deadline) = (now, .now + Self.patience) } else if left <= .zero || Task.isCancelled { break } else { await bell.wait(after: heard, atMost: left) }
        }
        await link.leave(listener)
        return (arrived.withLock { $0 }, ready)
    }

    /// - Parameter server: major and minor number of its version: from 4.0 on quorum queues have a limit unless told otherwise.
    static func whyNotSample(_ traits: QueueTraits, server: (Int, Int)) -> String? {
        switch traits.type {
        case "stream": return "nothing can be taken out of a stream and given back"
        case "quorum" where traits.setting("single-active-consumer")?.bool == true: return "this quorum queue serves one consumer at a time"
        case "quorum":
            // Of argument and policy the smaller counts; -1 is none.
            let limits = [traits.arguments["x-delivery-limit"], traits.policyArguments["delivery-limit"]].compactMap { $0?.integer }
            guard let limit = limits.filter({ $0 >= 0 }).min() ?? (limits.isEmpty && server >= (4, 0) ? 20 : nil) else { return nil }
            return "each look would count as a delivery, and this quorum queue allows a message no more than \(limit)"
        default: return nil
        }
    }
}
