/// Queues of kombu's own machinery, which no task ever waits in: reply boxes, control and event queues.
package enum Machinery {
    /// - Parameter eventExchange: the cluster's; Celery's own name for it counts too.
    package static func owns(_ queue: String, eventExchange: String) -> Bool {
        queue.hasSuffix(".pidbox") || queue.hasPrefix("\(eventExchange).") || queue.hasPrefix("celeryev.")
    }
}
