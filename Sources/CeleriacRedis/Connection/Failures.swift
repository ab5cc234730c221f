import CeleriacBroker
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

// What went wrong, in words that help to mend it.
extension TransportError {
    /// No connection came about.
    static func connecting(_ endpoint: RedisEndpoint, _ error: any Error) -> TransportError {
        var cause = error
        if let tried = error as? NIOConnectionError {
            // Of several addresses the last one tried speaks for all.
            guard let last = tried.connectionErrors.last else {
                return TransportError(
                    .unreachable, operation: "open", endpoint: endpoint.shown, cause: "unknown host \(tried.host)", hint: "is the name spelt right?")
            }
            cause = last.error
        }
        if case ChannelError.connectTimeout(let time) = cause {
            return TransportError(
                .timedOut, operation: "open", endpoint: endpoint.shown, cause: "no connection within \(time.words)", hint: "is there a firewall on the way?")
        }
        return lost(endpoint, operation: "open", cause)
    }

    /// The connection broke, or never was.
    static func lost(_ endpoint: RedisEndpoint, operation: String, _ error: any Error) -> TransportError {
        if var known = error as? TransportError {
            known.operation = operation
            return known
        }
        if let garbage = error as? RESPError { return garbled(endpoint, operation: operation, garbage) }
        if let tls = encrypting(endpoint, operation: operation, error) { return tls }
        if let system = error as? IOError { return failed(endpoint, operation: operation, errno: system.errnoCode) }
        if error is ChannelError {
            return TransportError(.unreachable, operation: operation, endpoint: endpoint.shown, cause: "the connection is closed")
        }
        return TransportError(.unreachable, operation: operation, endpoint: endpoint.shown, cause: "\(error)")
    }

    private static func failed(_ endpoint: RedisEndpoint, operation: String, errno code: CInt) -> TransportError {
        let words = strerror(code).map { String(cString: $0) } ?? "error \(code)"
        let hint: String? =
            switch (code, endpoint.address) {
            case (ECONNREFUSED, .host(_, let port)): "does a server listen on port \(port)?"
            case (ECONNREFUSED, .socket(let path)): "nobody listens on \(path) any more"
            case (ENOENT, .socket(let path)): "there is no \(path): is it the `unixsocket` of redis.conf?"
            case (EACCES, .socket(let path)): "you may not use \(path): see `unixsocketperm` in redis.conf"
            default: nil
            }
        return TransportError(.unreachable, operation: operation, endpoint: endpoint.shown, cause: words, hint: hint)
    }

    /// The server closed the connection by itself.
    static func closed(_ endpoint: RedisEndpoint, operation: String) -> TransportError {
        TransportError(.unreachable, operation: operation, endpoint: endpoint.shown, cause: "the server closed the connection")
    }

    static func silent(_ endpoint: RedisEndpoint, operation: String, _ time: TimeAmount) -> TransportError {
        TransportError(.timedOut, operation: operation, endpoint: endpoint.shown, cause: "no answer within \(time.words)")
    }

    /// The same error, of a connection over which nothing has been heard yet: that has causes of its own.
    func loggingIn(_ endpoint: RedisEndpoint) -> TransportError {
        var error = self
        error.operation = "open"
        if hint == nil, kind == .unreachable || kind == .timedOut {
            error.hint = endpoint.tls == nil ? "if it is a TLS port, use rediss://" : "if the server does not speak TLS on this port, use redis://"
        }
        return error
    }

    private static func garbled(_ endpoint: RedisEndpoint, operation: String, _ error: RESPError) -> TransportError {
        var hint = "is this a Redis server?"
        switch error {
        case .unknownType(UInt8(ascii: "A")): hint = "if this is RabbitMQ, use amqp://"
        case .unknownType(UInt8(ascii: "H")): hint = "this looks like a web server"
        case .unknownType(0x15): hint = "if it is a TLS port, use rediss://"
        default: break
        }
        return TransportError(.garbled, operation: operation, endpoint: endpoint.shown, cause: "\(error)", hint: hint)
    }

    /// The server said `text`, an error reply.
    static func refusal(_ text: String, operation: String, _ endpoint: RedisEndpoint) -> TransportError {
        let (kind, hint): (Kind, String?) =
            switch text.prefix(while: { $0 != " " }) {
            case "WRONGPASS": (.unauthorized, "user or password in the URL is wrong")
            case "NOAUTH" where endpoint.password == nil: (.unauthorized, "the server wants a password: redis://:PASSWORD@host")
            case "NOAUTH": (.unauthorized, nil)
            case "NOPERM": (.unauthorized, "the user needs more rights: see ACL SETUSER")
            case "DENIED": (.unauthorized, "the server is in protected mode")
            // What passes by itself, or once somebody has seen to the server: worth another try.
            case "LOADING": (.unreachable, "the server is still reading its data set")
            case "OOM": (.unreachable, "the server's memory is full: see `maxmemory` in redis.conf")
            case "READONLY": (.unreachable, "this server is a replica now, and takes no writes")
            case "MISCONF": (.unreachable, "the server cannot save to its disk, and takes no writes until it can")
            case "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN": (.unreachable, nil)
            case "MOVED": (.misconfigured, "this is a Redis Cluster, which Celery cannot use as a broker")
            case _ where text.contains("invalid password"): (.unauthorized, "the password in the URL is wrong")
            case _ where text.contains("DB index"): (.misconfigured, "see `databases` in redis.conf: 16 by default, counted from 0")
            case _ where text.contains("max number of clients"): (.unreachable, "see `maxclients` in redis.conf")
            default: (.refused, nil)
            }
        return TransportError(kind, operation: operation, endpoint: endpoint.shown, cause: text, hint: hint)
    }
}

extension TimeAmount {
    fileprivate var words: String { "\(Double(nanoseconds / 100_000_000) / 10) s" }
}
