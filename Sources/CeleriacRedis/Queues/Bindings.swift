import CeleriacCore

/// Which queue a message goes to, as far as kombu's binding sets tell.
struct Bindings: Hashable {
    struct Binding: Hashable {
        var routingKey: String
        /// Not empty for topic exchanges.
        var pattern: String
        var queue: String
    }

    private var byExchange: [String: [Binding]] = [:]

    /// Names of all queues that are bound to anything.
    var queues: Set<String> { Set(byExchange.values.joined().map(\.queue)) }

    /// Replaces what is known of one exchange.
    mutating func set(_ exchange: String, members: [String], keys: RedisKeys) {
        byExchange[exchange] = members.compactMap(keys.binding).map { Binding(routingKey: $0.routingKey, pattern: $0.pattern, queue: $0.queue) }
    }

    mutating func keep(only exchanges: Set<String>) {
        byExchange = byExchange.filter { exchanges.contains($0.key) }
    }

    /// The queue that a message published with these was put into. Celery publishes to the anonymous exchange, where the routing key is the queue; of
    /// several queues bound alike the first by name stands for all, and without any the routing key does.
    func queue(exchange: String, routingKey: String) -> String {
        guard !exchange.isEmpty, let bindings = byExchange[exchange] else { return routingKey }
        let matching = bindings.filter { $0.pattern.isEmpty ? $0.routingKey == routingKey : TopicPattern($0.routingKey).matches(routingKey) }
        return matching.map(\.queue).min() ?? routingKey
    }
}
