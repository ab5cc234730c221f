import CeleriacCore
import OrderedCollections

/// Puts the arguments of a call in the order of a task's parameters, as Python does it.
struct ArgumentBinding: Sendable {
    private let task: String
    private let count: Int
    /// Empty when they have no names: then every argument comes by position.
    private let parameters: [Parameter]
    private let fallbacks: [Value?]

    /// - Parameter count: how many arguments the task's body takes.
    /// - Throws: when names are given, but not one for each; when two are the same; when a default cannot be encoded.
    init(task: String, count: Int, parameters: [Parameter]) throws(ArgumentError) {
        guard parameters.isEmpty || parameters.count == count else {
            throw ArgumentError("\(task) names \(parameters.count) parameters, its body takes \(count)")
        }
        guard Set(parameters.map(\.name)).count == parameters.count else { throw ArgumentError("\(task) names a parameter twice") }
        self.task = task
        self.count = count
        self.parameters = parameters
        fallbacks = try parameters.map { (parameter) throws(ArgumentError) in try parameter.fallback?.get() }
    }

    /// One value for each parameter.
    /// - Throws: a `TypeError` in Python's words.
    func bind(_ args: [Value], _ kwargs: OrderedDictionary<String, Value>) throws(CallMismatch) -> [Value] {
        // The usual call pays for nothing else.
        if args.count == count && kwargs.isEmpty { return args }
        guard args.count <= count else {
            throw typeError("takes \(counted(count, "positional argument")) but \(args.count) \(args.count == 1 ? "was" : "were") given")
        }
        var bound: [Value?] = args.map { $0 } + Array(repeating: nil, count: count - args.count)
        for (name, value) in kwargs {
            guard let index = parameters.firstIndex(where: { $0.name == name }) else { throw typeError("got an unexpected keyword argument '\(name)'") }
            guard bound[index] == nil else { throw typeError("got multiple values for argument '\(name)'") }
            bound[index] = value
        }
        var missing: [String] = []
        for index in bound.indices where bound[index] == nil {
            bound[index] = parameters.isEmpty ? nil : fallbacks[index]
            if bound[index] == nil { missing.append(parameters.isEmpty ? "\(index + 1)" : "'\(parameters[index].name)'") }
        }
        guard missing.isEmpty else { throw typeError("missing \(counted(missing.count, "required positional argument")): \(missing.joined(separator: ", "))") }
        return bound.compactMap { $0 }
    }

    /// When an argument is there but is not what the body takes.
    func mismatch(at index: Int, _ error: any Error) -> CallMismatch {
        let name = index < parameters.count ? "'\(parameters[index].name)'" : "\(index + 1)"
        return typeError("argument \(name) cannot be decoded: \(error)")
    }

    private func typeError(_ cause: String) -> CallMismatch {
        CallMismatch(stored: StoredException(type: "TypeError", module: "builtins", arguments: [.string("\(task)() \(cause)")]))
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

/// A call does not fit the task: however often it is tried.
struct CallMismatch: CeleryError {
    let stored: StoredException
    var isRetryable: Bool { false }
}
