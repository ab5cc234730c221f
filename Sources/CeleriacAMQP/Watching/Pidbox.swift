import CeleriacBroker
import CeleriacCore
import Synchronization

/// The client's side of kombu's remote control: requests go to all nodes over the fanout exchange, replies come into a queue made for the occasion.
final class Pidbox: Sendable {
    private let publisher: PublishingLink
    private let link: ConsumingLink
    /// `celery.pidbox`, unless the cluster's `control_exchange` differs.
    private let exchange: String
    /// Lamport time.
    private let clock = Atomic<Int>(0)

    init(_ publisher: PublishingLink, _ link: ConsumingLink, exchange: String) {
        self.publisher = publisher
        self.link = link
        self.exchange = exchange
    }

    /// Broadcasts without asking for replies.
    func send(_ request: ControlRequest) async throws(TransportError) { try await broadcast(request, reply: nil, expires: 0) }

    /// Broadcasts, then hands over replies as they come. Returns when all destinations have answered, else `timeout` after the last reply, as AMQP does not
    /// tell how many nodes hear; or when its task is cancelled. The broker deletes the queue when nobody listens to it any more.
    func ask(_ request: ControlRequest, timeout: Duration, handOver: @Sendable (ControlReply) -> Void) async throws(TransportError) {
        let oid = freshUUID()
        let address = ReplyAddress(ticket: freshUUID(), exchange: "reply.\(exchange)", routingKey: oid)
        let arrived = Mutex<[Envelope]>([]), bell = Bell()
        let box = ChannelListener(address.exchange, queue: "\(oid).\(address.exchange)", routingKey: oid) { envelopes in
            arrived.withLock { $0 += envelopes }
            bell.ring()
        }
        // The binding must be there before the first node answers, or its reply is dropped.
        try await link.listen(box)
        var failure: TransportError?
        do throws(TransportError) {
            try await broadcast(request, reply: address, expires: secondsSince1970() + timeout.seconds)
            var deadline = ContinuousClock.now + timeout, missing = request.destination?.count ?? .max
            while missing > 0, !Task.isCancelled {
                let heard = bell.rings
                let envelopes = arrived.withLock { arrived in
                    defer { arrived = [] }
                    return arrived
                }
                if envelopes.isEmpty {
                    let left = deadline - .now
                    if left <= .zero { break }
                    await bell.wait(after: heard, atMost: left)
                    continue
                }
                deadline = .now + timeout
                missing -= envelopes.count
                for envelope in envelopes {
                    guard let (ticket, replies) = try? ControlReply.decode(envelope), ticket == address.ticket else { continue }
                    for reply in replies { handOver(reply) }
                }
            }
        } catch { failure = error }
        await link.leave(box)
        if let failure { throw failure }
    }

    private func broadcast(_ request: ControlRequest, reply: ReplyAddress?, expires: Double) async throws(TransportError) {
        let time = clock.add(1, ordering: .relaxed).newValue
        let envelope = request.envelope(reply: reply, clock: time, expires: expires, deliveryTag: freshUUID(), exchange: exchange)
        try await publisher.publish([Publication(exchange: exchange, routingKey: "", envelope: envelope)])
    }
}
