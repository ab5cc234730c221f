public import CeleriacBroker
public import CeleriacCore

/// Results as Celery keeps them in Redis: one key a task. Reads only.
public final class RedisResultBackend: ResultBackend {
    let pool: ConnectionPool
    let keys: ResultKeys

    /// - Parameter keyPrefix: `global_keyprefix` of `result_backend_transport_options`; the URL's option of that name goes before it.
    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, keyPrefix: String = "") throws(TransportError) {
        let endpoint = try RedisEndpoint(url)
        keys = ResultKeys(prefix: url[option: "global_keyprefix"] ?? keyPrefix)
        // Nothing but reading is ever done here.
        pool = ConnectionPool(endpoint, CommandGate(.passive, RedisKeys(options: RedisOptions(), database: endpoint.database)))
    }

    public func record(of id: TaskID) async throws(TransportError) -> ResultRecord? {
        try await pool.record(of: id, keys)
    }

    public func close() async { await pool.close() }
}
