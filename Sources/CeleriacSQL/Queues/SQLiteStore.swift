public import CeleriacBroker
public import CeleriacCore
import GRDB
import Synchronization

/// Queues in one SQLite file, in kombu's table layout, so that Python workers and producers (`sqla+sqlite:///…`) share them.
///
/// Several processes may open the same file; a busy one is waited for, at most five seconds. What was published survives the end of any process; a loss of
/// power may take the commits of the last moments, never the file: WAL with `synchronous = NORMAL`, since `FULL` waits for the disk at each commit, a hundred
/// times as long. Every method throws `TransportError` in SQLite's own words.
///
/// What a Python worker has taken is out of our sight: it leaves its rows invisible, done or not.
public final class SQLiteStore: QueueStore {
    public let features: TransportFeatures = [.broadcast, .priorities, .lowPriorityFirst]
    private let access: FileAccess
    /// For how long a hold lasts that is not renewed.
    private let lease: Duration
    private let now: @Sendable () -> Double
    /// Tells this process's hold from that of an earlier one with the same node name, which is dead.
    private let instance = freshUUID()
    private let turn = Atomic<Int>(0)
    /// The last claim brought something, so that the next one is likely to.
    private let isBusy = Atomic<Bool>(false)

    public var endpoint: String { access.endpoint }

    /// Opens the file that `url` names; makes it, and its tables, when missing. Blocks the thread for a moment.
    /// - Parameters:
    ///   - url: `sqlite:///relative.db`, `sqlite:////absolute.db`, with `sqla+` or `sqlalchemy+` in front or not.
    ///   - lease: for how long a hold lasts that is not renewed.
    ///   - now: seconds since 1970; the clock that leases are measured by, one for all processes on the file.
    public convenience init(_ url: BrokerURL, lease: Duration = .seconds(30)) throws(TransportError) {
        try self.init(url, lease: lease, now: secondsSince1970)
    }

    init(_ url: BrokerURL, lease: Duration = .seconds(30), now: @escaping @Sendable () -> Double) throws(TransportError) {
        access = try FileAccess(url, .queues, creates: true)
        self.lease = lease
        self.now = now
        try access.open()
    }

    public func close() async { access.close() }

    // MARK: - Messages

    public func publish(_ messages: [StoredMessage]) async throws(TransportError) {
        let prepared = messages.map { message in
            (queue: message.queue.rawValue, payload: message.envelope.text, timestamp: KombuTables.timestamp(priority: message.envelope.priority))
        }
        guard !prepared.isEmpty else { return }
        try await access.write("publish", .messages) { database in
            var ids: [String: Int64] = [:]
            var counts: [String: Int] = [:]
            for message in prepared {
                let id = try ids[message.queue] ?? database.makeQueue(message.queue)
                ids[message.queue] = id
                counts[message.queue, default: 0] += 1
                try database.insert(payload: message.payload, timestamp: message.timestamp, queue: id)
            }
            for (queue, count) in counts { try database.run(OwnTables.countArrivals, [queue, count]) }
        }
    }

    public func claim(from queues: [QueueName], upTo count: Int, owner: WorkerName, wait: Duration) async throws(TransportError) -> [Delivery] {
        guard count > 0, !queues.isEmpty else { return [] }
        let deadline = ContinuousClock.now + wait
        while !Task.isCancelled {
            let mark = access.wakeups.mark
            // A look takes no lock; only what is there is worth one.
            var isWorthIt = isBusy.load(ordering: .relaxed)
            if !isWorthIt { isWorthIt = try await access.read("claim", { try $0.isAnyWaiting(in: queues) }) }
            if isWorthIt {
                let claimed = try await claimNow(queues, count, owner)
                isBusy.store(!claimed.isEmpty, ordering: .relaxed)
                if !claimed.isEmpty { return claimed.map(\.delivery) }
            }
            guard wait > .zero, await access.wakeups.wait(for: .messages, past: mark, until: deadline) else { break }
        }
        return []
    }

    private func claimNow(_ queues: [QueueName], _ count: Int, _ owner: WorkerName) async throws(TransportError) -> [ClaimedMessage] {
        // Each claim begins with another queue.
        let first = turn.add(1, ordering: .relaxed).oldValue % queues.count
        let order = Array(queues[first...] + queues[..<first])
        let (instance, now, until) = (instance, now(), now() + lease.seconds)
        return try await access.write("claim") { database in
            try database.claim(from: order, upTo: count, now: now) {
                try database.first(Int64.self, OwnTables.hold, [owner.rawValue, instance, until]) ?? 0
            }
        }
    }

    public func settle(_ settlements: [Settlement], owner: WorkerName) async throws(TransportError) {
        guard !settlements.isEmpty else { return }
        let puts = settlements.contains { settlement in
            switch settlement {
            case .acknowledge, .reject(_, requeue: false): false
            default: true
            }
        }
        try await access.write("settle", puts ? .messages : []) { database in
            for settlement in settlements { try database.settle(settlement) }
        }
    }

    public func maintain(owner: WorkerName) async throws(TransportError) {
        let (instance, now, until) = (instance, now(), now() + lease.seconds)
        let hasGivenBack = try await access.write("maintain") { database in
            try database.run(OwnTables.hold, [owner.rawValue, instance, until])
            return try database.giveBackOfTheDead(now: now)
        }
        if hasGivenBack { access.wakeups.fire(.messages) }
    }

    // MARK: - Queues

    public func sizes(of queues: [QueueName]) async throws(TransportError) -> [QueueName: Int] {
        try await access.read("size") { database in
            try queues.reduce(into: [:]) { sizes, queue in
                sizes[queue] = try database.queueID(queue.rawValue).flatMap { try database.first(Int.self, KombuTables.countWaiting, [$0]) } ?? 0
            }
        }
    }

    public func queues() async throws(TransportError) -> [QueueName] {
        try await access.read("list") { try String.fetchAll($0, sql: KombuTables.queueNames).map { QueueName($0) } }
    }

    public func purge(_ queue: QueueName) async throws(TransportError) -> Int {
        try await access.write("purge", .messages) { try $0.purge(queue) }
    }

    public func delete(_ queue: QueueName) async throws(TransportError) {
        try await access.write("delete", .messages) { try $0.deleteQueue(queue) }
    }

    // MARK: - Exchanges

    public func bind(_ bindings: [Binding]) async throws(TransportError) {
        guard !bindings.isEmpty else { return }
        try await access.write("bind") { database in
            for binding in bindings {
                try database.run(OwnTables.bind, [binding.exchange, binding.type.rawValue, binding.routingKey, binding.queue.rawValue])
                // A bound queue is there, as an empty one, for whoever lists the queues.
                _ = try database.makeQueue(binding.queue.rawValue)
            }
        }
    }

    public func bindings(of exchange: String) async throws(TransportError) -> [Binding] {
        try await access.read("bindings") { database in
            try database.rows(OwnTables.bindings, [exchange]).compactMap { row in
                Queue.ExchangeType(rawValue: row[0]).map { Binding(exchange: exchange, type: $0, routingKey: row[1], queue: QueueName(row[2] as String)) }
            }
        }
    }

    public func broadcast(_ messages: [(routingKey: String, envelope: Envelope)], exchange: String) async throws(TransportError) {
        try await Broadcasting(access: access, exchange: exchange, now: now).send(messages)
    }

    public func broadcasts(of exchange: String) -> AsyncStream<BroadcastElement> {
        BroadcastFeed(access, exchange: exchange, now: now).stream { message in
            do throws(MessageError) { return .message(try Envelope(decoding: Array(message.envelope.utf8)), routingKey: message.routingKey) } catch {
                return .unreadable(error)
            }
        }
    }
}
