import CeleriacBroker

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

    /// Bytes come from it through memory alone.
    var isOnThisMachine: Bool {
        switch address {
        case .socket: tls == nil
        case .host(let name, _): tls == nil && ["127.0.0.1", "localhost", "::1"].contains(name)
        }
    }
}
