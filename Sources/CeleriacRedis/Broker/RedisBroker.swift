public import CeleriacBroker
public import CeleriacCore

/// A Redis server that carries a Celery cluster's messages the way kombu lays them out.
///
/// Nothing is connected before the first call; what is lost is connected again by the next one.
public final class RedisBroker: BrokerConnection {
    public let endpoint: String
    private let address: RedisEndpoint
    let keys: RedisKeys
    private let pool: ConnectionPool
    /// Of its own: what is taken out of queues may be much, and nobody else waits behind it.
    let editor: ConnectionPool
    let editingScripts: ScriptRunner
    private let inspector: QueueInspector
    private let pidbox: Pidbox
    private let activities = Activities()

    /// - Parameters:
    ///   - options: what the URL's own options do not say.
    /// - Throws: kind `.misconfigured`.
    public convenience init(_ url: BrokerURL, options: RedisOptions = RedisOptions(), permission: Permission) throws(TransportError) {
        self.init(try RedisEndpoint(url), options: try options.overridden(by: url), permission: permission)
    }

    init(_ address: RedisEndpoint, options: RedisOptions, permission: Permission) {
        self.address = address
        endpoint = address.shown
        keys = RedisKeys(options: options, database: address.database)
        pool = ConnectionPool(address, CommandGate(permission, keys))
        editor = ConnectionPool(address, pool.gate)
        editingScripts = ScriptRunner(editor)
        inspector = QueueInspector(pool, keys)
        pidbox = Pidbox(pool, keys)
    }

    public func close() async {
        await activities.end(within: .seconds(1))
        await editor.close()
        await pool.close()
    }
}

extension RedisBroker {
    public func events() -> AsyncStream<FeedElement> {
        let backlog = EventBacklog()
        let link = EventLink(endpoint: address, gate: pool.gate, subscriptions: keys.subscriptions(keys.options.eventExchange), backlog: backlog)
        // Of its own, since it has to drain the connection also while the consumer does something else.
        let task = activities.begin { await link.run() }
        return backlog.feed(filledBy: task)
    }

    @discardableResult
    public func send(_ request: ControlRequest) async throws(TransportError) -> Int? {
        try await pidbox.send(request)
    }

    public func ask(_ request: ControlRequest, timeout: Duration) -> AsyncThrowingStream<ControlReply, any Error> {
        activities.replies { [pidbox] in try await pidbox.ask(request, timeout: timeout, replies: $0) }
    }

    public func facts(known: Set<QueueName>, now: Double) async throws(TransportError) -> BrokerFacts {
        try await inspector.facts(known: known, now: now)
    }

    public func message(of id: TaskID) async throws(TransportError) -> FoundMessage? {
        try await inspector.message(of: id)
    }

    public var peekingMarks: Bool { false }

    public func peek(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        try await inspector.page(queue, from: first, limit: limit)
    }
}
