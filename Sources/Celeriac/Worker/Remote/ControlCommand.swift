import CeleriacCore
import OrderedCollections

/// One method of remote control, as this worker answers it.
struct ControlCommand: Sendable {
    /// What a method has at hand.
    struct Call: Sendable {
        var state: WorkerState
        var runner: TaskRunner
        var heart: Heart
        var arguments: OrderedDictionary<String, Value>

        subscript(name: String) -> Value { arguments[name] ?? .null }
    }

    typealias Answer = @Sendable (Call) async throws(ControlFailure) -> Value

    let name: String
    /// Older names.
    let aliases: [String]
    let required: [String]
    /// All arguments there are; `nil` takes any, as those of Celery do that end in `**kwargs`.
    let known: Set<String>?
    let answer: Answer

    init(_ name: String, aliases: [String] = [], required: [String] = [], known: Set<String>? = nil, answer: @escaping Answer) {
        self.name = name
        self.aliases = aliases
        self.required = required
        self.known = known
        self.answer = answer
    }

    /// Checks the arguments, then answers.
    func callAsFunction(_ call: Call) async throws(ControlFailure) -> Value {
        if let known, let unexpected = call.arguments.keys.first(where: { !known.contains($0) }) {
            throw ControlFailure("TypeError", "\(name)() got an unexpected keyword argument '\(unexpected)'")
        }
        let missing = required.filter { call.arguments[$0] == nil }.map { "'\($0)'" }
        guard missing.isEmpty else {
            let list = missing.count == 1 ? missing[0] : missing.dropLast().joined(separator: ", ") + " and " + (missing.last ?? "")
            throw ControlFailure("TypeError", "\(name)() missing \(missing.count) required positional argument\(missing.count == 1 ? "" : "s"): \(list)")
        }
        return try await answer(call)
    }

    static let all = asking + describing + revoking + limiting + telling + pooling + queueing

    /// By name and alias.
    static let table: [String: ControlCommand] = {
        var table: [String: ControlCommand] = [:]
        for command in all {
            for name in [command.name] + command.aliases { table[name] = command }
        }
        return table
    }()
}

/// Why a method could not be carried out: what Python would have raised.
struct ControlFailure: Error, Hashable {
    var type: String
    var message: String

    init(_ type: String, _ message: String) {
        self.type = type
        self.message = message
    }

    /// As Python's `repr` of the exception.
    var text: String {
        let hasOnlySingle = message.contains("'") && !message.contains("\"")
        return hasOnlySingle ? "\(type)(\"\(message)\")" : "\(type)('\(message.replacing("'", with: "\\'"))')"
    }
}

extension Value {
    static func ok(_ text: String) -> Value { ["ok": .string(text)] }
    static func no(_ text: String) -> Value { ["error": .string(text)] }

    /// The texts of a list, or the one text.
    var texts: [String] { RevokedStamps.list(self).compactMap(\.string) }
}
