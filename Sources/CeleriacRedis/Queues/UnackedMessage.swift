import CeleriacCore

/// A message that a worker has taken and not yet acknowledged, as kombu keeps it: `[envelope, exchange, routing_key]`.
struct UnackedMessage: Hashable {
    var exchange: String
    var routingKey: String
    /// `nil` when the envelope is none.
    var message: WaitingMessage?

    /// - Returns: `nil` when `bytes` are something else.
    init?(_ bytes: [UInt8]) {
        guard let parts = try? JSON.decode(bytes).array, parts.count >= 3, let routingKey = parts[2].string else { return nil }
        exchange = parts[1].string ?? ""
        self.routingKey = routingKey
        message = WaitingMessage(envelope: parts[0])
    }
}
