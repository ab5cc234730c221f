import CeleriacCore
import OrderedCollections
import Synchronization

extension ControlCommand {
    /// What tasks there are.
    static let asking: [ControlCommand] = [
        ControlCommand("active", aliases: ["dump_active"]) { call in
            let isSafe = call["safe"].bool ?? false
            return .array(call.state.runs().map { $0.description(node: call.state.node, isSafe: isSafe) })
        },
        ControlCommand("reserved", aliases: ["dump_reserved"]) { call in
            .array(call.state.books.withLock { Array($0.reserved) }.map { $0.description(node: call.state.node) })
        },
        ControlCommand("scheduled", aliases: ["dump_schedule"]) { call in
            .array(
                call.state.books.withLock { $0.held.sorted }.map { eta, task in
                    ["eta": ISOTime.text(eta).map(Value.string) ?? .null, "priority": 6, "request": task.description(node: call.state.node)]
                })
        },
        ControlCommand("query_task", required: ["ids"]) { call in
            let found = call.state.found(Set(call["ids"].texts))
            return .object(OrderedDictionary(found.map { ($0.id.rawValue, [.string($0.state), $0.description]) }) { first, _ in first })
        },
        ControlCommand("revoked", aliases: ["dump_revoked"]) { call in .array(call.state.revokedIDs().map { .string($0.rawValue) }) },
        ControlCommand("registered", aliases: ["dump_tasks", "registered_tasks"]) { call in
            let items = call["taskinfoitems"].texts
            return .array(call.state.registeredTasks(items: items, withBuiltIns: call["builtins"].bool ?? false).map(Value.string))
        },
        ControlCommand("hello", required: ["from_node"]) { call in
            guard call["from_node"].string != call.state.node.rawValue else { return .null }
            call.state.merge(revoked: call["revoked"])
            return ["revoked": .array(call.state.revokedIDs().map { .string($0.rawValue) }), "clock": .integer(call.state.app.clock.forward())]
        },
    ]
}

extension WorkerState {
    /// In the order of their receipt.
    func runs() -> [Books.Run] { books.withLock { $0.active.values.sorted { $0.reservation.serial < $1.reservation.serial } } }

    func found(_ ids: Set<String>) -> [(id: TaskID, state: String, description: Value)] {
        let (active, reserved, limited, held) = books.withLock { books in
            (Array(books.active.values), Array(books.reserved), books.limited.elements, books.held.sorted.map(\.element))
        }
        var found = active.filter { ids.contains($0.reservation.id.rawValue) }.map { ($0.reservation.id, "active", $0.description(node: node)) }
        for (tasks, state) in [(reserved, "reserved"), (limited, "ready"), (held, "scheduled")] {
            found += tasks.filter { ids.contains($0.id.rawValue) }.map { ($0.id, state, $0.description(node: node)) }
        }
        return found
    }

    /// Oldest first.
    func revokedIDs() -> [TaskID] {
        let now = time()
        return books.withLock { books in
            books.revoked.purge(now: now)
            return books.revoked.entries.map(\.id)
        }
    }

    /// - Parameter ids: a list, or, from workers before 5.7, a map to the times at which they were revoked.
    func merge(revoked ids: Value) {
        let texts = ids.object.map { Array($0.keys) } ?? ids.texts
        let now = time()
        books.withLock { books in
            for id in texts where !books.revoked.contains(TaskID(id), now: now) { books.revoked.insert(TaskID(id), at: now) }
        }
    }

    /// `name` or `name [attribute=value …]`, sorted.
    func registeredTasks(items: [String], withBuiltIns: Bool) -> [String] {
        let items = (items.isEmpty ? ["exchange", "routing_key", "rate_limit"] : items).filter { !$0.hasPrefix("_") }
        return app.taskNames.filter { withBuiltIns || !$0.hasPrefix("celery.") }.map { name in
            guard let task = app.definition(of: name) else { return name }
            let shown = items.compactMap { item in attribute(item, of: task).map { "\(item)=\($0)" } }
            return shown.isEmpty ? name : "\(name) [\(shown.joined(separator: " "))]"
        }
    }

    private func attribute(_ item: String, of task: TaskDefinition) -> String? {
        let options = task.options
        func flag(_ value: Bool) -> String { value ? "True" : "False" }
        switch item {
        case "name": return task.name
        case "rate_limit": return books.withLock { $0.limits.rateLimit(of: task) }?.text
        case "queue": return options.queue?.rawValue
        case "priority": return options.priority.map(String.init)
        case "acks_late": return flag(options.acksLate ?? configuration.acksLate)
        case "ignore_result": return flag(options.ignoresResult ?? configuration.ignoresResults)
        case "max_retries": return options.retry.limit.map(String.init)
        case "default_retry_delay": return PythonRepr.text(options.retry.delay.secondsValue)
        case "time_limit": return (options.limits.hard ?? configuration.limits.hard).map { PythonRepr.text($0.secondsValue) }
        case "soft_time_limit": return (options.limits.soft ?? configuration.limits.soft).map { PythonRepr.text($0.secondsValue) }
        case "track_started": return flag(options.tracksStarted ?? configuration.tracksStarted)
        case "send_events": return flag(options.sendsEvents)
        default: return nil
        }
    }
}

extension RateLimit {
    /// In the largest unit in which it is a whole number: `2/s`, `10/m`.
    var text: String {
        for (unit, seconds) in [("s", 1.0), ("m", 60), ("h", 3600)] {
            let count = perSecond * seconds
            if (count - count.rounded()).magnitude < 1e-9, let whole = Int(exactly: count.rounded()), whole > 0 { return "\(whole)/\(unit)" }
        }
        return "\(perSecond)/s"
    }
}
