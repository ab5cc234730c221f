public import CeleriacBroker
public import CeleriacCore
import OrderedCollections

extension App {
    /// Asks all workers not to run these tasks; with a signal, also to end those that run already.
    public func revoke(_ ids: [TaskID], terminate signal: String? = nil) async throws(TransportError) {
        guard !ids.isEmpty else { return }
        var request = ControlRequest("revoke", arguments: ["task_id": .array(ids.map { .string($0.rawValue) }), "terminate": .bool(signal != nil)])
        request.arguments["signal"] = .string(signal ?? "SIGTERM")
        let exchange = configuration.broker.controlExchange + ".pidbox"
        let message = request.envelope(reply: nil, clock: clock.forward(), expires: 0, deliveryTag: freshUUID(), exchange: exchange)
        try await transport.publish([Publication(exchange: exchange, routingKey: "", envelope: message)])
    }
}
