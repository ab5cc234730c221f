import CeleriacBroker

extension TransportError {
    /// Whether trying again may help: with a broker, or a result backend, that is away or did not understand. What it said no to, it says no to again.
    var isTransient: Bool {
        switch kind {
        case .unreachable, .timedOut, .garbled: true
        case .unauthorized, .refused, .misconfigured, .readOnly: false
        }
    }
}
