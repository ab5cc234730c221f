import CeleriacBroker
import CeleriacCore
import GRDB

/// A broadcast message as its row has it.
struct BroadcastRow: Sendable {
    let routingKey: String
    let envelope: String
}

/// What is broadcast on one exchange, from the moment it is made; listens again by itself when the file could not be used.
actor BroadcastFeed {
    /// Something for a consumer.
    enum Element: Sendable {
        /// In order, at least one; `missed`: messages, of any exchange, that were pruned before they could be read.
        case rows([BroadcastRow], missed: Int)
        case link(LinkState)
    }

    /// Rows read at once.
    private static let limit = 1000
    /// Seconds that a listener is believed to be there, and after which it says so again.
    private static let lease = 60.0
    private static let renewal = 20.0

    private let access: FileAccess
    private let exchange: String
    private let now: @Sendable () -> Double
    private let id = freshUUID()
    /// The row read last; `nil` before the first registration.
    private var position: Int64?
    private var renewedAt = -Double.infinity
    private var link: LinkState?
    private var unheardSince: Double?
    private var backoff = Backoff(first: .milliseconds(100), longest: .seconds(2))
    /// After a failure: not to be tried again before.
    private var retryAt: ContinuousClock.Instant?

    init(_ access: FileAccess, exchange: String, now: @escaping @Sendable () -> Double) {
        self.access = access
        self.exchange = exchange
        self.now = now
    }

    /// Message by message, read by `read`, for as long as the consumer listens.
    nonisolated func stream(_ read: @escaping @Sendable (BroadcastRow) -> BroadcastElement) -> AsyncStream<BroadcastElement> {
        let lease = Listening(self)
        let ready = ReadyElements()
        return AsyncStream {
            while true {
                if let element = await ready.take() { return element }
                switch await lease.next() {
                case .rows(let rows, _)?: await ready.put(rows.map(read))
                case .link(let link)?: return .link(link)
                case nil: return nil
                }
            }
        }
    }

    /// The next element; `nil` when the task is cancelled or the store closed.
    fileprivate func next() async -> Element? {
        if link == nil {
            link = .connecting
            return .link(.connecting)
        }
        while !Task.isCancelled, !access.isClosed {
            if let retry = retryAt {
                retryAt = nil
                // Cut short by cancellation, which the loop sees by itself.
                try? await Task.sleep(until: retry, clock: .continuous)
                continue
            }
            do throws(TransportError) {
                let mark = access.wakeups.mark
                try await renew()
                if link != .live {
                    link = .live
                    unheardSince = nil
                    backoff.reset()
                    return .link(.live)
                }
                let (rows, missed) = try await read()
                if !rows.isEmpty || missed > 0 { return .rows(rows, missed: missed) }
                let pause = max(1, renewedAt + Self.renewal - now())
                _ = await access.wakeups.wait(for: .broadcasts, past: mark, until: .now + .seconds(pause))
            } catch {
                renewedAt = -.infinity
                let since = unheardSince ?? now()
                unheardSince = since
                let pause = backoff.next()
                retryAt = .now + pause
                let state = LinkState.reconnecting(since: since, retryAt: now() + pause.seconds, reason: error.cause)
                link = state
                return .link(state)
            }
        }
        return nil
    }

    /// Says that somebody listens, when that is due; the first time, what comes from now on counts.
    func renew() async throws(TransportError) {
        let time = now()
        guard time - renewedAt >= Self.renewal else { return }
        let (id, exchange) = (id, exchange)
        let last = try await access.write("subscribe") { database in
            try database.run(OwnTables.deleteDeafListeners, [time])
            try database.run(OwnTables.listen, [id, exchange, time + Self.lease])
            return try database.first(Int64.self, OwnTables.lastBroadcast) ?? 0
        }
        position = position ?? last
        renewedAt = time
    }

    private func read() async throws(TransportError) -> (rows: [BroadcastRow], missed: Int) {
        let (position, exchange) = (position ?? 0, exchange)
        let (rows, last, missed) = try await access.read("subscribe") { database in
            let found = try database.rows(OwnTables.broadcasts, [position, exchange, Self.limit])
            let first = try database.first(Int64.self, OwnTables.firstBroadcast)
            // What is on other exchanges need not be walked over again.
            let newest: Int64
            if found.count == Self.limit, let last = found.last {
                newest = last[0]
            } else {
                newest = try database.first(Int64.self, OwnTables.lastBroadcast) ?? position
            }
            let missed = max(0, (first.map { $0 - 1 } ?? newest) - position)
            return (found.map { BroadcastRow(routingKey: $0[1], envelope: $0[2]) }, newest, Int(missed))
        }
        self.position = last
        return (rows, missed)
    }

    /// Nobody listens any more.
    fileprivate func leave() async {
        let id = id
        _ = try? await access.write("unsubscribe") { try $0.run(OwnTables.stopListening, [id]) }
    }
}

/// Registers a listener at once, not with the first element asked for, and takes it away when nobody holds this any more.
final class Listening: Sendable {
    private let feed: BroadcastFeed
    /// Of its own, since what is sent right after the feed was made has to be heard.
    private let registration: Task<Void, Never>

    init(_ feed: BroadcastFeed) {
        self.feed = feed
        // A failure comes again, and is told, with the first element.
        registration = Task { _ = try? await feed.renew() }
    }

    deinit {
        let (feed, registration) = (feed, registration)
        // Of its own, since the consumer is gone.
        Task {
            await registration.value
            await feed.leave()
        }
    }

    func next() async -> BroadcastFeed.Element? {
        await registration.value
        return await feed.next()
    }
}

/// What was read at once and is handed over one by one.
private actor ReadyElements {
    private var elements: ArraySlice<BroadcastElement> = []

    func take() -> BroadcastElement? { elements.popFirst() }
    func put(_ new: [BroadcastElement]) { elements = new[...] }
}
