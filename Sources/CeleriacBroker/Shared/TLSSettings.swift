package import CeleriacCore

/// What is demanded of the server's certificate, and what is shown of ours. Names as in the URL options `ssl_*` of kombu and redis-py.
package struct TLSSettings: Hashable, Sendable {
    package enum Verification: Hashable, Sendable {
        /// Anyone may answer.
        case none
        /// A known authority must have signed; the host name is not compared.
        case chain
        /// Signed by a known authority, for this host name.
        case full
    }

    package var verification: Verification
    /// Paths of PEM files. Without `authorities` the system's are trusted.
    package var authorities: String?
    package var certificate: String?
    package var key: String?
    package var keyPassword: String?

    package init(
        verification: Verification = .full, authorities: String? = nil, certificate: String? = nil, key: String? = nil, keyPassword: String? = nil
    ) {
        self.verification = verification
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        self.keyPassword = keyPassword
    }

    /// The URL's options `ssl_cert_reqs` (`none`, `optional`, `required`, or Python's constants of these names), `ssl_check_hostname`, `ssl_ca_certs`,
    /// `ssl_certfile`, `ssl_keyfile`, `ssl_password`. Without them everything is verified.
    package init(_ url: BrokerURL) throws(TransportError) {
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
        // Python lets one file hold both.
        key = url[option: "ssl_keyfile"] ?? certificate
        keyPassword = url[option: "ssl_password"]
    }
}

extension TransportError {
    /// Of kind `.misconfigured`, for what a URL says.
    package static func misconfigured(_ url: BrokerURL, _ cause: String, hint: String? = nil) -> TransportError {
        TransportError(.misconfigured, operation: "open", endpoint: url.description, cause: cause, hint: hint)
    }
}
