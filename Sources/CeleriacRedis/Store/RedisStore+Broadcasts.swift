public import CeleriacBroker
public import CeleriacCore
import Synchronization

extension RedisStore {
    public func broadcast(_ messages: [(routingKey: String, envelope: Envelope)], exchange: String) async throws(TransportError) {
        let commands = messages.map { message in
            RedisCommand("PUBLISH", bytes: [Array(keys.channel(exchange, routingKey: message.routingKey).utf8), message.envelope.encoded()])
        }
        try await pool.send(commands, operation: "PUBLISH")
    }

    public func broadcasts(of exchange: String) -> AsyncStream<BroadcastElement> {
        let backlog = EventBacklog()
        let link = EventLink(endpoint: address, gate: pool.gate, subscriptions: keys.subscriptions(exchange), backlog: backlog)
        // Of its own, since it has to drain the connection also while the consumer does something else.
        let task = activities.begin { await link.run() }
        let reader = BroadcastReader(backlog, task)
        return AsyncStream {
            await reader.next()
        } onCancel: {
            task.cancel()
        }
    }
}

/// Takes batches apart, message by message; ends the link when nobody holds it any more.
private final class BroadcastReader: Sendable {
    private let backlog: EventBacklog
    private let task: Task<Void, Never>
    /// Of the batch under way, the next one last.
    private let pending = Mutex<[BroadcastElement]>([])

    init(_ backlog: EventBacklog, _ task: Task<Void, Never>) {
        self.backlog = backlog
        self.task = task
    }

    deinit { task.cancel() }

    func next() async -> BroadcastElement? {
        while true {
            if let element = pending.withLock({ $0.popLast() }) { return element }
            switch await backlog.next() {
            case nil: return nil
            case .link(let link)?: return .link(link)
            case .batch(let batch)?: pending.withLock { $0 = batch.payloads.reversed().map { Self.element(batch.bytes[$0]) } }
            }
        }
    }

    private static func element(_ bytes: ArraySlice<UInt8>) -> BroadcastElement {
        do throws(MessageError) {
            let envelope = try Envelope(decoding: Array(bytes))
            return .message(envelope, routingKey: envelope.routingKey ?? "")
        } catch {
            return .unreadable(error)
        }
    }
}
