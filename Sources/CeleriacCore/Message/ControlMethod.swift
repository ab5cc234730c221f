public import OrderedCollections

/// A remote-control method of Celery 5.7 with its arguments, as `celery.worker.control` lists them.
public struct ControlMethod: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case text, integer, number, flag
        /// Everything that is left over, as a list of texts.
        case texts
    }

    public struct Parameter: Hashable, Sendable {
        public var name: String
        public var kind: Kind
        public var isRequired: Bool
    }

    public var name: String
    /// Changes something, on the worker or in the task.
    public var acts: Bool
    /// Cannot be taken back.
    public var isDestructive: Bool
    public var parameters: [Parameter]

    init(_ name: String, acts: Bool = false, destructive: Bool = false, _ parameters: [(String, Kind, Bool)] = []) {
        self.name = name
        self.acts = acts
        isDestructive = destructive
        self.parameters = parameters.map { Parameter(name: $0.0, kind: $0.1, isRequired: $0.2) }
    }

    /// Each method once, what asks before what acts. `election` is left out: it kills a lone 5.7 worker.
    public static let all = [
        ControlMethod("ping"), ControlMethod("clock"), ControlMethod("active", [("safe", .flag, false)]), ControlMethod("reserved"), ControlMethod("scheduled"),
        ControlMethod("query_task", [("ids", .texts, true)]), ControlMethod("revoked"), ControlMethod("registered", [("taskinfoitems", .texts, false)]), ControlMethod("stats"),
        ControlMethod("conf", [("with_defaults", .flag, false)]), ControlMethod("report"), ControlMethod("active_queues"), ControlMethod("memsample"),
        ControlMethod("memdump", [("samples", .integer, false)]),
        ControlMethod("objgraph", [("type", .text, false), ("num", .integer, false), ("max_depth", .integer, false)]),
        ControlMethod("hello", [("from_node", .text, true)]),
        ControlMethod("revoke", acts: true, [("task_id", .texts, true)]),
        ControlMethod("terminate", acts: true, destructive: true, [("signal", .text, true), ("task_id", .texts, true)]),
        ControlMethod("revoke_by_stamped_headers", acts: true, [("headers", .texts, true)]),
        ControlMethod("rate_limit", acts: true, [("task_name", .text, true), ("rate_limit", .text, true)]),
        ControlMethod("time_limit", acts: true, [("task_name", .text, true), ("soft", .number, true), ("hard", .number, false)]),
        ControlMethod("enable_events", acts: true), ControlMethod("disable_events", acts: true), ControlMethod("heartbeat", acts: true),
        ControlMethod("pool_grow", acts: true, [("n", .integer, false)]), ControlMethod("pool_shrink", acts: true, [("n", .integer, false)]),
        ControlMethod("autoscale", acts: true, [("max", .integer, true), ("min", .integer, true)]), ControlMethod("pool_restart", acts: true, destructive: true),
        ControlMethod(
            "add_consumer", acts: true, [("queue", .text, true), ("exchange", .text, false), ("exchange_type", .text, false), ("routing_key", .text, false)]),
        ControlMethod("cancel_consumer", acts: true, [("queue", .text, true)]),
        ControlMethod("shutdown", acts: true, destructive: true),
    ]

    /// The method of that name, under its old `dump_` name too.
    public static func named(_ name: String) -> ControlMethod? {
        let aliases = [
            "dump_active": "active", "dump_reserved": "reserved", "dump_schedule": "scheduled", "dump_revoked": "revoked", "dump_tasks": "registered", "registered_tasks": "registered",
            "dump_conf": "conf",
        ]
        return all.first { $0.name == aliases[name] ?? name }
    }

    /// Reads arguments as typed: `NAME=VALUE` for known names, the others in order. Missing required ones and numbers that are none are errors.
    public func arguments(reading words: [String]) throws(ControlArgumentError) -> OrderedDictionary<String, Value> {
        var read: OrderedDictionary<String, Value> = [:]
        for word in words {
            if let equals = word.firstIndex(of: "="), let parameter = parameters.first(where: { $0.name == word[..<equals] }) {
                try take(String(word[word.index(after: equals)...]), as: parameter, into: &read)
            } else if let parameter = parameters.first(where: { read[$0.name] == nil || $0.kind == .texts }) {
                try take(word, as: parameter, into: &read)
            } else {
                throw ControlArgumentError("\(name) takes no argument \"\(word)\"; \(usage)")
            }
        }
        if let missing = parameters.first(where: { $0.isRequired && read[$0.name] == nil }) { throw ControlArgumentError("\(name) needs \(missing.name); \(usage)") }
        return read
    }

    /// `usage: rate_limit task_name rate_limit`.
    public var usage: String {
        "usage: " + ([name] + parameters.map { parameter in
            let word = parameter.kind == .texts ? "\(parameter.name)…" : parameter.name
            return parameter.isRequired ? word : "[\(word)]"
        }).joined(separator: " ")
    }

    private func take(_ word: String, as parameter: Parameter, into read: inout OrderedDictionary<String, Value>) throws(ControlArgumentError) {
        switch parameter.kind {
        case .text: read[parameter.name] = .string(word)
        case .texts: read[parameter.name] = .array((read[parameter.name]?.array ?? []) + [.string(word)])
        case .integer:
            guard let value = Int(word) else { throw ControlArgumentError("\(parameter.name) must be a whole number, not \"\(word)\"") }
            read[parameter.name] = .integer(value)
        case .number:
            guard let value = Double(word) else { throw ControlArgumentError("\(parameter.name) must be a number, not \"\(word)\"") }
            read[parameter.name] = Int(exactly: value).map(Value.integer) ?? .number(value)
        case .flag:
            guard ["true", "false", "1", "0", "yes", "no"].contains(word.lowercased()) else { throw ControlArgumentError("\(parameter.name) must be true or false, not \"\(word)\"") }
            read[parameter.name] = .bool(["true", "1", "yes"].contains(word.lowercased()))
        }
    }
}

/// What was wrong with typed arguments, in words.
public struct ControlArgumentError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    init(_ description: String) { self.description = description }
}

extension ControlRequest {
    /// Revokes, or terminates where they run, as `celery.app.control.Control.revoke` asks for it.
    public static func revoke(_ ids: [TaskID], terminate: Bool = false, signal: String = "SIGTERM", destination: [WorkerName]? = nil) -> ControlRequest {
        let ids = ids.map { Value.string($0.rawValue) }
        return ControlRequest(
            "revoke",
            arguments: ["task_id": ids.count == 1 ? ids[0] : .array(ids), "terminate": .bool(terminate), "signal": .string(signal)],
            destination: destination)
    }
}
