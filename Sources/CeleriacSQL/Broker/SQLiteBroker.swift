public import CeleriacBroker
public import CeleriacCore

/// One SQLite file that carries a cluster's messages, opened for watching and steering.
///
/// Nothing is opened before the first call. With permission to act a missing file is made; otherwise it is an error until somebody has made it, and nothing is
/// written but what listening takes: that one listens, and reply boxes. Events and remote control are our own workers' alone: Python's have neither on SQL.
public final class SQLiteBroker: BrokerConnection {
    let access: FileAccess
    let permission: Permission
    private let eventExchange: String
    private let inspector: QueueInspector
    private let pidbox: Pidbox
    private let activities = Activities()

    public var endpoint: String { access.endpoint }

    /// - Parameters:
    ///   - url: `sqlite:///relative.db`, `sqlite:////absolute.db`, with `sqla+` or `sqlalchemy+` in front or not; its options `control_exchange` and
    ///     `event_exchange` go before the settings'.
    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, settings: BrokerSettings = BrokerSettings(), permission: Permission) throws(TransportError) {
        let access = try FileAccess(url, .queues, creates: permission == .act)
        let controlExchange = url[option: "control_exchange"] ?? settings.controlExchange
        self.access = access
        self.permission = permission
        eventExchange = url[option: "event_exchange"] ?? settings.eventExchange
        inspector = QueueInspector(access, eventExchange: eventExchange)
        pidbox = Pidbox(access, permission, exchange: controlExchange + ".pidbox", now: secondsSince1970)
    }

    public func close() async {
        await activities.end(within: .seconds(5))
        access.close()
    }
}

extension SQLiteBroker {
    public func events() -> AsyncStream<FeedElement> {
        // What a slow consumer has not read waits in the file.
        let listening = Listening(BroadcastFeed(access, exchange: eventExchange, now: secondsSince1970))
        return AsyncStream {
            switch await listening.next() {
            case .rows(let rows, let missed)?: .batch(EventBatch(rows, missed: missed, receivedAt: secondsSince1970()))
            case .link(let state)?: .link(state)
            case nil: nil
            }
        }
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
        try await access.read("find") { try MessageSearch.run($0, for: id) }
    }

    public var peekingMarks: Bool { false }

    public func peek(_ queue: QueueName, from first: Int, limit: Int) async throws(TransportError) -> QueueSample {
        try await access.read("peek") { [mark = access.file.path.mark] in try QueuePage.read($0, queue, from: first, limit: limit, mark: mark) }
    }
}

extension EventBatch {
    init(_ rows: [BroadcastRow], missed: Int, receivedAt: Double) {
        var bytes: [UInt8] = []
        var payloads: [Range<Int>] = []
        for row in rows {
            let start = bytes.count
            bytes += row.envelope.utf8
            payloads.append(start..<bytes.count)
        }
        self.init(bytes: bytes, payloads: payloads, form: .envelope, receivedAt: receivedAt, dropped: missed)
    }
}
