public import CeleriacCore

/// What a cluster's own configuration may have changed from Celery's defaults, for every kind of broker.
public struct BrokerSettings: Hashable, Sendable {
    /// `control_exchange`.
    public var controlExchange = "celery"
    /// `event_exchange`.
    public var eventExchange = "celeryev"
    /// `broker_transport_options` and `result_backend_transport_options`, by Celery's names.
    public var transportOptions: [String: Value] = [:]

    public init() {}
}
