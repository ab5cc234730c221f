import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// The connection over which all messages of a transport go out, each confirmed by the broker.
actor PublishingLink {
    /// What a caller waits for.
    private final class Ticket {
        let publications: [Publication]
        var unconfirmed = 0
        /// Returned ones, by their place in the batch.
        var returned: Set<Int> = []
        var failure: TransportError?
        var waiter: CheckedContinuation<Void, Never>?

        init(_ publications: [Publication]) { self.publications = publications }
    }

    private let thread = ConnectionThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let topology: Topology
    private let endpoint: String
    private var roster: Roster
    private var connection: AMQPConnection?
    /// Where messages go, and where things are declared: an error there costs no message.
    private var channel: AMQPConnection.Channel?
    private var declaring: AMQPConnection.Channel?
    private var openedAt = ContinuousClock.now
    /// Whether the channel, of a certain age, has said no: see `open`.
    private var isRefusing = false
    private var exchanges: Set<String> = []
    /// By name, as they were wanted here.
    private var declared: [String: Queue] = [:]
    /// Exchanges whose messages with an ETA are held by the broker.
    private var delaying: Set<String> = []
    private var confirms = Confirms<Ticket>()
    /// Who waits for room, or for the broker to take messages again.
    private var queue: [CheckedContinuation<Void, Never>] = []
    /// Whether some of these wait for the socket.
    private var waitsForSocket = false
    private var isClosed = false
    /// Why the broker takes no messages at the moment.
    var blockedReason: String? { connection?.blockedReason }

    /// How many messages may be unconfirmed: enough that the broker is never idle, not so many that a lost connection leaves all in doubt.
    private static let window = 4096
    /// Between looks at what the broker says while many go out.
    private static let stride = 128
    /// Quorum queues without a majority never confirm; a broker that is out of memory takes nothing.
    private static let patience = Duration.seconds(60)
    private static let blockedPatience = Duration.seconds(15)

    init(_ address: AMQPAddress, _ topology: Topology) {
        self.topology = topology
        endpoint = address.shown
        roster = Roster(address)
    }

    deinit { thread.end() }

    // MARK: - Sending

    /// Returns when the broker has all of them. Queues that were declared here and are gone are declared again.
    func publish(_ publications: [Publication]) async throws(TransportError) {
        let lost = try await attempt(publications)
        if lost.isEmpty { return }
        try declare(Set(lost.map(\.routingKey)).sorted().compactMap { declared[$0] })
        if let first = try await attempt(lost).first { throw unroutable(first, "NO_ROUTE") }
    }

    /// - Returns: those whose queues were declared here, but are gone.
    private func attempt(_ publications: [Publication]) async throws(TransportError) -> [Publication] {
        if publications.isEmpty { return [] }
        let ticket = Ticket(publications)
        for (index, publication) in publications.enumerated() {
            if connection?.mayBeSilent == true { look() }
            if !hasRoom { try await waitForRoom() }
            if ticket.failure != nil { break }
            do throws(TransportError) { try send(publication, index, ticket) } catch {
                ticket.failure = ticket.failure ?? error
                break
            }
            if index % Self.stride == Self.stride - 1 { look() }
        }
        await withCheckedContinuation { continuation in
            // Asked here, not before: on the way into a suspension the thread may do something else, and hear of the last confirm.
            if ticket.unconfirmed == 0 { continuation.resume() } else { ticket.waiter = continuation }
        }
        if let failure = ticket.failure { throw failure }
        return ticket.returned.isEmpty ? [] : ticket.returned.sorted().map { publications[$0] }
    }

    private func send(_ publication: Publication, _ index: Int, _ ticket: Ticket) throws(TransportError) {
        let (connection, channel) = try open()
        let publication = delayed(publication)
        if !publication.exchange.isEmpty, !exchanges.contains(publication.exchange) { try find(publication.exchange, connection) }
        let isMandatory = !topology.isMachinery(exchange: publication.exchange)
        do throws(TransportError) {
            if let problem = try connection.publish(publication, isMandatory: isMandatory, on: channel) {
                throw connection.error(.refused, "publish", "the message does not fit AMQP: \(problem)")
            }
        } catch {
            if connection.failure != nil { lose(error) }
            throw error
        }
        confirms.add(ticket, index: index, at: .now)
        ticket.unconfirmed += 1
    }

    /// With the way through the levels of `DelayedDelivery`, if it is to be held.
    private func delayed(_ publication: Publication) -> Publication {
        guard delaying.contains(publication.exchange), let eta = publication.envelope.headers["eta"]?.string.flatMap(ISOTime.parse),
            let key = DelayedDelivery.routingKey(eta - secondsSince1970(), publication.routingKey)
        else { return publication }
        return Publication(exchange: DelayedDelivery.entrance, routingKey: key, envelope: publication.envelope)
    }

    /// Makes sure that an exchange is there: a message to one that is not would cost the channel, and with it others their confirms.
    private func find(_ exchange: String, _ connection: AMQPConnection) throws(TransportError) {
        let channel = try declaringChannel(connection)
        if try !topology.declareMachinery(exchange, connection, channel) {
            try connection.declareExchange(exchange, type: "", isDurable: false, isPassive: true, on: channel)
        }
        exchanges.insert(exchange)
    }

    private var hasRoom: Bool {
        confirms.count < (isRefusing ? 1 : Self.window) && connection?.blockedReason == nil && connection?.isFull != true
    }

    private func waitForRoom() async throws(TransportError) {
        let deadline = ContinuousClock.now + Self.blockedPatience
        while !hasRoom {
            if let reason = connection?.blockedReason, .now > deadline {
                throw TransportError(.timedOut, operation: "publish", endpoint: endpoint, cause: "the broker takes no messages at the moment (\(reason))", hint: "it is short of memory or disk")
            }
            await withCheckedContinuation { continuation in
                waitsForSocket = connection?.isFull == true || waitsForSocket
                queue.append(continuation)
            }
        }
    }

    // MARK: - Declaring

    func declare(_ queues: [Queue]) throws(TransportError) {
        let (connection, _) = try open()
        defer { if let failure = connection.failure { lose(failure) } }
        for queue in queues {
            _ = try topology.declareOrTake(queue, connection) { () throws(TransportError) in try declaringChannel(connection) }
            exchanges.insert(queue.exchange ?? queue.name.rawValue)
            declared[queue.name.rawValue] = queue
            if DelayedDelivery.holds(for: queue) { delaying.insert(queue.exchange ?? queue.name.rawValue) }
        }
    }

    /// Sends copies of messages to queues, of which those for dead letters may not be there yet.
    func move(_ moves: Unsettled.Moves) async throws(TransportError) {
        if !moves.graves.isEmpty { try declare(moves.graves.map { Queue($0, exchange: "") }) }
        try await publish(moves.copies)
    }

    /// Runs `body` on the channel for declarations.
    func declaring<Output: Sendable>(_ body: @Sendable (AMQPConnection, AMQPConnection.Channel) throws(TransportError) -> Output) throws(TransportError) -> Output {
        let (connection, _) = try open()
        defer { if let failure = connection.failure { lose(failure) } }
        return try body(connection, declaringChannel(connection))
    }

    private func declaringChannel(_ connection: AMQPConnection) throws(TransportError) -> AMQPConnection.Channel {
        if let declaring, connection.isOpen(declaring) { return declaring }
        let channel = try connection.openChannel()
        declaring = channel
        return channel
    }

    // MARK: - The connection

    private func open() throws(TransportError) -> (AMQPConnection, AMQPConnection.Channel) {
        if isClosed { throw TransportError(.unreachable, operation: "publish", endpoint: endpoint, cause: "the transport is closed") }
        if let connection, let channel, connection.failure == nil {
            if connection.isOpen(channel) {
                // A channel that first met a quorum queue when its leader had just died may ask that one for ever, and refuse all that is sent to the queue
                // (`rabbit_fifo_client` of RabbitMQ 3.10). A new one asks the new leader.
                guard isRefusing, confirms.count == 0 else { return (connection, channel) }
                connection.close(channel)
            }
        } else {
            connection = nil
            connection = try roster.connect("publishing")
            exchanges = []
            declaring = nil
            watch()
        }
        guard let connection else { throw TransportError(.unreachable, operation: "connect", endpoint: endpoint, cause: "the connection was lost") }
        let new = try connection.openChannel()
        try connection.selectConfirms(on: new)
        channel = new
        // Numbers start again.
        confirms = Confirms()
        openedAt = .now
        isRefusing = false
        return (connection, new)
    }

    private func watch() {
        guard let connection else { return thread.setWatch(nil) }
        thread.setWatch(
            .init(
                descriptor: connection.descriptor,
                patience: { [weak self] in self?.assumeIsolated { $0.pause } ?? -1 },
                waitsForRoom: { [weak self] in self?.assumeIsolated { $0.waitsForSocket } ?? false },
                look: { [weak self] in
                    self?.assumeIsolated { $0.look() }
                    return false
                }))
    }

    /// Short while somebody waits: for their deadlines.
    private var pause: Int32 {
        let longest = connection?.pause ?? 60_000
        return confirms.count == 0 && queue.isEmpty ? longest : min(longest, 1000)
    }

    private func look() {
        guard let connection else { return }
        do throws(TransportError) {
            _ = try connection.look { channel, event in take(event, channel) }
        } catch { return lose(error) }
        if let oldest = confirms.oldest, oldest < .now - Self.patience {
            // A channel in such a state, on a connection that may be blocked, is not to be talked to any more.
            return lose(connection.error(.timedOut, "publish", "the broker did not confirm the message within \(Self.patience.components.seconds) s", hint: "a quorum queue may have lost its majority"))
        }
        wake()
    }

    /// Lets those who wait for room look again.
    private func wake() {
        waitsForSocket = false
        guard !queue.isEmpty else { return }
        let waiting = queue
        queue = []
        for waiter in waiting { waiter.resume() }
    }

    private func take(_ event: ChannelEvent, _ channel: AMQPConnection.Channel) {
        guard channel == self.channel else { return }
        switch event {
        case .confirmed(let number, let multiple, let isTaken):
            for (ticket, index) in confirms.settle(number, multiple: multiple) { settle(ticket, index, isTaken) }
        case .returned(let exchange, let id, let routingKey, let reason):
            // It comes before the confirm of the same message, which it does not name.
            let found = confirms.first { ticket, index in
                let publication = ticket.publications[index]
                return publication.routingKey == routingKey && publication.exchange == exchange && publication.envelope.correlationID == id
                    && !ticket.returned.contains(index)
            }
            guard let (ticket, index) = found else { return }
            ticket.returned.insert(index)
            let publication = ticket.publications[index]
            if !publication.exchange.isEmpty || declared[publication.routingKey] == nil { ticket.failure = ticket.failure ?? unroutable(publication, reason) }
        case .closed(let error):
            // An exchange that was known may be gone.
            exchanges = []
            abandon(TransportError(.unreachable, operation: "publish", endpoint: error.endpoint, cause: error.cause, hint: error.hint))
        case .delivery, .cancelled, .empty, .counted: break
        }
    }

    private func settle(_ ticket: Ticket, _ index: Int, _ isTaken: Bool) {
        if !isTaken, ticket.failure == nil {
            ticket.failure = TransportError(
                .refused, operation: "publish", endpoint: endpoint, cause: "the broker did not take the message for \(place(ticket.publications[index]))",
                hint: "the queue may be full, or may have lost its majority")
        }
        // Not again and again for a queue that is full.
        if !isTaken, openedAt < .now - .seconds(1) { isRefusing = true }
        ticket.unconfirmed -= 1
        if ticket.unconfirmed == 0 { release(ticket) }
    }

    private func unroutable(_ publication: Publication, _ reason: String) -> TransportError {
        let hint = publication.exchange.isEmpty ? "declare the queue first: a worker that consumes it does" : "bind a queue to the exchange"
        return TransportError(
            .refused, operation: "publish", endpoint: endpoint, cause: "no queue takes what is sent to \(place(publication)) (\(ForeignText.safe(reason)))", hint: hint)
    }

    private func place(_ publication: Publication) -> String {
        let key = ForeignText.safe(publication.routingKey)
        return publication.exchange.isEmpty ? "the queue \(key)" : "exchange \(ForeignText.safe(publication.exchange)) with routing key \"\(key)\""
    }

    private func release(_ ticket: Ticket) {
        ticket.waiter?.resume()
        ticket.waiter = nil
    }

    private func lose(_ error: TransportError) {
        connection = nil
        channel = nil
        thread.setWatch(nil)
        abandon(error)
    }

    /// What has not been confirmed may be in the broker or not.
    private func abandon(_ error: TransportError) {
        for ticket in confirms.abandon() where ticket.unconfirmed > 0 {
            ticket.unconfirmed = 0
            ticket.failure = ticket.failure ?? error
            release(ticket)
        }
        wake()
    }

    func close() {
        isClosed = true
        connection?.close()
        lose(TransportError(.unreachable, operation: "publish", endpoint: endpoint, cause: "the transport is closed"))
    }
}
