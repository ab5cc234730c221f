import Celeriac
import CeleriacCore
import Foundation
import TOMLKit

/// The tasks of `celeriac worker`: programs, and how to run them.
struct WorkerTaskFile {
    var tasks: [CommandTask] = []

    /// - Throws: `Failure` with file, line and the nearest known key, when `path` holds what this program does not know.
    static func read(_ path: String) throws -> WorkerTaskFile {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw Failure(.wrongUsage, "\(path): cannot be read") }
        return try WorkerTaskFile(TOMLDocument(text, file: path))
    }

    init(_ document: TOMLDocument) throws {
        let top = try document.table(document.root, at: [], known: ["tasks"])
        for (name, table) in try document.tables(top, "tasks") { tasks.append(try Self.task(name, table, document)) }
        if tasks.isEmpty { throw Failure(.wrongUsage, "\(document.file): no tasks; a task is a table [tasks.\"NAME\"] with a command") }
    }

    private static let known = ["command", "timeout", "soft_timeout", "retry", "queue", "priority", "env"]

    private static func task(_ name: String, _ table: TOMLTable, _ document: TOMLDocument) throws -> CommandTask {
        if table["command"] == nil, table.keys.count == 1, let inner = table.keys.first, table[inner]?.table != nil {
            throw document.wrong(inner, "a name with dots needs quotes: [tasks.\"\(name).\(inner)\"]")
        }
        let table = try document.table(table, at: ["tasks", name], known: known)
        let command = try document.strings(table, "command")
        guard command.first?.isEmpty == false else { throw document.wrong(name, "tasks.\(name) needs a command: [\"program\", \"argument\", …]") }
        if table["command"]?.string != nil {
            throw document.wrong("command", "command must be a list, [\"program\", \"argument\", …]: no shell takes a text apart")
        }
        var options = TaskOptions()
        options.limits = TimeLimits(soft: try time(table, "soft_timeout", document), hard: try time(table, "timeout", document))
        options.queue = try document.string(table, "queue").map { QueueName($0) }
        options.priority = try document.integer(table, "priority")
        options.retry = try retry(table, document)
        var environment: [String: String] = [:]
        if let value = table["env"] {
            guard let variables = value.table else { throw document.wrong("env", "env must be a table of texts") }
            environment = try document.texts(variables)
        }
        return CommandTask(name, command: command, environment: environment, options: options)
    }

    /// A number of automatic retries, after 1, 2, 4 … seconds; or a table that says more.
    private static func retry(_ table: TOMLTable, _ document: TOMLDocument) throws -> RetryPolicy {
        guard let value = table["retry"] else { return .never }
        if let limit = value.int { return .backoff(max: max(0, limit)) }
        guard let policy = value.table else { throw document.wrong("retry", "retry must be a number, or a table") }
        let known = try document.table(policy, at: ["retry"], known: ["max", "delay", "backoff", "max_delay"])
        let limit = try document.integer(known, "max") ?? 3
        let delay = try time(known, "delay", document) ?? .seconds(1)
        guard try known["backoff"] == nil || document.flag(known, "backoff") else { return .fixed(delay, max: limit) }
        return .backoff(delay, max: limit, upTo: try time(known, "max_delay", document) ?? .seconds(600))
    }

    private static func time(_ table: TOMLTable, _ key: String, _ document: TOMLDocument) throws -> Duration? {
        guard let seconds = try document.number(table, key) else { return nil }
        do throws(Failure) { return try duration(key, seconds, isPositive: true) } catch { throw document.wrong(key, error.message) }
    }
}
