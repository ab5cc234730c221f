import Celeriac
import CeleriacCore
import OrderedCollections

func registerCanvasTasks(_ app: App) throws {
    @Sendable func call(_ name: String, _ args: Value...) -> Call<Value> { app.signature(prefix + name, args) }

    try app.task(prefix + "chain_add", "x", "y") { (x: Value, y: Value) in _ = try await (call("add", x, x) | call("add", y)).delay() }
    try app.task(prefix + "chord_add", "x", "y") { (x: Value, y: Value) in _ = try await chord([call("add", x, x)], body: call("add", y)).delay() }

    // Replaced by other tasks
    try app.task(prefix + "add_replaced", "x", "y") { (context: TaskContext, x: Value, y: Value) in try await context.replace(with: call("add", x, y)) }
    try app.task(prefix + "record_replaced_task_nesting", "replacements", .optional("nesting")) { (context: TaskContext, left: Int, nesting: [Int]?) -> [Int] in
        let nesting = (nesting ?? []) + [context.request.message.replacedTaskNesting]
        if left == 0 { return nesting }
        try await context.replace(with: call("record_replaced_task_nesting", .integer(left - 1), .array(nesting.map(Value.integer))))
    }
    try app.task(prefix + "add_replaced_with_chain", "x", "y") { (context: TaskContext, x: Value, y: Value) in
        try await context.replace(with: call("add", x, y) | call("identity"))
    }
    for (name, last, isErrback) in [("replace_with_chain", "identity", false), ("replace_with_chain_which_raises", "raise_error", true)] {
        app.register(
            TaskDefinition(name: prefix + name) { args, kwargs, context in
                let steps = app.signature(prefix + "identity", args) | call(last)
                let message = kwargs["link_msg"] ?? .null
                let echo = message.isNull ? call("redis_echo") : call("redis_echo", message).immutable()
                try await context.replace(with: isErrback ? steps.onError(echo) : steps.link(echo))
            })
    }
    app.register(TaskDefinition(name: prefix + "replace_with_empty_chain") { _, _, context in try await context.replace(with: chain([], as: Value.self)) })
    try app.task(prefix + "replace_with_chain_which_contains_a_group") { (context: TaskContext) in
        try await context.replace(with: call("add", 1, 2) | group(call("add", 1), call("add", 1)))
    }
    try app.task(prefix + "add_to_all", "nums", "val") { (context: TaskContext, numbers: [Value], value: Value) in
        try await context.replace(with: group(numbers.map { call("add", $0, value) }))
    }
    app.register(TaskDefinition(name: prefix + "fail_replaced") { args, _, context in
        try await context.replace(with: app.signature(prefix + "fail", args).immutable())
    })
    try app.task(prefix + "replaced_with_me") { true }
    try app.task(prefix + "replace_with_stamped_task", .optional("replace_with")) { (context: TaskContext, replacement: Value) in
        let signature = replacement.isNull ? Signature(prefix + "replaced_with_me") : try Signature(replacement)
        let stamped: Call<Value> = app.call(signature).stamped(["StampOnReplace": "This is the replaced task"])
        try await context.replace(with: stamped)
    }

    // Added to chords
    try app.task(prefix + "add_to_all_to_chord", "nums", "val") { (context: TaskContext, numbers: [Value], value: Value) in
        for number in numbers { try await context.addToChord(call("add", number, value)) }
        return 0
    }
    try app.task(prefix + "add_chord_to_chord", "nums", "val") { (context: TaskContext, numbers: [Value], value: Value) in
        try await context.addToChord(group(numbers.map { call("add", $0, value) }) | call("tsum"))
        return 0
    }

    try app.task(prefix + "ids", "i") { (context: TaskContext, number: Value) in [context.root, context.parent, number] }
    try app.task(prefix + "collect_ids", "res", "i") { (context: TaskContext, result: Value, number: Value) -> Value in
        [result, [context.root, context.parent, number]]
    }
    try app.task(prefix + "build_chain_inside_task") { (context: TaskContext) in
        let steps = call("add", 1, 1) | call("add", 2) | group(call("add", 3), call("add", 4))
        return try await (steps | call("add", 5)).delay().applied.tuple
    }
    try app.task(prefix + "rebuild_signature", "sig_dict") { (signature: Value) in try check(signature) }
    try registerNestedSignatures(app)
}

extension TaskContext {
    fileprivate var root: Value { .string(request.root.rawValue) }
    fileprivate var parent: Value { request.message.parent.map { .string($0.rawValue) } ?? .null }
}

/// That a signature, and all that it is composed of, can be read.
private func check(_ value: Value) throws {
    let signature = try Signature(value)
    for part in signature.kwargs["tasks"]?.array ?? [] { try check(part) }
    if signature.kind == .chord {
        let header = signature.kwargs["header"] ?? .null
        for part in header.array ?? [header] { try check(part) }
        try check(signature.kwargs["body"] ?? .null)
    }
}

/// Signatures of one kind within another, as results.
private func registerNestedSignatures(_ app: App) throws {
    let add: Call<Value> = app.signature(prefix + "add")
    let inner: [String: Call<Value>] = [
        "chain": chain([add], as: Value.self), "group": group([add]).call.returning(Value.self), "chord": chord([add], body: add),
    ]
    for (name, part) in inner {
        let outer = [
            "chain": chain([part], as: Value.self).signature, "group": group([part]).signature, "chord": chord([part], body: add).signature,
        ]
        for (kind, signature) in outer {
            app.register(TaskDefinition(name: prefix + "return_nested_signature_\(kind)_\(name)") { _, _, _ in signature.value })
        }
    }
}
