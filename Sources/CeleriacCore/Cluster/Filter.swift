/// The one filter language: `state:failure name:shop.* args~"42" runtime>5s and not worker:web-1`.
///
/// Terms side by side must all hold; `or`, `not` (or a leading `-`), parentheses and double or single quotes do what they
/// say. A term is a bare word (found anywhere, in any case), or a field with
/// `:` (matches the pattern, with `*` and `?`), `~` (contains, in any case), `=` `!=`, or `>` `>=` `<` `<=` and a number,
/// which may carry `us ms s m h d`. Instants compare by how long ago they are, `eta`, `expires` and `next_run` by how far ahead.
public struct Filter: Hashable, Sendable {
    /// As the user typed it.
    public let text: String
    let expression: FilterExpression

    /// - Throws: `FilterError`, with the position and the nearest known field.
    public init(_ text: String) throws(FilterError) {
        self.text = text
        var parser = try FilterParser(text)
        expression = try parser.parse()
    }

    /// Names of all fields, for completion.
    public static var fields: [String] { FilterField.allCases.map(\.rawValue) }

    public func matches(_ row: QueueRow) -> Bool {
        expression.matches { field in
            switch field {
            case .name: .text(row.name.rawValue)
            case .type: row.traits.map { .text($0.type) } ?? .none
            case .policy: .texts(row.traits?.policies ?? [])
            case .ready: .number(row.ready)
            case .unacked: .number(row.unacked)
            case .eta: .number(row.eta)
            case .consumers: .number(row.consumers)
            case .inRate: .number(row.inRate)
            case .outRate: .number(row.outRate)
            case .drain: .number(row.drain)
            case .oldestAge: .number(row.oldestAge)
            case .problem: row.problem.map { .text($0) } ?? .none
            default: .none
            }
        }
    }

    public func matches(_ row: WorkerRow) -> Bool {
        expression.matches { field in
            switch field {
            case .name, .worker: .texts(row.name.spellings)
            case .state: .text(row.state.rawValue)
            case .problem: row.problem.map { .text($0) } ?? .none
            case .heartbeatAge: row.heartbeatAge.map { .number($0) } ?? .none
            case .active: .number(row.active)
            case .reserved: .number(row.reserved)
            case .scheduled: .number(row.scheduled)
            case .processed: .number(row.processed)
            case .pool: row.pool.value.map { .text($0) } ?? .none
            case .concurrency: .number(row.concurrency)
            case .load: row.load?.first.map { .number($0) } ?? .none
            case .memory: .number(row.memory)
            case .queues, .queue: .texts((row.queues.value ?? []).map(\.rawValue))
            case .version: row.version.map { .text($0) } ?? .none
            default: .none
            }
        }
    }

    /// For anything else that has some of the fields (waiting messages: `id name args kwargs eta expires priority age position`).
    /// - Parameter value: the value of the field of that name.
    public func matches(_ value: (String) -> FilterValue) -> Bool {
        expression.matches { value($0.rawValue) }
    }
}

/// What a field of some row is, for a filter to compare.
public enum FilterValue: Hashable, Sendable {
    case none
    case text(String)
    /// Several texts, of which one must match.
    case texts([String])
    /// Numbers; durations, and distances of instants from now, in seconds.
    case number(Double)

    static func number(_ fact: Fact<Int>) -> FilterValue { fact.value.map { .number(Double($0)) } ?? .none }
    static func number(_ fact: Fact<Double>) -> FilterValue { fact.value.map { .number($0) } ?? .none }
}

extension WorkerName {
    /// The node name, and what stands behind its `@`.
    var spellings: [String] {
        rawValue.firstIndex(of: "@").map { [rawValue, String(rawValue[rawValue.index(after: $0)...])] } ?? [rawValue]
    }
}

public struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Offset in characters.
    public var position: Int
    public var message: String
    public init(position: Int, message: String) {
        self.position = position
        self.message = message
    }
    public var description: String { message }
}
