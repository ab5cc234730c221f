public import CeleriacBroker
public import CeleriacCore
import OrderedCollections
import Synchronization

/// A RabbitMQ server that carries a Celery cluster's messages, opened for watching and steering.
///
/// Nothing is connected before the first call; what is lost is connected again by the next one. What it makes on the broker are queues for itself alone, which
/// the broker deletes with the connection, however that ends. Without the management plugin only queues that are named can be looked at, and only how many
/// messages are ready in them and who consumes.
public final class AMQPBroker: BrokerConnection {
    public let endpoint: String
    let permission: Permission
    let address: AMQPAddress
    private let topology: Topology
    private let publisher: PublishingLink
    /// Of its own: what is put into queues may be much, and no request waits behind it.
    let editor: PublishingLink
    let walks = OpenWalks()
    /// Events have theirs: a flood of them keeps no reply waiting.
    private let feed: ConsumingLink
    private let replies: ConsumingLink
    private let pidbox: Pidbox
    let inspector: QueueInspector
    private let activities = Activities()
    private let eventExchange: String
    private let live = LiveFeeds()

    /// - Parameter url: its options `control_exchange` and `event_exchange` go before the settings'.
    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, settings: BrokerSettings = BrokerSettings(), permission: Permission) throws(TransportError) {
        var settings = settings
        settings.controlExchange = url[option: "control_exchange"] ?? settings.controlExchange
        settings.eventExchange = url[option: "event_exchange"] ?? settings.eventExchange
        let address = try AMQPAddress(url)
        endpoint = address.shown
        eventExchange = settings.eventExchange
        self.permission = permission
        topology = Topology(settings)
        self.address = address
        publisher = PublishingLink(address, topology)
        editor = PublishingLink(address, topology)
        feed = ConsumingLink(address, topology, purpose: "events")
        replies = ConsumingLink(address, topology, purpose: "watching")
        pidbox = Pidbox(publisher, replies, exchange: settings.controlExchange + ".pidbox")
        inspector = QueueInspector(replies, publisher, try ManagementAPI(url, address), topology, eventExchange: eventExchange) { [live] in live.isAny }
    }

    public func close() async {
        await activities.end(within: .seconds(1))
        await walks.close()
        await editor.close()
        await feed.close()
        await replies.close()
        await publisher.close()
    }
}

extension AMQPBroker {
    public func events() -> AsyncStream<FeedElement> {
        let backlog = EventBacklog()
        let listener = ChannelListener(eventExchange, queue: "\(eventExchange).\(freshUUID())", routingKey: "#", isRaw: true) { envelopes in
            for batch in EventBatch.batches(of: envelopes, receivedAt: secondsSince1970()) { backlog.put(.batch(batch)) }
        }
        // Of its own, since it has to drain the connection also while the consumer does something else.
        let task = activities.begin { [feed, live] in
            await listener.run(feed) { state in
                live.note(listener, isLive: state == .live)
                backlog.put(.link(state))
            }
            live.note(listener, isLive: false)
            backlog.finish()
        }
        return backlog.feed(filledBy: task)
    }

    @discardableResult
    public func send(_ request: ControlRequest) async throws(TransportError) -> Int? {
        try ControlGuard.check(request, permission, endpoint)
        try await pidbox.send(request)
        return nil
    }

    public func ask(_ request: ControlRequest, timeout: Duration) -> AsyncThrowingStream<ControlReply, any Error> {
        activities.replies { [pidbox, permission, endpoint] replies in
            try ControlGuard.check(request, permission, endpoint)
            try await pidbox.ask(request, timeout: timeout) { replies.yield($0) }
        }
    }

    public func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts {
        try await inspector.facts(known: known, now: now)
    }

    /// Always `nil`: AMQP shows a waiting message only to who takes it out.
    public func message(of id: TaskID) async throws(TransportError) -> FoundMessage? { nil }

    public var peekingMarks: Bool { true }

    /// Takes a sample of the foremost messages and gives them back to where they were.
    public func peek(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        try ControlGuard.check("peek", permission, endpoint, cause: "peeking marks messages as redelivered")
        guard first == 0 else { throw TransportError(.refused, operation: "peek", endpoint: endpoint, cause: "RabbitMQ shows only the foremost messages of a queue") }
        return try await inspector.sample(queue, limit: limit, endpoint)
    }
}

/// Which feeds hear events at the moment.
private final class LiveFeeds: Sendable {
    private let listeners = Mutex<Set<ObjectIdentifier>>([])

    var isAny: Bool { listeners.withLock { !$0.isEmpty } }

    func note(_ listener: ChannelListener, isLive: Bool) {
        listeners.withLock { if isLive { $0.insert(ObjectIdentifier(listener)) } else { $0.remove(ObjectIdentifier(listener)) } }
    }
}

extension EventBatch {
    /// One for each run of messages of the same content type.
    fileprivate static func batches(of envelopes: [Envelope], receivedAt: Double) -> [EventBatch] {
        var batches: [EventBatch] = []
        var start = envelopes.startIndex
        while start < envelopes.endIndex {
            let type = envelopes[start].contentType
            let end = envelopes[start...].firstIndex { $0.contentType != type } ?? envelopes.endIndex
            let run = envelopes[start..<end]
            var bytes: [UInt8] = [], payloads: [Range<Int>] = []
            bytes.reserveCapacity(run.reduce(0) { $0 + $1.body.count })
            payloads.reserveCapacity(run.count)
            for envelope in run {
                payloads.append(bytes.count..<bytes.count + envelope.body.count)
                bytes += envelope.body
            }
            batches.append(EventBatch(bytes: bytes, payloads: payloads, form: .body(contentType: type), receivedAt: receivedAt))
            start = end
        }
        return batches
    }
}
