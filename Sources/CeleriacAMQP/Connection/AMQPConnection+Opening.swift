import CRabbitMQ
import CeleriacBroker
import CeleriacCore
import OrderedCollections

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension AMQPConnection {
    func connect() throws(TransportError) {
        let socket: OpaquePointer?
        if let tls = address.tls {
            socket = amqp_ssl_socket_new(state)
            if let socket { try encrypt(socket, tls) }
        } else {
            socket = amqp_tcp_socket_new(state)
        }
        guard let socket else { throw error(.unreachable, "connect", "no memory for a socket") }
        var limit = timeval(tv_sec: Int(address.connectTimeout), tv_usec: Int(address.connectTimeout.truncatingRemainder(dividingBy: 1) * 1e6))
        if limit.tv_sec == 0 && limit.tv_usec == 0 { limit.tv_usec = 1 }
        errno = 0
        let status = amqp_socket_open_noblock(socket, address.host, Int32(address.port), &limit)
        guard status == AMQP_STATUS_OK.rawValue else { throw openingError(status, errno) }
    }

    /// Seconds that bytes may be under way. A broker that is short of memory reads none from those who publish.
    private static let sendingPatience = 60

    /// A message that is larger than what the socket takes at once is waited for within the library, without end if the other side is gone: the system ends that.
    func limitSending() {
        var limit = Int32(max(Self.sendingPatience, 2 * heartbeat) * 1000)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &limit, socklen_t(MemoryLayout<Int32>.size))
    }

    private func encrypt(_ socket: OpaquePointer, _ tls: TLSSettings) throws(TransportError) {
        amqp_ssl_socket_set_verify_peer(socket, tls.verification == .none ? 0 : 1)
        amqp_ssl_socket_set_verify_hostname(socket, tls.verification == .full ? 1 : 0)
        amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST)
        if let path = tls.authorities ?? Self.systemAuthorities, tls.verification != .none || tls.authorities != nil {
            guard amqp_ssl_socket_set_cacert(socket, path) == AMQP_STATUS_OK.rawValue else {
                throw error(.misconfigured, "open", "\(ForeignText.safe(path)) holds no certificates of authorities", hint: "ssl_ca_certs names a PEM file")
            }
        }
        guard let certificate = tls.certificate, let key = tls.key else { return }
        if let password = tls.keyPassword { amqp_ssl_socket_set_key_passwd(socket, password) }
        guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
            throw error(
                .misconfigured, "open", "the certificate \(ForeignText.safe(certificate)) and its key cannot be used",
                hint: "ssl_certfile and ssl_keyfile name PEM files that belong together")
        }
    }

    /// Where Linux systems keep the authorities that they trust.
    private static var systemAuthorities: String? {
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"].first { access($0, R_OK) == 0 }
    }

    func logIn(_ purpose: String) throws(TransportError) {
        defer { arena.recycle() }
        var properties = arena.table([
            "product": "Celeriac", "connection_name": .string("celeriac \(purpose)"),
            "capabilities": [
                "connection.blocked": true, "consumer_cancel_notify": true, "publisher_confirms": true, "basic.nack": true, "authentication_failure_close": true,
            ],
        ])
        let reply = cr_login(
            state, address.virtualHost, Int32(address.heartbeat), &properties, address.isExternal, address.user, address.isExternal ? "" : address.password)
        try check(reply, "log in", channel: 0)
        if let table = amqp_get_server_properties(state), case .string(let version)? = OrderedDictionary(table.pointee)["version"] {
            let numbers = version.split(separator: ".").map { Int($0) ?? 0 }
            if numbers.count > 1 { serverVersion = (numbers[0], numbers[1]) }
        }
    }
}
