import CeleriacBroker
import NIOCore

#if TLS
    import NIOSSL

    /// Encrypts connections by NIOSSL.
    struct TLSLayer: Sendable {
        private let context: NIOSSLContext
        private let serverName: String?

        /// Reads the certificates that `settings` name.
        /// - Throws: kind `.misconfigured` when a file is missing or no certificate or key.
        init(_ settings: TLSSettings, _ endpoint: RedisEndpoint) throws(TransportError) {
            var configuration = TLSConfiguration.makeClientConfiguration()
            do {
                configuration.certificateVerification =
                    switch settings.verification {
                    case .none: .none
                    case .chain: .noHostnameVerification
                    case .full: .fullVerification
                    }
                if let path = settings.authorities { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path)) }
                if let path = settings.certificate { configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(path).map { .certificate($0) } }
                if let path = settings.key { configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: path, format: .pem)) }
                context = try NIOSSLContext(configuration: configuration)
            } catch {
                throw TransportError(
                    .misconfigured, operation: "open", endpoint: endpoint.shown, cause: "the TLS settings do not work: \(error)",
                    hint: "ssl_ca_certs, ssl_certfile and ssl_keyfile name PEM files")
            }
            // A server name is for names: for a bare address the certificate is compared with the address itself.
            if case .host(let host, _) = endpoint.address, (try? SocketAddress(ipAddress: host, port: 0)) == nil {
                serverName = host
            } else {
                serverName = nil
            }
        }

        func handler() throws -> any ChannelHandler {
            try NIOSSLClientHandler(context: context, serverHostname: serverName)
        }
    }

    extension TransportError {
        /// What NIOSSL's errors mean; `nil` when `error` is none of them.
        static func encrypting(_ endpoint: RedisEndpoint, operation: String, _ error: any Error) -> TransportError? {
            switch error {
            case let error as NIOSSLExtraError where error == .failedToValidateHostname:
                return TransportError(
                    .unauthorized, operation: operation, endpoint: endpoint.shown, cause: "the server's certificate is for another host name",
                    hint: "use the name it was made for, or ssl_check_hostname=false in the URL")
            case let error as NIOSSLError:
                if case .uncleanShutdown = error {
                    return TransportError(.unreachable, operation: operation, endpoint: endpoint.shown, cause: "the server closed the connection")
                }
                let text = String(describing: error)
                if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
                    return TransportError(
                        .garbled, operation: operation, endpoint: endpoint.shown, cause: "the server does not speak TLS on this port",
                        hint: "use redis:// instead of rediss://, or the server's TLS port")
                }
                if text.contains("CERTIFICATE_VERIFY_FAILED") {
                    return TransportError(
                        .unauthorized, operation: operation, endpoint: endpoint.shown, cause: "the server's certificate is not signed by a known authority",
                        hint: "name its authority by ssl_ca_certs=FILE in the URL, or trust anyone by ssl_cert_reqs=none")
                }
                if text.contains("CERTIFICATE_REQUIRED") {
                    return TransportError(
                        .unauthorized, operation: operation, endpoint: endpoint.shown, cause: "the server wants a certificate of ours",
                        hint: "name it by ssl_certfile=FILE and ssl_keyfile=FILE in the URL")
                }
                return TransportError(.unreachable, operation: operation, endpoint: endpoint.shown, cause: "TLS failed: \(text)")
            default:
                return nil
            }
        }
    }
#else
    /// Refuses: this build has no TLS.
    struct TLSLayer: Sendable {
        init(_ settings: TLSSettings, _ endpoint: RedisEndpoint) throws(TransportError) {
            throw TransportError(
                .misconfigured, operation: "open", endpoint: endpoint.shown, cause: "this build has no TLS",
                hint: "rebuild with the TLS trait, which is on by default")
        }

        func handler() throws -> any ChannelHandler { throw ChannelError.operationUnsupported }
    }

    extension TransportError {
        static func encrypting(_ endpoint: RedisEndpoint, operation: String, _ error: any Error) -> TransportError? { nil }
    }
#endif
