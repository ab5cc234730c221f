import CeleriacCore
import Foundation
import TOMLKit

/// `config.toml`: named clusters, and what every dashboard has in common. Read, never written.
struct ConfigurationFile {
    /// One `[contexts.NAME]`.
    struct Context {
        var broker: String?
        var resultBackend: String?
        var scheduler: String?
        /// Beat's `timezone`: of schedule entries that name none.
        var timezone: String?
        var production = false
        var readOnly = false
        var passive = false
        var theme: String?
        var controlExchange: String?
        var eventExchange: String?
        var transportOptions: [String: Value] = [:]
        /// Prints the broker's password; run without a shell.
        var passwordCommand: [String] = []
        var passwordFile: String?
    }

    var contexts: [String: Context] = [:]
    var defaultContext: String?
    var theme: String?
    /// Command name → key names, laid over the default keys, by scope.
    var keys: [String: [String: [String]]] = [:]

    static var defaultPath: String {
        let environment = ProcessInfo.processInfo.environment
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? (environment["HOME"] ?? "") + "/.config"
        return base + "/celeriac/config.toml"
    }

    /// - Throws: `Failure` with file, line and the nearest known key, when `path` holds what this program does not know.
    /// - Returns: an empty configuration when no `path` is given and the default file does not exist.
    static func read(_ path: String?) throws -> ConfigurationFile {
        let file = path ?? defaultPath
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            if path != nil { throw Failure(.wrongUsage, "\(file): cannot be read") }
            return ConfigurationFile()
        }
        return try ConfigurationFile(TOMLDocument(text, file: file))
    }

    init() {}

    init(_ document: TOMLDocument) throws {
        let top = try document.table(document.root, at: [], known: ["default_context", "theme", "contexts", "keys"])
        defaultContext = try document.string(top, "default_context")
        theme = try document.string(top, "theme")
        for (name, value) in try document.tables(top, "contexts") {
            contexts[name] = try Context(document, value, at: ["contexts", name])
        }
        for (scope, value) in try document.tables(top, "keys") {
            keys[scope] = try document.stringLists(value, at: ["keys", scope])
        }
    }
}

extension ConfigurationFile.Context {
    private static let known = [
        "broker", "result_backend", "scheduler", "timezone", "production", "read_only", "passive", "theme", "control_exchange", "event_exchange", "transport_options", "password_command",
        "password_file",
    ]

    init(_ document: TOMLDocument, _ table: TOMLTable, at path: [String]) throws {
        let table = try document.table(table, at: path, known: Self.known)
        broker = try document.string(table, "broker")
        resultBackend = try document.string(table, "result_backend")
        scheduler = try document.string(table, "scheduler")
        timezone = try document.string(table, "timezone")
        production = try document.flag(table, "production")
        readOnly = try document.flag(table, "read_only")
        passive = try document.flag(table, "passive")
        theme = try document.string(table, "theme")
        controlExchange = try document.string(table, "control_exchange")
        eventExchange = try document.string(table, "event_exchange")
        passwordFile = try document.string(table, "password_file")
        passwordCommand = try document.strings(table, "password_command")
        if let options = table["transport_options"]?.table { transportOptions = options.keys.reduce(into: [:]) { $0[$1] = document.value(options[$1]) } }
    }
}
