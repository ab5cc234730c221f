import CeleriacBroker
import CeleriacCore
import NIOCore

#if TLS
    import NIOSSL

    /// Encrypts connections to a web server by NIOSSL.
    struct WebTLS: Sendable {
        private let context: NIOSSLContext
        private let serverName: String?

        /// - Throws: kind `.misconfigured` when a file is missing or no certificate or key.
        init(_ settings: TLSSettings, host: String, _ url: BrokerURL) throws(TransportError) {
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
                if let path = settings.key {
                    let key: NIOSSLPrivateKey
                    if let password = settings.keyPassword {
                        key = try NIOSSLPrivateKey(file: path, format: .pem) { $0(password.utf8) }
                    } else {
                        key = try NIOSSLPrivateKey(file: path, format: .pem)
                    }
                    configuration.privateKey = .privateKey(key)
                }
                context = try NIOSSLContext(configuration: configuration)
            } catch {
                throw .misconfigured(url, "the TLS settings do not work for the management plugin: \(error)", hint: "ssl_ca_certs, ssl_certfile and ssl_keyfile name PEM files")
            }
            // A server name is for names: for a bare address the certificate is compared with the address itself.
            serverName = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        }

        func handler() throws -> any ChannelHandler { try NIOSSLClientHandler(context: context, serverHostname: serverName) }

        static let isThere = true

        /// What NIOSSL's errors mean; `nil` when `error` is none of them.
        static func words(for error: any Error) -> String? {
            switch error {
            case let error as NIOSSLExtraError where error == .failedToValidateHostname: return "its certificate is for another host name"
            case let error as NIOSSLError:
                let text = String(describing: error)
                if text.contains("CERTIFICATE_VERIFY_FAILED") { return "its certificate is not signed by a known authority" }
                if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return "it does not speak TLS" }
                return "TLS failed: \(text)"
            default: return nil
            }
        }
    }
#else
    /// Refuses: this build has no TLS.
    struct WebTLS: Sendable {
        init(_ settings: TLSSettings, host: String, _ url: BrokerURL) throws(TransportError) {
            throw .misconfigured(url, "the management plugin is behind TLS, which this build has not", hint: "rebuild with the TLS trait, which is on by default, or management=none")
        }

        func handler() throws -> any ChannelHandler { throw ChannelError.operationUnsupported }

        static let isThere = false
        static func words(for error: any Error) -> String? { nil }
    }
#endif
