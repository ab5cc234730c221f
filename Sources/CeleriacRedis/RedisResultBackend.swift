public import CeleriacBroker
public import CeleriacCore

/// Results as Celery keeps them in Redis: one key a task.
public final class RedisResultBackend: ResultBackend {
    let pool: ConnectionPool
    let prefix: String

    /// - Parameter keyPrefix: `global_keyprefix` of `result_backend_transport_options`; the URL's option of that name goes before it.
    /// - Throws: kind `.misconfigured`.
    public init(_ url: BrokerURL, keyPrefix: String = "") throws(TransportError) {
        let endpoint = try RedisEndpoint(url)
        prefix = Self.separated(url[option: "global_keyprefix"] ?? keyPrefix)
        // Nothing but reading is ever done here.
        pool = ConnectionPool(endpoint, CommandGate(.passive, RedisKeys(options: RedisOptions(), database: endpoint.database)))
    }

    public func record(of id: TaskID) async throws(TransportError) -> ResultRecord? {
        guard let bytes = try await pool.send(RedisCommand("GET", key(id))).bytes else { return nil }
        do {
            return try ResultRecord(decoding: bytes, id: id)
        } catch {
            throw TransportError(.garbled, operation: "GET", endpoint: pool.endpoint.shown, cause: "the result of \(id) cannot be read: \(error)")
        }
    }

    public func close() async { await pool.close() }

    func key(_ id: TaskID) -> String { prefix + "celery-task-meta-" + id.rawValue }

    /// Celery puts an underscore behind a prefix that does not end with a separator.
    private static func separated(_ prefix: String) -> String {
        guard let last = prefix.last else { return prefix }
        return ":_-.".contains(last) ? prefix : prefix + "_"
    }
}
