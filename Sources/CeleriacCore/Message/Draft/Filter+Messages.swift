extension Filter {
    /// Whether a waiting message matches: `id name args kwargs eta expires retries priority age position root parent queue`.
    /// - Parameter now: seconds since 1970, from which ages and times ahead are counted.
    public func matches(_ message: QueueSample.Message, now: Double) -> Bool {
        let task = message.task
        return matches { field in
            switch field {
            case "id": task.map { .text($0.id.rawValue) } ?? .none
            case "name": task.map { .text($0.name) } ?? .none
            case "args": task.map { .text(Self.text($0, isKeyword: false)) } ?? .none
            case "kwargs": task.map { .text(Self.text($0, isKeyword: true)) } ?? .none
            case "queue": .text(message.kept.queue.rawValue)
            case "root": task?.root.map { .text($0.rawValue) } ?? .none
            case "parent": task?.parent.map { .text($0.rawValue) } ?? .none
            case "client": task?.origin.map { .text($0) } ?? .none
            case "problem": message.problem.map { .text($0) } ?? .none
            case "retries": task.map { .number(Double($0.retries)) } ?? .none
            case "priority": task.map { .number(Double($0.priority)) } ?? .none
            case "position": .number(Double(message.position))
            case "age", "sent": message.sentAt.map { .number(now - $0) } ?? .none
            case "eta": task?.eta.map { .number($0 - now) } ?? .none
            case "expires": task?.expires.map { .number($0 - now) } ?? .none
            default: .none
            }
        }
    }

    /// As people write it in a filter: JSON; the sender's abbreviated text where the body cannot be read.
    private static func text(_ task: TaskMessage, isKeyword: Bool) -> String {
        guard case .known(let args, let kwargs) = task.arguments else { return (isKeyword ? task.kwargsrepr : task.argsrepr) ?? "" }
        return JSON.text(isKeyword ? .object(kwargs) : .array(args))
    }

    /// Bytes that each waiting message that matches must contain as they are, in kombu's envelope: a broker can search for them. Empty: none are known.
    public var needle: [UInt8] { expression.needle }
}

extension FilterExpression {
    /// The longest text that stands in the envelope's headers, in JSON, of whatever matches.
    fileprivate var needle: [UInt8] {
        switch self {
        case .all(let parts): parts.map(\.needle).max { $0.count < $1.count } ?? []
        case .text(.name, .equals(let text, false)): JSON.encode(.string(String(decoding: text, as: UTF8.self)))
        case .text(.id, .equals(let text, false)): Self.inner(text)
        case .text(.name, .glob(let pattern, false)), .text(.id, .glob(let pattern, false)):
            pattern.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
                ? Self.inner(pattern.split { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }.max { $0.count < $1.count }.map(Array.init) ?? [])
                : Self.inner(pattern)
        default: []
        }
    }

    /// As it stands within quotes.
    private static func inner(_ text: [UInt8]) -> [UInt8] {
        guard !text.isEmpty, text.allSatisfy({ 0x20..<0x7F ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else { return [] }
        return text
    }
}
