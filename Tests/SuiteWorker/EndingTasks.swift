import Celeriac
import CeleriacCore
import OrderedCollections
import Synchronization

/// Tasks that fail, retry, reject, or tell what their request says.
func registerEndingTasks(_ app: App) throws {
    app.register(TaskDefinition(name: prefix + "raise_error") { _, _, _ in throw StoredException.builtin("ValueError", "deliberate error") })
    app.register(TaskDefinition(name: prefix + "fail") { args, _, _ in throw StoredException.expected(["Task expected to fail"] + args) })
    try app.task(prefix + "fail_unpickleable", "foo", "bar") { (foo: Value, bar: Value) -> Value in
        throw StoredException(type: "UnpickleableException", module: "t.integration.tasks", arguments: [foo])
    }

    let attempts = Mutex(0)
    try app.task(prefix + "retry", .optional("return_value"), retry: .later(.seconds(1))) { (context: TaskContext, value: Value) in
        if !value.isNull {
            let attempt = attempts.withLock { attempts in
                defer { attempts = attempts >= 3 ? 0 : attempts + 1 }
                return attempts
            }
            if attempt >= 3 { return value }
        }
        try context.retry(after: .seconds(5), because: StoredException.expected([]))
    }
    app.register(
        TaskDefinition(name: prefix + "retry_unpickleable", parameters: ["foo", "bar"], options: .retrying(.later(.seconds(1)))) { args, kwargs, context in
            let foo = args.first ?? kwargs["foo"] ?? .null
            let asked = kwargs["retry_kwargs"]?.object ?? [:]
            let exception = StoredException(type: "UnpickleableException", module: "t.integration.tasks", arguments: [foo])
            try context.retry(after: asked["countdown"]?.double.map { .seconds($0) }, because: exception, max: asked["max_retries"]?.integer)
        })
    try app.task(prefix + "retry_with_args_after_kwargs", "foo", "bar", .optional("label"), retry: .once) {
        (context: TaskContext, foo: Int, bar: Int, label: Value) -> Value in
        if context.retries == 0 { try context.retry(after: .zero, args: [.integer(foo + 1), .integer(bar + 1)]) }
        return ["foo": .integer(foo), "bar": .integer(bar), "label": label, "retries": .integer(context.retries), "is_eager": false]
    }
    try app.task(prefix + "retry_with_kwargs_after_args", "foo", "bar", retry: .once) { (context: TaskContext, foo: Int, bar: Int) -> Value in
        if context.retries == 0 { try context.retry(after: .zero, kwargs: ["foo": .integer(foo + 1)]) }
        return ["foo": .integer(foo), "bar": .integer(bar), "retries": .integer(context.retries), "is_eager": false]
    }
    for name in ["retry_once", "retry_once_priority", "retry_once_headers"] {
        var options = TaskOptions.retrying(.once)
        if name == "retry_once" { options.expires = .seconds(120) }
        app.register(
            TaskDefinition(name: prefix + name, options: options) { _, kwargs, context in
                if context.retries == 0 {
                    var sent = CallOptions()
                    if name == "retry_once" { sent.expires = kwargs["expires"]?.double.map { .seconds($0) } }
                    try context.retry(after: .seconds(kwargs["countdown"]?.double ?? 0.1), max: kwargs["max_retries"]?.integer ?? 1, options: sent)
                }
                switch name {
                case "retry_once_priority": return .integer(context.request.message.priority)
                case "retry_once_headers": return .object(context.request.message.headers)
                default: return .integer(context.retries)
                }
            })
    }
    for (name, ignores) in [("retry_once_ignore_result", true), ("retry_once_with_result", false)] {
        try app.task(prefix + name, ignoresResult: ignores) { (context: TaskContext) in
            if context.retries == 0 { try context.retry(after: .zero) }
            return context.retries
        }
    }
    try app.task("auto_retry_class_task", retry: .backoff(max: 1)) { (context: TaskContext) in
        guard context.retries > 0 else { throw StoredException.builtin("ValueError") }
        return context.retries
    }

    try app.task(prefix + "store_success_then_reject") { (context: TaskContext) in
        if !context.request.message.isRedelivered {
            try await context.updateState(.success, meta: "first-pass")
            try context.reject(requeue: true)
        }
        return "dedup-pass"
    }
    try app.task(prefix + "reject_then_succeed") { (context: TaskContext) in
        if !context.request.message.isRedelivered { try context.reject(requeue: true) }
        return "second-pass"
    }
    try app.task(prefix + "reject_without_requeue") { (context: TaskContext) -> Value in try context.reject("rejected", requeue: false) }
    try app.task(prefix + "soft_time_limit_must_exceed_time_limit", limits: TimeLimits(soft: .seconds(2), hard: .seconds(1))) {}

    app.register(TaskDefinition(name: prefix + "return_priority") { _, _, context in .string("Priority: \(context.request.message.priority)") })
    try app.task(prefix + "return_request_eta") { (context: TaskContext) in context.request.message.headers["eta"] ?? .null }
    try app.task(prefix + "return_properties") { (context: TaskContext) -> Value in .object(context.request.message.properties) }
    try app.task(prefix + "return_request_time_limits") { (context: TaskContext) in context.request.timeLimits }
    try app.task(prefix + "task_with_declared_time_limits", limits: TimeLimits(soft: .seconds(45), hard: .seconds(60))) { (context: TaskContext) in
        context.request.timeLimits
    }
}

extension RetryPolicy {
    /// Only when the task asks for it.
    fileprivate static func later(_ delay: Duration) -> RetryPolicy { RetryPolicy(isAutomatic: false, delay: delay, hasJitter: false) }
    fileprivate static let once = RetryPolicy(limit: 1, isAutomatic: false, hasJitter: false)
}

extension TaskOptions {
    fileprivate static func retrying(_ policy: RetryPolicy) -> TaskOptions {
        var options = TaskOptions()
        options.retry = policy
        return options
    }
}

extension TaskRequest {
    fileprivate var timeLimits: Value {
        func seconds(_ limit: Duration?) -> Value { limit.map { .integer(Int($0.components.seconds)) } ?? .null }
        return ["time_limit": seconds(limits.hard), "soft_time_limit": seconds(limits.soft)]
    }
}
