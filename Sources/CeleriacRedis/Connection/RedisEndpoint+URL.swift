import CeleriacBroker
import CeleriacCore

extension RedisEndpoint {
    /// Reads `redis://`, `rediss://` and `redis+socket://` as kombu and redis-py do.
    /// - Throws: kind `.misconfigured`.
    init(_ url: BrokerURL) throws(TransportError) {
        var single = url
        single.alternates = []
        shown = single.description
        user = url.user
        password = url.password
        tls = nil
        do {
            database = try url.database()
        } catch {
            throw .misconfigured(url, "\(error)", hint: "write it like redis://host:6379/0")
        }
        switch url.scheme {
        case "redis": address = .host(url.host ?? "localhost", port: url.port ?? 6379)
        case "rediss":
            address = .host(url.host ?? "localhost", port: url.port ?? 6379)
            tls = try TLSSettings(url)
        case "redis+socket":
            guard let path = url.socketPath, path != "/" else {
                throw .misconfigured(url, "no socket is named", hint: "write it like redis+socket:///run/redis.sock?virtual_host=0")
            }
            address = .socket(path)
        default: throw .misconfigured(url, "\"\(url.scheme)\" is no scheme of Redis", hint: "redis, rediss or redis+socket")
        }
        for other in url.alternates { alternates.append(try RedisEndpoint(other)) }
    }
}

extension TLSSettings {
    /// The URL's options `ssl_cert_reqs` (`none`, `optional`, `required`, or Python's constants of these names), `ssl_check_hostname`, `ssl_ca_certs`,
    /// `ssl_certfile`, `ssl_keyfile`. Without them everything is verified.
    fileprivate init(_ url: BrokerURL) throws(TransportError) {
        var demand = (url[option: "ssl_cert_reqs"] ?? "required").lowercased()
        if let name = demand.split(separator: ".").last { demand = String(name) }
        if demand.hasPrefix("cert_") { demand.removeFirst("cert_".count) }
        switch demand {
        case "none": verification = .none
        case "optional": verification = .chain
        case "required": verification = ["false", "0", "no"].contains(url[option: "ssl_check_hostname"]?.lowercased()) ? .chain : .full
        default: throw .misconfigured(url, "ssl_cert_reqs is neither none nor optional nor required")
        }
        authorities = url[option: "ssl_ca_certs"]
        certificate = url[option: "ssl_certfile"]
        key = url[option: "ssl_keyfile"]
    }
}

extension TransportError {
    static func misconfigured(_ url: BrokerURL, _ cause: String, hint: String? = nil) -> TransportError {
        TransportError(.misconfigured, operation: "open", endpoint: url.description, cause: cause, hint: hint)
    }
}
