import Celeriac
import CeleriacCore
import Foundation

let prefix = "t.integration.tasks."

/// Python's exceptions, as its callers expect them.
extension StoredException {
    static func builtin(_ type: String, _ arguments: Value...) -> StoredException { StoredException(type: type, module: "builtins", arguments: arguments) }
    static func expected(_ arguments: [Value]) -> StoredException { StoredException(type: "ExpectedException", module: "t.integration.tasks", arguments: arguments) }
}

extension Value {
    /// Python's `+` of numbers, texts and lists.
    static func sum(_ first: Value, _ second: Value) throws -> Value {
        switch (first, second) {
        case (.integer(let first), .integer(let second)): return .integer(first &+ second)
        case (.string(let first), .string(let second)): return .string(first + second)
        case (.array(let first), .array(let second)): return .array(first + second)
        default:
            guard let first = first.double, let second = second.double else { throw StoredException.builtin("TypeError", "unsupported operand type(s) for +") }
            return .number(first + second)
        }
    }

    /// Python's `sum`, lists within counted too when `isDeep`.
    func total(isDeep: Bool = false) throws -> Value {
        guard let items = array else { throw StoredException.builtin("TypeError", "object is not iterable") }
        return try items.reduce(0) { try .sum($0, isDeep && $1.array != nil ? $1.total() : $1) }
    }
}

private struct Addends: Codable, Sendable { var x: Int, y: Int }
private struct Sum: Codable, Sendable { var result: Int }

func registerNumberTasks(_ app: App) throws {
    try app.task(prefix + "identity", "x") { (x: Value) in x }
    try app.task(prefix + "add", "x", "y", .optional("z")) { (x: Value, y: Value, z: Value) in
        let sum = try Value.sum(x, y)
        return z.isNull ? sum : try .sum(sum, z)
    }
    try app.task(prefix + "mul", "x", "y") { (x: Int, y: Int) in x * y }
    try app.task(prefix + "add_not_typed", "x", "y") { (x: Value, y: Value) in try Value.sum(x, y) }
    try app.task(prefix + "add_ignore_result", "x", "y", ignoresResult: true) { (x: Value, y: Value) in try Value.sum(x, y) }
    try app.task(prefix + "add_with_result", "x", "y", ignoresResult: false) { (x: Value, y: Value) in try Value.sum(x, y) }
    try app.task(prefix + "tsum", "nums") { (numbers: Value) in try numbers.total() }
    try app.task(prefix + "xsum", "nums") { (numbers: Value) in try numbers.total(isDeep: true) }
    try app.task(prefix + "delayed_sum", "numbers", .optional("pause_time", default: 1.0)) { (numbers: Value, pause: Double) in
        try await Task.sleep(for: .seconds(pause))
        return try numbers.total()
    }
    try app.task(prefix + "delayed_sum_with_soft_guard", "numbers", .optional("pause_time", default: 1.0)) { (numbers: Value, pause: Double) -> Value in
        do { try await Task.sleep(for: .seconds(pause)) } catch { return .integer(0) }
        return try numbers.total()
    }
    try app.task(prefix + "write_to_file_and_return_int", "file_name", "i") { (name: String, number: Int) in
        guard let file = fopen(name, "a") else { throw StoredException.builtin("FileNotFoundError", .string(name)) }
        fputs("\(number)\n", file)
        fclose(file)
        return number
    }
    for name in ["add_pydantic", "add_pydantic_string_annotations"] {
        try app.task(prefix + name, "data") { (data: Addends) in Sum(result: data.x + data.y) }
    }
    try app.task(prefix + "print_unicode", .optional("log_message", default: ""), .optional("print_message", default: "")) { (log: String, text: String) in
        print(log, text)
    }
    try app.task(prefix + "return_exception", "e") { (exception: Value) -> Value in [exception, true] }
    // Acknowledged as Celery does by default: two tests of `inspect` look at that.
    var early = TaskOptions()
    early.acksLate = false
    app.register(
        TaskDefinition(name: prefix + "sleeping", parameters: ["i"], options: early) { args, _, _ in
            try await Task.sleep(for: .seconds(args.first?.double ?? 0))
            return .null
        })
}
