import CeleriacBroker
import CeleriacCore

extension AMQPAddress {
    /// Reads `amqp://`, `pyamqp://` and `amqps://` as kombu and py-amqp do: no path, or `/`, is the virtual host `/`; `guest` at this machine when nothing
    /// else is said. Options: `heartbeat`, `connect_timeout` (seconds), `login_method` (`PLAIN`, `EXTERNAL`), and `ssl_…` with `amqps`.
    /// - Throws: kind `.misconfigured`.
    init(_ url: BrokerURL) throws(TransportError) {
        var single = url
        single.alternates = []
        shown = single.description
        switch url.scheme {
        case "amqp", "pyamqp": tls = nil
        case "amqps": tls = try TLSSettings(url)
        default: throw .misconfigured(url, "\"\(ForeignText.safe(url.scheme))\" is no scheme of RabbitMQ", hint: "amqp, amqps or pyamqp")
        }
        host = url.host == nil || url.host == "localhost" && tls == nil ? "127.0.0.1" : url.host ?? "localhost"
        port = url.port ?? (tls == nil ? 5672 : 5671)
        user = url.user ?? "guest"
        password = url.password ?? "guest"
        virtualHost = url.path.isEmpty ? "/" : url.path
        switch (url[option: "login_method"] ?? "PLAIN").uppercased() {
        case "PLAIN", "AMQPLAIN": isExternal = false
        case "EXTERNAL": isExternal = true
        default: throw .misconfigured(url, "login_method is neither PLAIN nor EXTERNAL")
        }
        heartbeat = Int(try Self.seconds(url, "heartbeat") ?? 4)
        connectTimeout = try Self.seconds(url, "connect_timeout") ?? 5
        for (name, text) in [("host", host), ("user", user), ("password", password), ("virtual host", virtualHost)] where text.utf8.contains(0) {
            throw .misconfigured(url, "the \(name) in the URL has a NUL character")
        }
        for other in url.alternates { alternates.append(try AMQPAddress(other)) }
    }

    private static func seconds(_ url: BrokerURL, _ option: String) throws(TransportError) -> Double? {
        guard let text = url[option: option] else { return nil }
        guard let seconds = Double(text), seconds >= 0, seconds <= 3600 else {
            throw .misconfigured(url, "\(option) is no number of seconds", hint: "from 0 to 3600")
        }
        return seconds
    }
}
