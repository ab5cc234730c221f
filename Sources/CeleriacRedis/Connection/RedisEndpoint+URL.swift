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
