import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections

/// Asks the other workers, once, what is revoked and how late it is, so that a new one does not run what was revoked before it came.
struct Mingle: Sendable {
    let state: WorkerState
    private static let patience = Duration.seconds(1)

    func run() async {
        guard state.configuration.worker.mingles, state.transport.features.contains(.broadcast) else { return }
        state.log.info("mingle: searching for neighbors")
        let exchange = state.configuration.broker.controlExchange
        // Its own name makes the queue's: a worker that comes again finds its queue again, and leaves no trail of them.
        let address = ReplyAddress(ticket: freshUUID(), exchange: "reply.\(exchange).pidbox", routingKey: Self.key(of: state.node))
        let queue = Queue(
            QueueName("\(address.routingKey).\(address.exchange)"), exchange: address.exchange, routingKey: address.routingKey,
            arguments: ["x-expires": 10_000, "x-message-ttl": 300_000])
        let consumer = state.transport.consumer(owner: WorkerName("\(state.node).mingle"))
        consumer.setPrefetch(0)
        do {
            try await consumer.consume(queue)
            let revoked = state.revokedIDs().map { Value.string($0.rawValue) }
            let request = ControlRequest("hello", arguments: ["from_node": .string(state.node.rawValue), "revoked": .array(revoked)])
            let envelope = request.envelope(
                reply: address, clock: state.app.clock.forward(), expires: state.time() + Self.patience.seconds, deliveryTag: freshUUID(),
                exchange: "\(exchange).pidbox")
            try await state.transport.publish([Publication(exchange: "\(exchange).pidbox", routingKey: "", envelope: envelope)])
            let neighbours = await gather(consumer, address.ticket)
            state.log.info(neighbours == 0 ? "mingle: all alone" : "mingle: sync with \(neighbours) nodes")
        } catch { state.log.warning("mingle: \(ForeignText.safe(error.description))") }
        await consumer.close()
    }

    /// How many answered.
    private func gather(_ consumer: any TaskConsumer, _ ticket: String) async -> Int {
        let timer = Task {
            try? await Task.sleep(for: Self.patience)
            consumer.stop()
        }
        defer { timer.cancel() }
        var neighbours = 0
        while let deliveries = try? await consumer.next(), !deliveries.isEmpty {
            for delivery in deliveries {
                if case .envelope(let envelope) = delivery.content, take(envelope, ticket) { neighbours += 1 }
            }
            try? await consumer.settle(deliveries.map { .acknowledge($0.tag) })
        }
        return neighbours
    }

    private func take(_ envelope: Envelope, _ ticket: String) -> Bool {
        guard let (answered, replies) = try? ControlReply.decode(envelope), answered == ticket else { return false }
        for reply in replies {
            state.merge(revoked: reply.value["revoked"] ?? .null)
            if let clock = reply.value["clock"]?.integer { state.app.clock.adjust(to: clock) }
        }
        return true
    }

    /// In the form of a UUID, the same for the same name.
    static func key(of node: WorkerName) -> String {
        // FNV-1a, twice from different starts: only to be told apart.
        let halves = [0xCBF2_9CE4_8422_2325, 0x6C62_272E_07BB_0142].map { (start: UInt64) in
            node.rawValue.utf8.reduce(start) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        }
        let digits = halves.map { half in
            let text = String(half, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var key = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { key.append("-") }
            key.append(digit)
        }
        return key
    }
}
