public import CeleriacBroker
public import CeleriacCore

extension App {
    /// An app by the URLs of its broker and of its result backend: `redis://localhost:6379/0`, `sqlite:///queue.db`, `memory://`.
    ///
    /// Nothing is connected yet; without a result backend tasks run, and nobody learns of their results.
    /// - Throws: kind `.misconfigured` for a URL that makes no sense, or whose scheme this build does not know.
    public convenience init(
        _ name: String, broker: String, resultBackend: String? = nil, configuration: AppConfiguration = AppConfiguration()
    ) throws(TransportError) {
        var results: BrokerURL?
        if let resultBackend { results = try Schemes.url(resultBackend) }
        try self.init(name, broker: Schemes.url(broker), resultBackend: results, configuration: configuration)
    }

    /// The same, with URLs that were read already.
    public convenience init(
        _ name: String, broker: BrokerURL, resultBackend: BrokerURL?, configuration: AppConfiguration = AppConfiguration()
    ) throws(TransportError) {
        let transport = try Schemes.transport(broker, settings: configuration.broker)
        var results: (any ResultStore)?
        if let resultBackend {
            results =
                resultBackend.scheme == "rpc"
                ? try Schemes.replies(over: transport) : try Schemes.resultStore(resultBackend, settings: configuration.broker)
        }
        self.init(name, configuration: configuration, transport: transport, results: results)
    }
}
