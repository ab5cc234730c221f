public import CeleriacBroker
public import CeleriacCore
public import OrderedCollections

extension App {
    /// Sends a signature, composed or not, with further arguments and options; returns what its result is known by.
    ///
    /// Everything is in the broker when it returns.
    /// - Parameter parent: the run that sends it, when a task does.
    public func apply(
        _ signature: Signature, args: [Value] = [], kwargs: OrderedDictionary<String, Value> = [:], options: OrderedDictionary<String, Value> = [:],
        parent: TaskRequest? = nil
    ) async throws -> AppliedResult {
        throw TransportError(.misconfigured, operation: "publish", endpoint: transport.endpoint, cause: "")
    }

    /// Sends messages as they are, in one batch: routes, default queue, `task-sent` events.
    func send(_ calls: [TaskCall]) async throws(TransportError) {
    }
}
