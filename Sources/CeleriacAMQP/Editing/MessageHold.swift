import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// One connection on which messages of one queue are held: each until it is acknowledged, the others until they are given back with the connection.
actor MessageHold {
    /// How messages are taken out so that what is given back stands where it stood.
    /// The size is that of a message on average, as far as it is known.
    enum Way: Sendable {
        /// Message by message: classic queues put each back into its place.
        case asking(size: Int)
        /// By consumers: what they held comes back in front of a quorum queue in its old order; what was asked for would not.
        case consuming(size: Int)
    }

    private struct Entry {
        let number: UInt64
        /// `nil`: without the needle.
        let message: KeptMessage?
        let size: Int
    }

    /// Messages, and bytes of them, that are held at once at most: the broker has all of it in its memory.
    static let most = 200_000, mostBytes = 256 << 20
    /// Bytes of the messages of one piece, and of those that are asked for before the first of them has come.
    private static let pieceBytes = 32 << 20, askedBytes = 8 << 20
    private static let mostAsked = 256
    /// Messages that are acknowledged one by one before an answer is waited for: for each the broker goes through all that the channel holds before it, which takes
    /// it milliseconds where these are many.
    private static let settledAtOnce = 200
    private static let patience = Duration.seconds(30)
    /// How long nothing comes before the broker is asked whether there is more; and how often it has to say no, while fewer have come than were ready, who may
    /// be with workers or on their way.
    private static let silence = Duration.milliseconds(50), noes = (few: 2, many: 20)
    private static let stride = 50
    /// Messages that the first consumer may hold, and the largest. All that a consumer may hold is sent at once: so each may hold as many as those before it do,
    /// of whose messages the size is known. (RabbitMQ allows a consumer 65,535.)
    private static let consumerSizes = 2000...32_000

    private let thread = ConnectionThread()
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    nonisolated let endpoint: String

    private let queue: QueueName
    private let needle: Needle?
    private let way: Way
    private let most: Int
    private var roster: Roster
    private var connection: AMQPConnection?
    private var channel: AMQPConnection.Channel = 0
    private var failure: TransportError?
    /// All that is held, in the order of their coming.
    private var entries: [Entry] = []
    private var numbers: [Exactly: UInt64] = [:]
    private var bytes = 0
    /// Of those that are held, how many `next` has told; and bytes of the others.
    private var told = 0
    private var untoldBytes = 0
    /// Messages that have come, in all.
    private var arrivals = 0
    private var copies: Copies
    /// Questions that are not answered yet, and whether the last answer was that nothing is left.
    private var asked = 0
    private var isEmpty = false
    /// Questions for how many are ready, how many of them were answered, and the last answer.
    private var sizes = (asked: 0, answered: 0, last: 0)
    /// Consumers so far, of which all but the last are cancelled.
    private var consumers = 0
    /// Messages that the broker lets the last consumer hold, and that it holds of them.
    private var prefetch = 0, held = 0
    /// Deliveries up to this number were not for the last consumer.
    private var floor: UInt64 = 0
    /// Messages that were ready before any was taken.
    private var total = 0
    /// The largest message so far.
    private var largest = 1
    /// What is served next is wanted, with the needle or without.
    private var isFront = false
    /// Nothing is wanted any more, but that all comes back in its order.
    private var isClosing = false
    /// Whether the last message that came had come back before, as a quorum queue counts.
    private var isLastReturned = false
    private let bell = Bell()

    init(_ address: AMQPAddress, _ queue: QueueName, needle: [UInt8], way: Way, most: Int = MessageHold.most) {
        self.queue = queue
        self.needle = Needle(needle)
        self.way = way
        self.most = most
        endpoint = address.shown
        roster = Roster(address)
        copies = if case .consuming = way { Copies(sortsHeaders: true) } else { Copies(sortsHeaders: false) }
    }

    deinit { thread.end() }

    /// - Returns: messages that are ready.
    func begin() async throws(TransportError) -> Int {
        let connection = try roster.connect("editing")
        self.connection = connection
        thread.setWatch(
            .init(
                descriptor: connection.descriptor,
                patience: { [weak self] in self?.assumeIsolated { $0.connection?.pause } ?? -1 },
                look: { [weak self] in self?.assumeIsolated { $0.look() } ?? false }))
        channel = try telling { (connection) throws(TransportError) in try connection.openChannel() }
        total = try await ready()
        return total
    }

    func close() async {
        if case .consuming(let size) = way { try? await takeReturned(size) }
        guard let connection else { return }
        // When its closing is answered, a classic queue has everything back.
        connection.close(channel)
        connection.close()
        lose(error(.unreachable, "the walk was closed"))
    }

    // MARK: - Taking

    func next(limit: Int) async throws(TransportError) -> WalkPiece? {
        try await fetch(limit)
        var piece = WalkPiece(messages: [], passed: 0), size = 0
        for entry in entries.dropFirst(told) where piece.passed < limit && size < Self.pieceBytes {
            piece.passed += 1
            size += entry.size
            if let message = entry.message { piece.messages.append(message) }
        }
        told += piece.passed
        untoldBytes -= size
        if piece.passed > 0 { return piece }
        if hasRoom { return nil }
        guard try await ready() > 0 else { return nil }
        throw error(
            .refused, "RabbitMQ shows a message only to who takes it out, and no more than \(entries.count) are taken out of a queue at once",
            hint: "at most \(most) messages, or \(Self.mostBytes >> 20) MB")
    }

    func front(limit: Int) async throws(TransportError) -> [KeptMessage] {
        isFront = true
        try await fetch(min(limit, most))
        return entries.prefix(limit).compactMap(\.message)
    }

    /// Takes messages until there are no more, or enough.
    private func fetch(_ limit: Int) async throws(TransportError) {
        switch way {
        case .asking(let size): try await ask(limit, size)
        case .consuming(let size): try await consume(limit, size)
        }
    }

    /// How many are still to come until there are `limit`.
    private func missing(_ limit: Int) -> Int {
        if isFront { return bytes < Self.pieceBytes ? limit - entries.count : 0 }
        return untoldBytes < Self.pieceBytes ? limit - (entries.count - told) : 0
    }

    private var hasRoom: Bool { entries.count < most && bytes < Self.mostBytes }

    private func ask(_ limit: Int, _ size: Int) async throws(TransportError) {
        isEmpty = false
        while !isEmpty {
            let room = hasRoom ? most - entries.count : 0
            // The first ones tell how large they are.
            let count = min(missing(limit), room, Self.mostAsked, 2 * arrivals + 16, max(1, Self.askedBytes / max(largest, size)))
            guard count > 0 else { return }
            try telling { (connection) throws(TransportError) in
                for _ in 0..<count { try connection.ask(for: queue.rawValue, on: channel) }
            }
            asked = count
            try await wait { asked == 0 }
        }
    }

    private func consume(_ limit: Int, _ size: Int) async throws(TransportError) {
        isEmpty = false
        var noes = 0, deadline = ContinuousClock.now + Self.patience
        while true {
            let heard = bell.rings, before = arrivals
            if let failure { throw failure }
            if missing(limit) <= 0 { return }
            if held >= prefetch {
                // What is in front is settled soon, which makes room for more of it.
                if isFront && consumers > 0 || !hasRoom { return }
                try addConsumer(limit, size)
            }
            await bell.wait(after: heard, atMost: Self.silence)
            if arrivals == before, connection?.incoming[channel] == nil {
                let ready = try await ready()
                noes = ready == 0 ? noes + 1 : 0
                if arrivals == before {
                    isEmpty = noes >= (arrivals < total ? Self.noes.many : Self.noes.few)
                    if isEmpty { return }
                    if .now > deadline { throw giveUp(error(.timedOut, "the server hands none of \(ready) messages out")) }
                    continue
                }
            }
            (noes, deadline) = (0, .now + Self.patience)
        }
    }

    /// One that holds all it may is cancelled first: for what is settled of that it would be given others, which came back too early then. The broker takes
    /// back what a channel held consumer by consumer, in the order of their names (of up to 32, by Erlang's maps).
    private func addConsumer(_ limit: Int, _ size: Int) throws(TransportError) {
        let average = max(1, size, bytes / max(1, entries.count))
        let (wanted, room) = isFront ? (2 * limit, Self.pieceBytes) : (max(entries.count, Self.consumerSizes.lowerBound), Self.mostBytes - bytes)
        let name = { (number: Int) in "walk \(100 + number)" }
        prefetch = max(1, min(wanted, room / average, most - entries.count, Self.consumerSizes.upperBound))
        try telling { (connection) throws(TransportError) in
            if consumers > 0 { try connection.cancel(consumer: name(consumers), on: channel) }
            try connection.setPrefetch(prefetch, global: false, on: channel)
            try connection.consume(queue.rawValue, consumer: name(consumers + 1), isAcknowledging: true, on: channel)
        }
        consumers += 1
        (held, floor) = (0, UInt64(arrivals))
    }

    /// A quorum queue has what comes back wait behind what came back before and was not taken since: that is taken too, for all of it to come back in its order.
    private func takeReturned(_ size: Int) async throws(TransportError) {
        isFront = false
        isClosing = true
        while isLastReturned, !isEmpty, !entries.isEmpty, hasRoom {
            (told, untoldBytes) = (entries.count, 0)
            try await consume(Self.consumerSizes.lowerBound, size)
        }
    }

    /// Messages that nobody holds. What came before the answer has been taken hold of.
    private func ready() async throws(TransportError) -> Int {
        try telling { (connection) throws(TransportError) in try connection.askSize(of: queue.rawValue, on: channel) }
        sizes.asked += 1
        let number = sizes.asked
        try await wait { sizes.answered >= number }
        return sizes.last
    }

    /// Until the broker has answered.
    private func wait(until isAnswered: () -> Bool) async throws(TransportError) {
        var deadline = ContinuousClock.now + Self.patience
        while !isAnswered() {
            let heard = bell.rings, before = arrivals
            await bell.wait(after: heard, atMost: .seconds(1))
            if let failure { throw failure }
            if arrivals > before { deadline = .now + Self.patience }
            if .now > deadline { throw giveUp(error(.timedOut, "the server did not answer within \(Self.patience.components.seconds) s")) }
        }
    }

    // MARK: - Settling

    /// Whether it is certain that a message is held.
    func holds(_ message: KeptMessage) async throws(TransportError) -> Bool {
        _ = try await ready()
        return numbers[Exactly(message)] != nil
    }

    /// Returns when the broker has taken the acknowledgements.
    /// - Returns: those that were held.
    func remove(_ messages: [KeptMessage]) async throws(TransportError) -> Set<KeptMessage> {
        if let failure { throw failure }
        let known = messages.compactMap { message in numbers[Exactly(message)].map { (message, $0) } }, wanted = Set(known.map(\.1))
        guard !wanted.isEmpty else { return [] }
        // One answer for all up to the first that stays.
        let run = entries.prefix { wanted.contains($0.number) }, others = entries.dropFirst(run.count).filter { wanted.contains($0.number) }
        if let last = run.last { try telling { (connection) throws(TransportError) in try connection.acknowledge(last.number, multiple: true, on: channel) } }
        var start = 0
        repeat {
            try telling { (connection) throws(TransportError) in
                for entry in others.dropFirst(start).prefix(Self.settledAtOnce) { try connection.acknowledge(entry.number, multiple: false, on: channel) }
            }
            // The broker does one thing after the other.
            _ = try await ready()
            start += Self.settledAtOnce
        } while start < others.count
        for (message, _) in known { numbers[Exactly(message)] = nil }
        held -= wanted.count { $0 > floor }
        told -= entries.prefix(told).count { wanted.contains($0.number) }
        entries.removeAll { wanted.contains($0.number) }
        (bytes, untoldBytes) = (entries.reduce(0) { $0 + $1.size }, entries.dropFirst(told).reduce(0) { $0 + $1.size })
        return Set(known.map(\.0))
    }

    // MARK: - The connection

    private func look() -> Bool {
        guard let connection else { return false }
        var hasMore = false, hasHeard = false
        do throws(TransportError) {
            hasMore = try connection.look(upTo: Self.stride) { channel, event in
                take(event, channel)
                hasHeard = true
            }
        } catch { lose(error) }
        if let failure { lose(failure) }
        if hasHeard { bell.ring() }
        return hasMore && failure == nil
    }

    private func take(_ event: ChannelEvent, _ channel: AMQPConnection.Channel) {
        guard channel == self.channel, failure == nil else { return }
        switch event {
        case .delivery(_, let number, let envelope):
            hold(envelope, number)
            asked = max(0, asked - 1)
        case .empty:
            asked = max(0, asked - 1)
            isEmpty = true
        case .counted(let ready): sizes = (sizes.asked, sizes.answered + 1, ready)
        case .cancelled: failure = error(.unreachable, "the broker took the queue \(ForeignText.safe(queue.rawValue)) away")
        case .closed(let error): failure = error
        case .confirmed, .returned: break
        }
    }

    private func hold(_ envelope: Envelope, _ number: UInt64) {
        arrivals += 1
        held += 1
        isLastReturned = (envelope.headers["x-delivery-count"]?.integer ?? 0) > 0
        let message = copies.message(envelope, in: queue), size = message.bytes.count
        let isWanted = !isClosing && (isFront || needle?.isIn(message.bytes) ?? true)
        entries.append(Entry(number: number, message: isWanted ? message : nil, size: size))
        if isWanted { numbers[Exactly(message)] = number }
        bytes += size
        untoldBytes += size
        largest = max(largest, size)
        // A consumer is handed as many as were agreed upon, however large.
        if bytes > 2 * Self.mostBytes { failure = error(.refused, "its messages are too large to be held: more than \(2 * Self.mostBytes >> 20) MB") }
    }

    private func telling<Output>(_ body: (AMQPConnection) throws(TransportError) -> Output) throws(TransportError) -> Output {
        guard let connection else { throw failure ?? error(.unreachable, "the walk was closed") }
        do throws(TransportError) { return try body(connection) } catch {
            if connection.failure != nil || !connection.isOpen(channel) { lose(error) }
            throw error.walking
        }
    }

    private func giveUp(_ error: TransportError) -> TransportError {
        lose(error)
        return error
    }

    private func error(_ kind: TransportError.Kind, _ cause: String, hint: String? = nil) -> TransportError {
        TransportError(kind, operation: "walk", endpoint: endpoint, cause: cause, hint: hint)
    }

    /// What was held goes back with the connection.
    private func lose(_ error: TransportError) {
        failure = failure ?? error.walking
        connection = nil
        (entries, numbers, bytes, asked, told, untoldBytes) = ([], [:], 0, 0, 0, 0)
        thread.setWatch(nil)
        bell.ring()
    }
}

extension TransportError {
    /// As whoever walks wants to hear it.
    fileprivate var walking: Self {
        var error = self
        error.operation = "walk"
        return error
    }
}
