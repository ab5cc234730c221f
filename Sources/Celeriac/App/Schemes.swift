import CeleriacAMQP
public import CeleriacBroker
public import CeleriacCore
import CeleriacFiles
import CeleriacRedis
import CeleriacSQL

/// The one table from URL schemes to the code that speaks to that kind of server.
public enum Schemes {
    struct Kind: Sendable {
        var schemes: [String]
        var broker: (@Sendable (BrokerURL, BrokerSettings, Permission) throws(TransportError) -> any BrokerConnection)?
        var resultBackend: (@Sendable (BrokerURL, BrokerSettings) throws(TransportError) -> any ResultBackend)?
        /// For the engine: to send, run and answer tasks, not only to watch.
        var transport: (@Sendable (BrokerURL, BrokerSettings) throws(TransportError) -> any Transport)?
        var resultStore: (@Sendable (BrokerURL, BrokerSettings) throws(TransportError) -> any ResultStore)?
        /// Of beat.
        var schedules: (@Sendable (BrokerURL, Permission) throws(TransportError) -> any ScheduleStore)?
        /// Of beat, in what is a broker as well.
        var ownSchedules: (@Sendable (BrokerURL) throws(TransportError) -> any ScheduleStore)?
    }

    static let kinds = [
        Kind(
            schemes: ["redis", "rediss", "redis+socket"],
            broker: { (url, settings, permission) throws(TransportError) in
                try RedisBroker(url.adding(settings.transportOptions), options: RedisOptions(settings), permission: permission)
            },
            resultBackend: { (url, _) throws(TransportError) in try RedisResultBackend(url) },
            transport: { (url, settings) throws(TransportError) in
                VirtualTransport(try RedisStore(url.adding(settings.transportOptions), options: RedisOptions(settings)), settings: settings)
            },
            resultStore: { (url, settings) throws(TransportError) in
                try RedisResults(url, keyPrefix: settings.transportOptions["global_keyprefix"]?.string ?? "")
            }),
        Kind(
            schemes: ["amqp", "amqps", "pyamqp"],
            broker: { (url, settings, permission) throws(TransportError) in
                try AMQPBroker(url.adding(settings.transportOptions), settings: settings, permission: permission)
            },
            transport: { (url, settings) throws(TransportError) in try AMQPTransport(url.adding(settings.transportOptions), settings: settings) }),
        // As a queue, kombu's and SQLAlchemy's names; `db+…` is how Celery spells it as a result backend.
        Kind(
            schemes: ["sqlite", "sqla+sqlite", "sqlalchemy+sqlite", "db+sqlite"],
            broker: { (url, settings, permission) throws(TransportError) in try SQLiteBroker(url, settings: settings, permission: permission) },
            resultBackend: { (url, _) throws(TransportError) in try SQLiteResults(url, creates: false) },
            transport: { (url, settings) throws(TransportError) in VirtualTransport(try SQLiteStore(url), settings: settings) },
            resultStore: { (url, _) throws(TransportError) in try SQLiteResults(url) },
            ownSchedules: { (url) throws(TransportError) in try SQLiteSchedules(url) }),
        // Each opening has queues of its own, which end with the process.
        Kind(
            schemes: ["memory"],
            transport: { (url, settings) throws(TransportError) in VirtualTransport(MemoryStore(url.description), settings: settings) },
            resultStore: { (url, _) throws(TransportError) in MemoryResults(url.description) },
            schedules: { (url, _) throws(TransportError) in MemorySchedules(url.description) }),
        Kind(
            schemes: ["redbeat+redis", "redbeat+rediss", "redbeat+redis+socket"],
            schedules: { (url, permission) throws(TransportError) in try RedBeatSchedules(url, permission: permission) }),
        Kind(schemes: ["sqlite"], schedules: { (url, _) throws(TransportError) in try SQLiteSchedules(url) }),
        Kind(schemes: ["django+sqlite"], schedules: { (url, _) throws(TransportError) in try SQLiteSchedules(url, layout: .django) }),
        Kind(schemes: ["sqlalchemy+sqlite"], schedules: { (url, _) throws(TransportError) in try SQLiteSchedules(url, layout: .sqlalchemy) }),
    ]

    /// Opens the broker that `url` names, for sending and running tasks; connections are made by the first call.
    /// - Throws: as `broker` does.
    static func transport(_ url: BrokerURL, settings: BrokerSettings) throws(TransportError) -> any Transport {
        try open(url, as: "a broker", where: { $0.transport != nil }) { (kind) throws(TransportError) in try kind.transport?(url, settings) }
    }

    /// Opens the result backend that `url` names, for writing too.
    /// - Throws: as `broker` does.
    static func resultStore(_ url: BrokerURL, settings: BrokerSettings) throws(TransportError) -> any ResultStore {
        try open(url, as: "a result backend", where: { $0.resultStore != nil }) { (kind) throws(TransportError) in try kind.resultStore?(url, settings) }
    }

    /// Results as messages over the broker: Celery's `rpc://`.
    /// - Throws: kind `.misconfigured` for a broker on which queues of processes that are gone would stay.
    static func replies(over transport: any Transport) throws(TransportError) -> any ResultStore {
        if transport.features.contains(.declaredQueues) { return ReplyResults(over: transport) }
        throw TransportError(
            .misconfigured, operation: "open", endpoint: transport.endpoint, cause: "rpc:// as a result backend needs RabbitMQ as the broker",
            hint: "use the broker's own URL as result backend")
    }

    /// - Throws: kind `.misconfigured`; quotes nothing that could hold a password.
    static func url(_ text: String) throws(TransportError) -> BrokerURL {
        do { return try BrokerURL(text) } catch { throw TransportError(.misconfigured, operation: "open", endpoint: "the URL", cause: error.description) }
    }

    /// Opens the broker that `url` names; connections are made by the first call.
    /// - Throws: `TransportError` of kind `.misconfigured` for a scheme that this build does not know, with the nearest one that it does.
    public static func broker(
        _ url: BrokerURL, settings: BrokerSettings = BrokerSettings(), permission: Permission = .act
    ) throws(TransportError) -> any BrokerConnection {
        try open(url, as: "a broker", where: { $0.broker != nil }) { (kind) throws(TransportError) in try kind.broker?(url, settings, permission) }
    }

    /// Opens the result backend that `url` names.
    /// - Throws: as `broker` does.
    public static func resultBackend(_ url: BrokerURL, settings: BrokerSettings = BrokerSettings()) throws(TransportError) -> any ResultBackend {
        try open(url, as: "a result backend", where: { $0.resultBackend != nil }) { (kind) throws(TransportError) in try kind.resultBackend?(url, settings) }
    }

    /// Opens the store of beat's entries that `text` names: a URL, or `file:` and the path of a TOML file.
    /// - Parameter permission: any but `.act` refuses every write.
    /// - Throws: as `broker` does, and for a text that is no URL.
    public static func schedules(_ text: String, permission: Permission = .act) throws(TransportError) -> any ScheduleStore {
        let store: any ScheduleStore
        if text.hasPrefix("file:") {
            store = FileSchedules(text)
        } else {
            store = try open(url(text), as: "a schedule store", where: { $0.schedules != nil }, also: ["file"]) { (kind) throws(TransportError) in
                try kind.schedules?(url(text), permission)
            }
        }
        return permission == .act ? store : WatchedSchedules(store, permission: permission)
    }

    /// The store of beat's entries that a broker is itself; `nil`: it is none, and one has to be named.
    public static func schedules(within broker: BrokerURL) throws(TransportError) -> (any ScheduleStore)? {
        try kinds.first { $0.schemes.contains(broker.scheme) }?.ownSchedules?(broker)
    }

    /// The one look-up.
    /// - Parameters:
    ///   - canOpen: whether a kind takes that role at all.
    ///   - others: what is known beside the kinds.
    ///   - opening: `nil` when it does not.
    private static func open<Opened>(
        _ url: BrokerURL, as role: String, where canOpen: (Kind) -> Bool, also others: [String] = [], _ opening: (Kind) throws(TransportError) -> Opened?
    ) throws(TransportError) -> Opened {
        if let kind = kinds.first(where: { $0.schemes.contains(url.scheme) && canOpen($0) }), let opened = try opening(kind) { return opened }
        let known = (kinds.filter(canOpen).flatMap(\.schemes) + others).sorted()
        let nearest = Nearest.match(for: url.scheme, in: known).map { "did you mean \($0)? " } ?? ""
        throw TransportError(
            .misconfigured, operation: "open", endpoint: url.description, cause: "no transport for scheme \"\(ForeignText.safe(url.scheme))\" as \(role)",
            hint: "\(nearest)this build knows \(known.joined(separator: ", "))")
    }
}

extension BrokerURL {
    /// With options of the configuration, which give way to the URL's own.
    fileprivate func adding(_ options: [String: Value]) -> BrokerURL {
        var url = self
        url.options = options.sorted { $0.key < $1.key }.map { Option(name: $0.key, value: $0.value.string ?? JSON.text($0.value)) } + url.options
        return url
    }
}

extension RedisOptions {
    fileprivate init(_ settings: BrokerSettings) {
        self.init()
        controlExchange = settings.controlExchange
        eventExchange = settings.eventExchange
    }
}
