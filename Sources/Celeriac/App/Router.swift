import CeleriacBroker
import CeleriacCore

/// Decides which queue a call goes to: `celery.app.routes`, `celery.app.amqp`.
struct Router: Sendable {
    struct Destination: Hashable, Sendable {
        var queue: QueueName
        var exchange: String
        var routingKey: String
        var priority: Int?
        /// To be declared before: its exchange has to know it, and on some brokers it is not there otherwise.
        var declared: Queue?
    }

    private let defaultQueue: QueueName
    private let queues: [QueueName: Queue]
    private let createsMissing: Bool
    private let exact: [String: Route]
    private let patterns: [(pattern: GlobPattern, route: Route)]

    init(_ configuration: AppConfiguration) {
        defaultQueue = configuration.defaultQueue
        queues = Dictionary(configuration.queues.map { ($0.name, $0) }, uniquingKeysWith: { _, last in last })
        createsMissing = configuration.createsMissingQueues || configuration.queues.isEmpty
        let plain = configuration.routes.filter { !$0.pattern.contains("*") }
        exact = Dictionary(plain.map { ($0.pattern, $0) }, uniquingKeysWith: { first, _ in first })
        patterns = configuration.routes.filter { $0.pattern.contains("*") }.map { (GlobPattern($0.pattern), $0) }
    }

    /// What the call says wins; the first route that fits its name fills in the rest; then comes the default queue.
    /// - Throws: kind `.misconfigured` for a queue that is not configured, when missing ones are not made.
    func destination(of call: TaskCall) throws(TransportError) -> Destination {
        let route = route(for: call.routeName ?? call.name)
        let priority = call.priority ?? route?.priority
        let name = call.queue ?? route?.queue
        let exchange = call.exchange ?? route?.exchange, key = call.routingKey ?? route?.routingKey
        if let exchange, name == nil { return Destination(queue: QueueName(key ?? ""), exchange: exchange, routingKey: key ?? "", priority: priority) }
        let queue = try queue(name ?? defaultQueue)
        if let exchange { return Destination(queue: queue.name, exchange: exchange, routingKey: key ?? queue.key, priority: priority, declared: queue) }
        // A direct exchange would do no more than the anonymous one does, which needs no binding.
        if queue.exchangeType == .direct {
            return Destination(queue: queue.name, exchange: "", routingKey: queue.name.rawValue, priority: priority, declared: queue)
        }
        return Destination(
            queue: queue.name, exchange: queue.exchange ?? queue.name.rawValue, routingKey: key ?? queue.key, priority: priority, declared: queue)
    }

    private func route(for task: String) -> Route? {
        if exact.isEmpty && patterns.isEmpty { return nil }
        return exact[task] ?? patterns.first { $0.pattern.matches(task) }?.route
    }

    private func queue(_ name: QueueName) throws(TransportError) -> Queue {
        if let known = queues[name] { return known }
        guard createsMissing || name == defaultQueue else {
            throw TransportError(
                .misconfigured, operation: "route", endpoint: name.rawValue, cause: "the queue is not configured",
                hint: Nearest.match(for: name.rawValue, in: queues.keys.map(\.rawValue)).map { "did you mean \($0)?" })
        }
        return Queue(name)
    }
}

extension Queue {
    fileprivate var key: String { routingKey ?? name.rawValue }
}
