import CeleriacBroker
import CeleriacCore
import Logging
import OrderedCollections
import Synchronization

extension ControlCommand {
    /// Limits of tasks.
    static let limiting: [ControlCommand] = [
        ControlCommand("rate_limit", required: ["task_name", "rate_limit"]) { call in
            let given = call["rate_limit"]
            guard let limit = RateLimit.reading(given) else { return .no("Invalid rate limit string: \(RateLimit.complaint(given))") }
            guard let name = call["task_name"].string, call.state.app.definition(of: name) != nil else { return .no("unknown task") }
            call.state.books.withLock { $0.setRateLimit(limit, of: name, now: call.state.time()) }
            call.runner.advance()
            call.state.log.info("New rate limit for tasks of type \(ForeignText.safe(name)): \(limit?.text ?? "none")")
            return .ok(limit == nil ? "rate limit disabled successfully" : "new rate limit set successfully")
        },
        ControlCommand("time_limit") { call in
            guard let name = call["task_name"].string, call.state.app.definition(of: name) != nil else { return .no("unknown task") }
            func limit(_ value: Value) -> Duration? { value.double.flatMap { $0 > 0 && $0 < 1e9 ? .seconds($0) : nil } }
            let limits = TimeLimits(soft: limit(call["soft"]), hard: limit(call["hard"]))
            call.state.books.withLock { $0.limits.times[name] = limits }
            return .ok("time limits set successfully")
        },
    ]

    /// Events.
    static let telling: [ControlCommand] = [
        ControlCommand("enable_events", known: []) { call in
            .ok(call.state.events.setSendsTasks(true) ? "task events enabled" : "task events already enabled")
        },
        ControlCommand("disable_events", known: []) { call in
            .ok(call.state.events.setSendsTasks(false) ? "task events disabled" : "task events already disabled")
        },
        ControlCommand("heartbeat", known: []) { call in
            call.heart.beatOnRequest()
            return .null
        },
        // A vote among Python workers, in which this one takes no part.
        ControlCommand("election", required: ["id", "topic"]) { _ in .null },
    ]

    /// The pool.
    static let pooling: [ControlCommand] = [
        ControlCommand("pool_grow") { call in
            if call.isAutoscaled { return .no("pool_grow is not supported with autoscale. Adjust autoscale range instead.") }
            call.resize(by: call.count)
            return .ok("pool will grow")
        },
        ControlCommand("pool_shrink") { call in
            if call.isAutoscaled { return .no("pool_shrink is not supported with autoscale. Adjust autoscale range instead.") }
            call.resize(by: -call.count)
            return .ok("pool will shrink")
        },
        ControlCommand("autoscale", known: ["max", "min"]) { call throws(ControlFailure) in
            let range: ClosedRange<Int>? = call.state.autoscaling.withLock { autoscaling in
                guard let old = autoscaling?.range else { return nil }
                let upper = max(1, min(call["max"].integer ?? old.upperBound, 65_535))
                let range = max(0, min(call["min"].integer ?? old.lowerBound, upper))...upper
                autoscaling?.range = range
                return range
            }
            guard let range else { throw ControlFailure("ValueError", "Autoscale not enabled") }
            call.state.books.withLock { $0.prefetch.concurrency = range.upperBound }
            call.runner.advance()
            return .ok("autoscale now max=\(range.upperBound) min=\(range.lowerBound)")
        },
        ControlCommand("pool_restart") { call throws(ControlFailure) in
            guard call.state.configuration.worker.pool == .process else { throw ControlFailure("ValueError", "Pool restarts not enabled") }
            call.state.pool.restart()
            return .ok("reload started")
        },
    ]

    /// The queues that are consumed from.
    static let queueing: [ControlCommand] = [
        ControlCommand("active_queues", known: []) { call in .array(call.state.queues.withLock { $0 }.map(\.description)) },
        ControlCommand("add_consumer", required: ["queue"]) { call throws(ControlFailure) in
            guard let queue = call.queue else { throw ControlFailure("TypeError", "queue must be a name") }
            do throws(TransportError) { try await call.state.consumer.consume(queue) } catch { throw ControlFailure("OperationalError", error.description) }
            call.state.queues.withLock { queues in
                if !queues.contains(where: { $0.name == queue.name }) { queues.append(queue) }
            }
            return .ok("add consumer \(queue.name)")
        },
        ControlCommand("cancel_consumer", required: ["queue"]) { call throws(ControlFailure) in
            guard let name = call["queue"].string.map(QueueName.init(_:)) else { throw ControlFailure("TypeError", "queue must be a name") }
            do throws(TransportError) { try await call.state.consumer.cancel(name) } catch { throw ControlFailure("OperationalError", error.description) }
            call.state.queues.withLock { $0.removeAll { $0.name == name } }
            return .ok("no longer consuming from \(name)")
        },
    ]
}

extension ControlCommand.Call {
    fileprivate var isAutoscaled: Bool { state.autoscaling.withLock { $0 != nil } }
    /// `n`, 1 unless given; bounded, for it comes from outside.
    fileprivate var count: Int { max(0, min(self["n"].integer ?? 1, 10_000)) }

    fileprivate func resize(by change: Int) {
        state.resize(by: change)
        state.books.withLock { $0.prefetch.concurrency = state.pool.size }
        runner.advance()
    }

    fileprivate var queue: Queue? {
        guard let name = self["queue"].string else { return nil }
        let declared = state.configuration.queues.first { $0.name.rawValue == name }
        var queue = declared ?? Queue(QueueName(name))
        if let exchange = self["exchange"].string { queue.exchange = exchange }
        if let type = self["exchange_type"].string.flatMap(Queue.ExchangeType.init(rawValue:)) { queue.exchangeType = type }
        if let key = self["routing_key"].string { queue.routingKey = key }
        return queue
    }
}

extension WorkerState {
    /// Grows or shrinks the pool, and with it the slots.
    func resize(by change: Int) {
        if change > 0 { pool.grow(by: change) } else if change < 0 { pool.shrink(by: -change) }
        books.withLock { $0.slots = pool.size }
    }
}

extension RateLimit {
    /// What Python would have raised.
    fileprivate static func complaint(_ value: Value) -> String {
        guard let text = value.string else { return ControlFailure("TypeError", "unhashable type").text }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        if Double(parts[0]) != nil, parts.count == 2 { return ControlFailure("KeyError", String(parts[1])).text }
        return ControlFailure("ValueError", "could not convert string to float: \(PythonRepr.text(.string(String(parts[0]))))").text
    }
}

extension Queue {
    /// As `active_queues` has it (`kombu.Queue.as_dict`).
    fileprivate var description: Value {
        [
            "name": .string(name.rawValue),
            "exchange": [
                "name": .string(exchange ?? name.rawValue), "type": .string(exchangeType.rawValue), "arguments": nil, "durable": true, "passive": false,
                "auto_delete": false, "delivery_mode": nil, "no_declare": false,
            ],
            "routing_key": .string(routingKey ?? name.rawValue),
            "queue_arguments": arguments.isEmpty ? .null : .object(OrderedDictionary(uniqueKeysWithValues: arguments.sorted { $0.key < $1.key })),
            "binding_arguments": nil, "consumer_arguments": nil, "durable": true, "exclusive": false, "auto_delete": false, "no_ack": false, "alias": nil,
            "bindings": [], "no_declare": nil, "expires": nil, "message_ttl": nil, "max_length": nil, "max_length_bytes": nil,
            "max_priority": arguments["x-max-priority"] ?? .null,
        ]
    }
}
