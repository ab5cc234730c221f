public import CeleriacBroker
public import CeleriacCore

extension App {
    /// Asks all workers not to run these tasks; with a signal, also to end those that run already.
    public func revoke(_ ids: [TaskID], terminate signal: String? = nil) async throws(TransportError) {
        guard !ids.isEmpty else { return }
        let request = ControlRequest.revoke(ids, terminate: signal != nil, signal: signal ?? "SIGTERM")
        let exchange = configuration.broker.controlExchange + ".pidbox"
        let message = request.envelope(reply: nil, clock: clock.forward(), expires: 0, deliveryTag: freshUUID(), exchange: exchange)
        try await transport.publish([Publication(exchange: exchange, routingKey: "", envelope: message)])
    }
}
