import OrderedCollections

extension ControlRequest {
    /// The `celery` command that asks the same, quoted for a POSIX shell, the broker's password masked.
    ///
    /// `nil` when that program has no words for it: a pattern of node names, arguments it does not take, unknown methods.
    public func celeryCommand(broker: BrokerURL?) -> String? {
        guard pattern == nil, let words = commandWords else { return nil }
        var line = ["celery"]
        if let broker { line += ["-b", broker.description] }
        line += words
        if let destination { line += ["-d", destination.map(\.rawValue).joined(separator: ",")] }
        return line.map(Self.quoted).joined(separator: " ")
    }

    /// Subcommand, method and arguments, by the signatures that workers register (`celery.worker.control`).
    private var commandWords: [String]? {
        var arguments = arguments
        var method = method
        if method == "revoke" || method == "revoke_by_stamped_headers" {
            let signal = arguments.removeValue(forKey: "signal")
            if arguments.removeValue(forKey: "terminate")?.bool == true {
                guard method == "revoke" else { return nil }
                method = "terminate"
                arguments["signal"] = signal ?? "SIGTERM"
            }
        }
        // What the client library sends along unasked.
        if method == "add_consumer", arguments["exchange"]?.isNull != false, arguments["exchange_type"] == "direct" {
            arguments.removeValue(forKey: "exchange_type")
        }
        // Only chooses between values and their texts in the reply.
        if method == "active" { arguments.removeValue(forKey: "safe") }
        guard let signature = Self.signatures[method] else { return nil }
        var words = [signature.subcommand, method]
        for name in signature.arguments {
            guard let value = arguments.removeValue(forKey: name), !value.isNull else { break }
            guard let word = Self.word(value) else { return nil }
            words.append(word)
        }
        if let name = signature.list, let value = arguments.removeValue(forKey: name) {
            switch value {
            case .array(let items): for item in items { words.append(Self.word(item) ?? JSON.text(item)) }
            case .object(let stamps):
                for (stamp, value) in stamps { for item in value.array ?? [value] { words.append("\(stamp)=\(Self.word(item) ?? JSON.text(item))") } }
            default: words.append(Self.word(value) ?? JSON.text(value))
            }
        }
        // A word with a dash in front would be taken for an option.
        guard words.allSatisfy({ !$0.hasPrefix("-") }) else { return nil }
        return arguments.values.allSatisfy(\.isNull) ? words : nil
    }

    private struct Signature {
        var subcommand: String
        /// Positional arguments, in order.
        var arguments: [String] = []
        /// The one that takes the rest of the line.
        var list: String?
    }

    private static let signatures: [String: Signature] = {
        var table: [String: Signature] = [
            "conf": Signature(subcommand: "inspect", arguments: ["with_defaults"]),
            "memdump": Signature(subcommand: "inspect", arguments: ["samples"]),
            "objgraph": Signature(subcommand: "inspect", arguments: ["type", "num", "max_depth"]),
            "query_task": Signature(subcommand: "inspect", list: "ids"),
            "registered": Signature(subcommand: "inspect", list: "taskinfoitems"),
            "add_consumer": Signature(subcommand: "control", arguments: ["queue", "exchange", "exchange_type", "routing_key"]),
            "autoscale": Signature(subcommand: "control", arguments: ["max", "min"]),
            "cancel_consumer": Signature(subcommand: "control", arguments: ["queue"]),
            "pool_grow": Signature(subcommand: "control", arguments: ["n"]),
            "pool_shrink": Signature(subcommand: "control", arguments: ["n"]),
            "rate_limit": Signature(subcommand: "control", arguments: ["task_name", "rate_limit"]),
            "time_limit": Signature(subcommand: "control", arguments: ["task_name", "soft", "hard"]),
            "revoke": Signature(subcommand: "control", list: "task_id"),
            "terminate": Signature(subcommand: "control", arguments: ["signal"], list: "task_id"),
            "revoke_by_stamped_headers": Signature(subcommand: "control", list: "headers"),
        ]
        for name in ["active", "active_queues", "clock", "hello", "memsample", "ping", "report", "reserved", "revoked", "scheduled", "stats"] {
            table[name] = Signature(subcommand: "inspect")
        }
        for name in ["disable_events", "enable_events", "heartbeat", "pool_restart", "shutdown"] { table[name] = Signature(subcommand: "control") }
        return table
    }()

    private static func word(_ value: Value) -> String? {
        switch value {
        case .string(let text): text
        case .integer, .bigInteger, .number, .bool: JSON.text(value)
        default: nil
        }
    }

    /// `word` so that a shell passes it on as it is.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch Unicode.Scalar(byte) {
                case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "@", ",", "+", "=", "%": true
                default: false
                }
            }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }
}
