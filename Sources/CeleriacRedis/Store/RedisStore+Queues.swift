public import CeleriacBroker
public import CeleriacCore

extension RedisStore {
    public func sizes(of queues: [QueueName]) async throws(TransportError) -> [QueueName: Int] {
        var sizes: [QueueName: Int] = [:]
        var lists: [(queue: QueueName, list: String)] = []
        for queue in queues where sizes.updateValue(0, forKey: queue) == nil { lists += keys.lists(queue.rawValue).map { (queue, $0) } }
        let replies = try await pool.send(lists.map { RedisCommand("LLEN", $0.list) }, operation: "LLEN")
        for ((queue, _), reply) in zip(lists, replies) { sizes[queue, default: 0] += reply.integer ?? 0 }
        return sizes
    }

    /// Those that anything is bound to, and lists that hold messages; kombu's own machinery is left out. Walks through the whole keyspace.
    public func queues() async throws(TransportError) -> [QueueName] {
        try await QueueInspector(pool, keys).queues()
    }

    public func purge(_ queue: QueueName) async throws(TransportError) -> Int {
        let lists = keys.lists(queue.rawValue)
        let commands = [RedisCommand("MULTI")] + lists.map { RedisCommand("LLEN", $0) } + [RedisCommand("DEL", lists), RedisCommand("EXEC")]
        guard let replies = try await pool.send(commands).last else { return 0 }
        if let text = replies.errorText { throw .refusal(text, operation: "purge", address) }
        return replies.items?.prefix(lists.count).reduce(0) { $0 + ($1.integer ?? 0) } ?? 0
    }

    public func delete(_ queue: QueueName) async throws(TransportError) {
        var removals: [RedisCommand] = []
        for exchange in try await exchanges() {
            let members = try await pool.send(RedisCommand("SMEMBERS", keys.bindings(exchange))).items?.compactMap(\.text) ?? []
            for member in members where keys.binding(member)?.queue == queue.rawValue {
                removals += [RedisCommand("SREM", keys.bindings(exchange), member), RedisCommand("SREM", keys.permanentBindings(exchange), member)]
            }
        }
        try await pool.send(removals + [RedisCommand("DEL", keys.lists(queue.rawValue))], operation: "delete")
    }

    /// All that anything is bound to; walks through the whole keyspace.
    private func exchanges() async throws(TransportError) -> Set<String> {
        let prefix = keys.bindingsPrefix, pattern = prefix.escapedForPattern + "*"
        let names = try await pool.scan { RedisCommand("SCAN", $0, "MATCH", pattern, "COUNT", "1000") }.compactMap(\.text)
        return Set(names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
    }

    // MARK: - Bindings

    public func bind(_ bindings: [Binding]) async throws(TransportError) {
        let commands = bindings.flatMap { binding in
            let pattern = binding.type == .topic ? TopicPattern(binding.routingKey).regularExpression : ""
            let member = keys.binding(routingKey: binding.routingKey, pattern: pattern, queue: binding.queue)
            return [RedisCommand("SADD", keys.bindings(binding.exchange), member), RedisCommand("SADD", keys.permanentBindings(binding.exchange), member)]
        }
        try await pool.send(commands, operation: "SADD")
    }

    /// Redis does not tell fan-out from direct exchanges; both have no pattern.
    public func bindings(of exchange: String) async throws(TransportError) -> [Binding] {
        let members = try await pool.send(RedisCommand("SMEMBERS", keys.bindings(exchange))).items?.compactMap(\.text) ?? []
        return members.compactMap(keys.binding).map { routingKey, pattern, queue in
            Binding(exchange: exchange, type: pattern.isEmpty ? .direct : .topic, routingKey: routingKey, queue: QueueName(queue))
        }
    }
}
