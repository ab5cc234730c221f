/// Where a Redis server listens, and how to get in.
struct RedisEndpoint: Hashable, Sendable {
    enum Address: Hashable, Sendable {
        case host(String, port: Int)
        /// Path of a Unix socket.
        case socket(String)
    }

    var address: Address
    var user: String?
    var password: String?
    var database = 0
    /// `nil`: bytes travel as they are.
    var tls: TLSSettings?
    /// Where to go, in order, when nobody answers here.
    var alternates: [RedisEndpoint] = []
    /// Masked, fit to be shown: never holds the password.
    var shown: String
}

/// What is demanded of the server's certificate, and what is shown of ours. Names as in redis-py's URL options `ssl_*`.
struct TLSSettings: Hashable, Sendable {
    enum Verification: Hashable, Sendable {
        /// Anyone may answer.
        case none
        /// A known authority must have signed; the host name is not compared.
        case chain
        /// Signed by a known authority, for this host name.
        case full
    }

    var verification: Verification = .full
    /// Paths of PEM files. Without `authorities` the system's are trusted.
    var authorities: String?
    var certificate: String?
    var key: String?
}
