import Celeriac
import CeleriacCore
import OrderedCollections

/// Tasks that write down in Redis that they ran.
func registerNotebookTasks(_ app: App, _ redis: RedisNotebook) throws {
    @Sendable func echo(_ message: Value, _ key: String) throws { try redis.tell("RPUSH", key, message.text) }
    @Sendable func count(_ key: String) throws { try redis.tell("INCR", key) }

    try app.task(prefix + "redis_echo", "message", .optional("redis_key", default: "redis-echo")) { (message: Value, key: String) in try echo(message, key) }
    try app.task(prefix + "redis_echo_group_id", "_", .optional("redis_key", default: "redis-group-ids")) { (context: TaskContext, _: Value, key: String) in
        try echo(context.request.message.group.map(Value.string) ?? .null, key)
    }
    try app.task(prefix + "redis_count", .optional("redis_key", default: "redis-count")) { (key: String) in try count(key) }
    try app.task(prefix + "sum_and_record", "values", "redis_key") { (context: TaskContext, values: Value, key: String) in
        let sum = try values.total()
        try echo(.string(context.id.rawValue), key)
        return sum
    }
    for (name, letter, inner) in [("second_order_replace1", "A", "second_order_replace2"), ("second_order_replace2", "B", "redis_echo")] {
        try app.task(prefix + name, .optional("state", default: false)) { (context: TaskContext, isBack: Bool) in
            guard !isBack else { return try echo(.string("Out \(letter)"), "redis-echo") }
            try echo(.string("In \(letter)"), "redis-echo")
            let first: Call<Value> = app.signature(prefix + inner, inner == "redis_echo" ? ["In/Out C"] : [])
            let again: Call<Value> = app.signature(prefix + name, kwargs: ["state": true]).immutable()
            try await context.replace(with: first | again)
        }
    }

    // What runs after a failure: Python's worker calls some of these with the request itself, a task is given its id.
    for name in ["errback_old_style", "errback_new_style"] {
        try app.task(prefix + name, "request_id") { (id: String) in
            try count(id)
            return id
        }
    }
    for name in ["errback_old_style_with_args", "errback_new_style_with_args"] {
        try app.task(prefix + name, "request_id", "label") { (id: String, label: Value) in try echo(label, id) }
    }
}

/// The fault tests' task: takes its time, then writes its number down, and whether its message had been delivered before.
func registerLedgerTask(_ app: App, _ ledger: RedisNotebook) throws {
    try app.task("faults.record", "number", "seconds") { (context: TaskContext, number: Int, seconds: Double) in
        try await Task.sleep(for: .seconds(seconds))
        try ledger.tell("RPUSH", "ledger", context.request.message.isRedelivered ? "\(number) redelivered" : "\(number)")
        return number
    }
}

extension Value {
    /// What redis-py makes of it.
    fileprivate var text: String {
        if case .bytes(let bytes) = self { return String(decoding: bytes, as: UTF8.self) }
        return string ?? JSON.text(self)
    }
}
