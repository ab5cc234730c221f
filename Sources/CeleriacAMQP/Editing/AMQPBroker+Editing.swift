public import CeleriacBroker
public import CeleriacCore
import Synchronization

extension AMQPBroker {
    public var editing: EditingTraits { [.holds, .replacesAtEnd, .noFront] }

    /// Over a connection of its own, by whose end the broker takes everything back.
    public func walk(_ queue: QueueName, needle: [UInt8]) async throws(TransportError) -> any QueueWalk {
        try ControlGuard.check("walk", permission, endpoint, cause: "walking marks messages as redelivered")
        let report = try await inspector.holdable(queue, "walk", endpoint)
        let hold = MessageHold(address, queue, needle: needle, way: report.isQuorum ? .consuming(size: report.messageSize) : .asking(size: report.messageSize))
        let total = try await hold.begin()
        walks.note(hold)
        return AMQPWalk(hold, editor, queue, total: total)
    }

    /// By the default exchange, each confirmed; their properties and headers are real ones again.
    public func insert(_ messages: [KeptMessage], at end: QueueEnd) async throws(TransportError) {
        try ControlGuard.check("insert", permission, endpoint)
        try await editor.insert(messages, endpoint)
    }
}

extension PublishingLink {
    /// Nothing is sent unless all of them can be told by AMQP.
    nonisolated func insert(_ messages: [KeptMessage], _ endpoint: String) async throws(TransportError) {
        var publications: [Publication] = []
        publications.reserveCapacity(messages.count)
        for message in messages {
            do { publications.append(try Publication(message)) } catch {
                throw TransportError(.refused, operation: "insert", endpoint: endpoint, cause: "AMQP cannot tell such a message: \(error)")
            }
        }
        try await publish(publications)
    }
}

/// What a broker's end has to end too.
final class OpenWalks: Sendable {
    private struct WeakHold { weak var hold: MessageHold? }
    private let holds = Mutex<[WeakHold]>([])

    func note(_ hold: MessageHold) {
        holds.withLock { holds in
            holds.removeAll { $0.hold == nil }
            holds.append(WeakHold(hold: hold))
        }
    }

    func close() async {
        let open = holds.withLock { $0.compactMap(\.hold) }
        for hold in open { await hold.close() }
    }
}
