import CeleriacBroker
import CeleriacCore

/// RabbitMQ's management plugin, asked over HTTP: what AMQP does not tell.
struct ManagementAPI: Sendable {
    private let server: WebServer
    private let virtualHost: String
    /// Fit to be shown.
    let shown: String
    private let masking: @Sendable (String) -> String

    /// The option `management=http://host:port`, or `https`, of the broker's URL, with user and password of its own or the broker's; `management=none` asks
    /// nobody. Without it, the port that is 10000 above the broker's, by TLS where the broker is spoken to by TLS. The options `ssl_…` hold for both.
    /// - Returns: `nil` when nobody is to be asked.
    /// - Throws: kind `.misconfigured`.
    init?(_ url: BrokerURL, _ address: AMQPAddress) throws(TransportError) {
        var user = address.user, password = address.password
        let host: String, port: Int, isEncrypted: Bool
        if let text = url[option: "management"] {
            if text == "none" { return nil }
            guard let other = try? BrokerURL(text), ["http", "https"].contains(other.scheme), let name = other.host else {
                throw .misconfigured(url, "the option management names no address of the web", hint: "write it like management=http://localhost:15672")
            }
            isEncrypted = other.scheme == "https"
            host = name
            port = other.port ?? (isEncrypted ? 15671 : 15672)
            user = other.user ?? user
            password = other.password ?? password
        } else {
            guard !address.isExternal, address.port <= 55_535 else { return nil }
            host = address.host
            port = address.port + 10_000
            isEncrypted = address.tls != nil
        }
        // A build without TLS asks nobody unless it is told to.
        if isEncrypted, url[option: "management"] == nil, !WebTLS.isThere { return nil }
        server = WebServer(
            host: host, port: port, tls: isEncrypted ? try WebTLS(TLSSettings(url), host: host, url) : nil,
            authorization: "Basic " + String(decoding: Base64.encode("\(user):\(password)".utf8), as: UTF8.self))
        virtualHost = WebServer.escaped(address.virtualHost)
        shown = "\(isEncrypted ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        masking = { url.masking($0) }
    }

    // MARK: - Questions

    /// All queues of the virtual host, with rates over the last 20 s: the plugin counts every five.
    func queues() async throws(TransportError) -> [QueueReport] {
        let averages = "msg_rates_age=20&msg_rates_incr=5"
        let answer = try await get("/api/queues/\(virtualHost)?disable_stats=false&\(averages)&columns=\(QueueReport.columns.joined(separator: ","))")
        guard let queues = answer.array else { throw garbled("a list of queues") }
        return queues.compactMap(QueueReport.init)
    }

    /// One queue of the virtual host; `nil` when there is none.
    func queue(_ name: QueueName) async throws(TransportError) -> QueueReport? {
        do throws(TransportError) {
            return QueueReport(try await get("/api/queues/\(virtualHost)/\(WebServer.escaped(name.rawValue))?columns=\(QueueReport.columns.joined(separator: ","))"))
        } catch {
            if error.kind == .refused, error.cause.hasSuffix(" 404") { return nil }
            throw error
        }
    }

    /// Alarms of all nodes of the cluster.
    func alarms() async throws(TransportError) -> [BrokerStanding.Alarm] {
        guard let nodes = try await get("/api/nodes?columns=name,running,mem_alarm,disk_free_alarm,partitions").array else { throw garbled("a list of nodes") }
        var alarms: [BrokerStanding.Alarm] = []
        for node in nodes {
            let name = ForeignText.safe(node["name"]?.string ?? "a node")
            if node["mem_alarm"]?.bool == true { alarms.append(.init("short of memory", on: name, blocks: true)) }
            if node["disk_free_alarm"]?.bool == true { alarms.append(.init("short of disk space", on: name, blocks: true)) }
            if node["running"]?.bool == false { alarms.append(.init("is down", on: name, blocks: false)) }
            if let others = node["partitions"]?.array, !others.isEmpty {
                alarms.append(.init("does not see \(ForeignText.safe(others.map { $0.string ?? "?" }.joined(separator: ", ")))", on: name, blocks: false))
            }
        }
        return alarms
    }

    /// Connections to the virtual host, and how many of them the broker does not listen to.
    func connections() async throws(TransportError) -> (all: Int, blocked: Int) {
        guard let connections = try await get("/api/vhosts/\(virtualHost)/connections?columns=state").array else { throw garbled("a list of connections") }
        // "blocking": it would be, if it sent anything.
        return (connections.count, connections.count { $0["state"]?.string == "blocked" })
    }

    /// Messages that were sent to each exchange, and messages that it handed to queues, as far as the plugin remembers; by name, empty for the default one.
    func exchanges() async throws(TransportError) -> [String: (taken: Int, handedOn: Int)] {
        let columns = "name,message_stats.publish_in,message_stats.publish_out"
        guard let exchanges = try await get("/api/exchanges/\(virtualHost)?columns=\(columns)").array else { throw garbled("a list of exchanges") }
        var counts: [String: (taken: Int, handedOn: Int)] = [:]
        for exchange in exchanges {
            guard let name = exchange["name"]?.string, let stats = exchange["message_stats"], let taken = stats["publish_in"]?.integer else { continue }
            counts[name] = (taken, stats["publish_out"]?.integer ?? 0)
        }
        return counts
    }

    /// Queues that are bound to an exchange, with their binding keys.
    func bindings(of exchange: String) async throws(TransportError) -> [(queue: QueueName, key: String)] {
        let path = "/api/exchanges/\(virtualHost)/\(WebServer.escaped(exchange))/bindings/source?columns=destination,destination_type,routing_key"
        guard let bindings = try await get(path).array else { throw garbled("a list of bindings") }
        return bindings.compactMap { binding in
            guard binding["destination_type"]?.string == "queue", let name = binding["destination"]?.string else { return nil }
            return (QueueName(name), binding["routing_key"]?.string ?? "")
        }
    }

    /// Messages that no queue was bound for, whichever the exchange, as far as the plugin remembers.
    func unroutable() async throws(TransportError) -> Int {
        let stats = try await get("/api/vhosts/\(virtualHost)?columns=message_stats.drop_unroutable,message_stats.return_unroutable")["message_stats"]
        return (stats?["drop_unroutable"]?.integer ?? 0) + (stats?["return_unroutable"]?.integer ?? 0)
    }

    /// "RabbitMQ 3.10.8".
    func product() async throws(TransportError) -> String {
        let overview = try await get("/api/overview?columns=product_name,rabbitmq_version")
        return ForeignText.safe("\(overview["product_name"]?.string ?? "RabbitMQ") \(overview["rabbitmq_version"]?.string ?? "")")
    }

    private func garbled(_ expected: String) -> TransportError {
        TransportError(.garbled, operation: "look", endpoint: shown, cause: "the answer of the management plugin is not \(expected)")
    }

    private func get(_ path: String) async throws(TransportError) -> Value {
        let answer: WebServer.Answer
        do {
            answer = try await server.get(path)
        } catch {
            throw TransportError(.unreachable, operation: "look", endpoint: shown, cause: masking(ForeignText.safe(WebServer.words(for: error))))
        }
        switch answer.status {
        case 200: break
        case 401, 403:
            throw TransportError(
                .unauthorized, operation: "look", endpoint: shown, cause: "the management plugin refused user and password",
                hint: "rabbitmqctl set_user_tags USER monitoring")
        default: throw TransportError(.refused, operation: "look", endpoint: shown, cause: "the management plugin answered \(answer.status)")
        }
        do { return try JSON.decode(answer.body) } catch { throw garbled("JSON") }
    }
}
