import CeleriacBroker
import CeleriacCore

/// The connection over which messages come in: a channel for each consumer and for each listener to broadcasts.
actor ConsumingLink {
    /// A consumer's place on a channel.
    private struct Attachment {
        weak var consumer: AMQPConsumer?
        let key: Int
        /// By consumer tag, those that were cancelled too: some of their messages may be on the way.
        var subscriptions: [String: Subscription] = [:]
        /// Consumer tags, oldest first.
        var order: [String] = []
        /// Whether the broker counts what each queue's consumer holds, not what the channel holds.
        var countsEach: Bool
    }

    private struct Subscription {
        let queue: Queue
        /// The queue as the broker knows it.
        let source: String
        /// How many it may hold, where the broker counts each consumer for itself; 0 = any number.
        var limit = 0
        var isActive = true
    }

    /// Messages that are handed over together at most.
    private static let stride = 500
    private static let fewConsumers = 16

    typealias Channel = AMQPConnection.Channel

    private let thread = ConnectionThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let topology: Topology
    private let endpoint: String
    private let purpose: String
    private var roster: Roster
    var connection: AMQPConnection?
    private var declaring: Channel?
    private var attachments: [Channel: Attachment] = [:]
    var listeners: [Channel: ChannelListener] = [:]
    private var lastTag = 0
    /// Quorum queues that nothing had said were such.
    private var countingQueues: Set<QueueName> = []
    private(set) var isClosed = false
    /// Whether there are subscriptions that can be forgotten once what came for them has been handed over.
    private var hasRetired = false
    /// Of the look that is going on.
    private var arrivals: [Channel: [(number: UInt64, queue: QueueName, entry: Unsettled.Entry)]] = [:]
    private var heard: [Channel: [Envelope]] = [:]

    init(_ address: AMQPAddress, _ topology: Topology, purpose: String) {
        self.topology = topology
        self.purpose = purpose
        endpoint = address.shown
        roster = Roster(address)
    }

    deinit { thread.end() }

    // MARK: - Consumers

    /// Gives the consumer a channel, if it has none, and consumes from all its queues.
    func attach(_ consumer: AMQPConsumer) throws(TransportError) { _ = try channel(of: consumer) }

    func consume(_ queue: Queue, for consumer: AMQPConsumer) throws(TransportError) {
        let channel = try channel(of: consumer)
        try watching(channel) { (connection) throws(TransportError) in
            try declare(queue, connection)
            if countsEach(queue, connection), attachments[channel]?.countsEach == false {
                attachments[channel]?.countsEach = true
                try connection.setPrefetch(0, global: true, on: channel)
                try resubscribe(channel, connection)
            }
            try subscribe(queue, channel, connection)
        }
        consumer.add(queue)
    }

    func cancel(_ queue: QueueName, of consumer: AMQPConsumer) throws(TransportError) {
        guard let channel = place(of: consumer.key) else { return }
        try watching(channel) { (connection) throws(TransportError) in
            for (tag, subscription) in attachments[channel]?.subscriptions ?? [:] where subscription.isActive && subscription.queue.name == queue {
                try cancel(tag, channel, connection)
            }
        }
    }

    func tellPrefetch(of consumer: AMQPConsumer) {
        _ = consumer.prefetchToTell()
        guard let channel = place(of: consumer.key), let attachment = attachments[channel] else { return }
        // What goes wrong the consumer hears.
        try? watching(channel) { (connection) throws(TransportError) in
            if attachment.countsEach {
                try fit(to: consumer.prefetch, channel, connection)
            } else {
                try connection.setPrefetch(consumer.prefetch, global: true, on: channel)
            }
        }
    }

    /// Does nothing for what the broker has taken back already.
    func settle(_ settlements: [Settlement], of consumer: AMQPConsumer) throws(TransportError) {
        guard let channel = place(of: consumer.key), let connection, connection.isOpen(channel) else { return }
        do throws(TransportError) { try answer(consumer.letGo(of: settlements), connection, channel) } catch {
            if connection.failure != nil { lose(error) }
            throw error
        }
    }

    func stop(_ consumer: AMQPConsumer) {
        guard let channel = place(of: consumer.key) else { return }
        try? watching(channel) { (connection) throws(TransportError) in
            for (tag, subscription) in attachments[channel]?.subscriptions ?? [:] where subscription.isActive {
                try cancel(tag, channel, connection)
            }
            try answer(consumer.giveBack(), connection, channel)
        }
    }

    /// What is held goes back to the front of its queue.
    func detach(_ key: Int) {
        guard let channel = place(of: key) else { return }
        let attachment = attachments.removeValue(forKey: channel)
        connection?.close(channel)
        if let failure = connection?.failure { lose(failure) }
        attachment?.consumer?.detached(nil)
    }

    private func place(of key: Int) -> Channel? { attachments.first { $0.value.key == key }?.key }

    private func channel(of consumer: AMQPConsumer) throws(TransportError) -> Channel {
        if let channel = place(of: consumer.key) { return channel }
        let connection = try open()
        let queues = consumer.queues
        for queue in queues { try declare(queue, connection) }
        let channel = try connection.openChannel()
        attachments[channel] = Attachment(
            consumer: consumer, key: consumer.key, countsEach: queues.contains { countsEach($0, connection) } || connection.serverVersion >= (4, 0))
        consumer.attached()
        do throws(TransportError) {
            try connection.setPrefetch(consumer.prefetch, global: attachments[channel]?.countsEach == false, on: channel)
            for queue in queues { try subscribe(queue, channel, connection) }
        } catch {
            // Half of the queues are none.
            attachments[channel] = nil
            if connection.failure != nil { lose(error) } else { connection.close(channel) }
            consumer.detached(nil)
            throw error
        }
        return channel
    }

    /// Celery's rule: the channel's limit means nothing to quorum queues and streams.
    private func countsEach(_ queue: Queue, _ connection: AMQPConnection) -> Bool {
        ["quorum", "stream"].contains(queue.arguments["x-queue-type"]?.string) || countingQueues.contains(queue.name)
    }

    private func declare(_ queue: Queue, _ connection: AMQPConnection) throws(TransportError) {
        do throws(TransportError) {
            if try topology.declareOrTake(queue, connection, { () throws(TransportError) in try declaringChannel(connection) }) { countingQueues.insert(queue.name) }
        } catch {
            if connection.failure != nil { lose(error) }
            throw error
        }
    }

    private func subscribe(_ queue: Queue, _ channel: Channel, _ connection: AMQPConnection) throws(TransportError) {
        var source = queue.name.rawValue
        if queue.exchangeType == .fanout {
            let declaring = try declaringChannel(connection)
            source = "bcast.\(freshUUID())"
            try connection.declareQueue(source, isDurable: false, isExclusive: true, isAutoDelete: true, arguments: queue.arguments, on: declaring)
            try connection.bind(source, to: queue.exchange ?? queue.name.rawValue, queue.routingKey ?? "", on: declaring)
        }
        try subscribe(Subscription(queue: queue, source: source, limit: attachments[channel]?.consumer?.prefetch ?? 0), channel, connection)
    }

    private func subscribe(_ subscription: Subscription, _ channel: Channel, _ connection: AMQPConnection) throws(TransportError) {
        lastTag += 1
        let tag = "c\(lastTag)"
        // Before the broker hears of it: the first message may come with its answer.
        attachments[channel]?.subscriptions[tag] = subscription
        attachments[channel]?.order.append(tag)
        try connection.consume(
            subscription.source, consumer: tag, isAcknowledging: true, arguments: subscription.queue.consumerArguments, on: channel)
    }

    /// Consumes anew from all queues, each consumer with a limit of its own.
    private func resubscribe(_ channel: Channel, _ connection: AMQPConnection) throws(TransportError) {
        guard let attachment = attachments[channel], let consumer = attachment.consumer, !consumer.isStopped else { return }
        let limit = consumer.prefetch
        try connection.setPrefetch(limit, global: false, on: channel)
        for tag in attachment.order {
            guard var subscription = attachment.subscriptions[tag], subscription.isActive else { continue }
            subscription.limit = limit
            // An auto-delete queue must not be without a consumer for a moment.
            try subscribe(subscription, channel, connection)
            try cancel(tag, channel, connection)
        }
    }

    private func cancel(_ tag: String, _ channel: Channel, _ connection: AMQPConnection) throws(TransportError) {
        try connection.cancel(consumer: tag, on: channel)
        attachments[channel]?.subscriptions[tag]?.isActive = false
        hasRetired = true
    }

    /// Where the broker counts each consumer for itself, what one was told once holds for it: for more a further one is added, which goes when there is
    /// no need for it any more. The first one stays as it is.
    private func fit(to prefetch: Int, _ channel: Channel, _ connection: AMQPConnection) throws(TransportError) {
        guard let attachment = attachments[channel], attachment.consumer?.isStopped == false else { return }
        let active = attachment.order.compactMap { tag in attachment.subscriptions[tag].flatMap { $0.isActive ? (tag, $0) : nil } }
        for consumers in Dictionary(grouping: active, by: { $0.1.queue.name }).values {
            guard let first = consumers.first?.1, !consumers.contains(where: { $0.1.limit == 0 }) else { continue }
            var sum = consumers.reduce(0) { $0 + $1.1.limit }
            if prefetch == 0 || prefetch > sum {
                // Many small ones would be a burden to the broker.
                let more = prefetch == 0 ? 0 : max(prefetch - sum, consumers.count < Self.fewConsumers ? 1 : sum / 4)
                try connection.setPrefetch(more, global: false, on: channel)
                var further = first
                further.limit = more
                try subscribe(further, channel, connection)
            }
            for (tag, subscription) in consumers.dropFirst().reversed() where sum - subscription.limit >= prefetch && prefetch > 0 {
                try cancel(tag, channel, connection)
                sum -= subscription.limit
            }
        }
    }

    private func answer(_ answers: Unsettled.Answers, _ connection: AMQPConnection, _ channel: Channel) throws(TransportError) {
        for (tag, requeue) in answers.rejected { try connection.reject(tag, requeue: requeue, on: channel) }
        if let tag = answers.acknowledgedUpTo { try connection.acknowledge(tag, multiple: true, on: channel) }
        for tag in answers.acknowledged { try connection.acknowledge(tag, multiple: false, on: channel) }
    }

    // MARK: - Broadcasts

    func listen(_ listener: ChannelListener) throws(TransportError) {
        let connection = try open()
        let channel = try connection.openChannel()
        listeners[channel] = listener
        do throws(TransportError) {
            let declaring = try declaringChannel(connection)
            if try !topology.declareMachinery(listener.exchange, connection, declaring) {
                try connection.declareExchange(listener.exchange, type: "fanout", isDurable: true, on: declaring)
            }
            try connection.declareQueue(
                listener.queue, isDurable: false, isExclusive: true, isAutoDelete: true, arguments: topology.broadcastArguments(listener.exchange), on: declaring)
            try connection.bind(listener.queue, to: listener.exchange, listener.routingKey, on: declaring)
            if listener.isRaw { connection.readBodiesOnly(on: channel) }
            try connection.consume(listener.queue, consumer: "b", isAcknowledging: false, on: channel)
        } catch {
            listeners[channel] = nil
            if connection.failure != nil { lose(error) } else { connection.close(channel) }
            throw error
        }
    }

    func leave(_ listener: ChannelListener) {
        guard let channel = listeners.first(where: { $0.value === listener })?.key else { return }
        listeners[channel] = nil
        connection?.close(channel)
        if let failure = connection?.failure { lose(failure) }
    }

    // MARK: - The connection

    func open() throws(TransportError) -> AMQPConnection {
        if isClosed { throw TransportError(.unreachable, operation: "consume", endpoint: endpoint, cause: "the transport is closed") }
        if let connection, connection.failure == nil { return connection }
        let connection = try roster.connect(purpose)
        self.connection = connection
        declaring = nil
        thread.setWatch(
            .init(
                descriptor: connection.descriptor,
                patience: { [weak self] in self?.assumeIsolated { $0.connection?.pause } ?? -1 },
                look: { [weak self] in self?.assumeIsolated { $0.look() } ?? false }))
        return connection
    }

    func declaringChannel(_ connection: AMQPConnection) throws(TransportError) -> Channel {
        if let declaring, connection.isOpen(declaring) { return declaring }
        let channel = try connection.openChannel()
        declaring = channel
        return channel
    }

    /// Runs `body` for a consumer's channel. An error that costs it the channel, or the connection, is the consumer's to tell at its next turn;
    /// an error of the declaration alone costs nothing else.
    private func watching(_ channel: Channel, _ body: (AMQPConnection) throws(TransportError) -> Void) throws(TransportError) {
        guard let connection, connection.failure == nil else { return }
        do throws(TransportError) { try body(connection) } catch {
            if connection.failure != nil { lose(error) } else if !connection.isOpen(channel) { drop(channel, error) }
            throw error
        }
    }

    private func look() -> Bool {
        guard let connection else { return false }
        do throws(TransportError) {
            // Not all at once: what has come is handed over, and answered, while more comes.
            let hasMore = try connection.look(upTo: Self.stride) { channel, event in take(event, channel) }
            try handOver(connection)
            if hasRetired, !hasMore { forgetRetired() }
            return hasMore
        } catch {
            lose(error)
            return false
        }
    }

    private func forgetRetired() {
        hasRetired = false
        attachments = attachments.mapValues { attachment in
            var attachment = attachment
            attachment.subscriptions = attachment.subscriptions.filter(\.value.isActive)
            attachment.order = attachment.order.filter { [subscriptions = attachment.subscriptions] in subscriptions[$0] != nil }
            return attachment
        }
    }

    private func handOver(_ connection: AMQPConnection) throws(TransportError) {
        if !heard.isEmpty {
            for (channel, envelopes) in heard { listeners[channel]?.heard(envelopes) }
            heard = [:]
        }
        guard !arrivals.isEmpty else { return }
        let arrived = arrivals
        arrivals = [:]
        for (channel, messages) in arrived {
            if let answers = attachments[channel]?.consumer?.arrive(messages), connection.isOpen(channel) { try answer(answers, connection, channel) }
        }
    }

    private func take(_ event: ChannelEvent, _ channel: Channel) {
        if let listener = listeners[channel] {
            switch event {
            case .delivery(_, _, let envelope): heard[channel, default: []].append(envelope)
            case .cancelled: leave(listener, TransportError(.unreachable, operation: "listen", endpoint: endpoint, cause: "the queue was deleted"))
            case .closed(let error): leave(listener, error)
            case .confirmed, .returned, .empty, .counted: break
            }
            return
        }
        switch event {
        case .delivery(let tag, let number, let envelope):
            guard let subscription = attachments[channel]?.subscriptions[tag] else { return }
            arrivals[channel, default: []].append((number, subscription.queue.name, Unsettled.Entry(source: subscription.source, envelope: envelope)))
        case .cancelled(let tag):
            // Its queue was deleted, or its node went away: once the consumer is attached again, the queue is declared again.
            guard let name = attachments[channel]?.subscriptions[tag]?.queue.name else { return }
            drop(
                channel, TransportError(.unreachable, operation: "consume", endpoint: endpoint, cause: "the broker took the queue \(ForeignText.safe(name.rawValue)) away"))
        case .closed(let error): drop(channel, error)
        case .confirmed, .returned, .empty, .counted: break
        }
    }

    private func leave(_ listener: ChannelListener, _ error: TransportError) {
        if let channel = listeners.first(where: { $0.value === listener })?.key { listeners[channel] = nil }
        listener.lost(error)
    }

    /// The consumer attaches again by its next turn.
    private func drop(_ channel: Channel, _ error: TransportError) {
        arrivals[channel] = nil
        let attachment = attachments.removeValue(forKey: channel)
        connection?.close(channel)
        // It may be well the next time: the broker is there.
        attachment?.consumer?.detached(error)
    }

    func lose(_ error: TransportError) {
        connection = nil
        declaring = nil
        arrivals = [:]
        heard = [:]
        thread.setWatch(nil)
        let consumers = attachments.values.compactMap(\.consumer), listening = listeners.values
        attachments = [:]
        listeners = [:]
        for consumer in consumers { consumer.detached(error) }
        for listener in listening { listener.lost(error) }
    }

    func close() {
        isClosed = true
        connection?.close()
        lose(TransportError(.unreachable, operation: "consume", endpoint: endpoint, cause: "the transport is closed"))
    }
}
