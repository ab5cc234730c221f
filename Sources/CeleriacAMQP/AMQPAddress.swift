import CeleriacBroker

/// Where RabbitMQ listens, and how to get in.
struct AMQPAddress: Hashable, Sendable {
    var host: String
    var port: Int
    var user: String
    var password: String
    var virtualHost: String
    /// `nil`: bytes travel as they are.
    var tls: TLSSettings?
    /// The certificate says who we are, not user and password (`login_method=EXTERNAL`).
    var isExternal = false
    /// Seconds asked for; the smaller of both sides' wishes counts. 0 = none.
    var heartbeat: Int
    /// Seconds for a connection to be made.
    var connectTimeout: Double
    /// Where to go, in order, when nobody answers here.
    var alternates: [AMQPAddress] = []
    /// Masked, fit to be shown: never holds the password.
    var shown: String

    /// All of them, this one first.
    var all: [AMQPAddress] { [self] + alternates }

    /// `text` with the password blotted out: for errors of servers and libraries.
    func masking(_ text: String) -> String { password.count < 3 ? text : text.replacing(password, with: "***") }
}
