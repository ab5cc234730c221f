/// The fields that filters know, by the names that `--json` gives them.
enum FilterField: String, CaseIterable, Sendable {
    case id, name, state, worker, queue, args, kwargs, result, exception, traceback, root, parent, client
    case sent, received, started, finished, wait, runtime, retries, eta, expires
    case ready, unacked, consumers, drain, type, policy
    case inRate = "in_rate", outRate = "out_rate", oldestAge = "oldest_age"
    case problem, active, reserved, scheduled, processed, pool, concurrency, load, memory, queues, version
    case heartbeatAge = "heartbeat_age"
    case position, priority, age
    case task, kind, schedule, enabled, zone, note
    case lastRun = "last_run", nextRun = "next_run", totalRuns = "total_runs"
    /// The type of the exception alone, as failures are grouped by it.
    case error
    case count, first

    /// Also by the shorter names that screens give their columns.
    init?(spelled name: String) {
        switch name.lowercased() {
        case "in": self = .inRate
        case "out": self = .outRate
        case "oldest": self = .oldestAge
        case "heartbeat": self = .heartbeatAge
        case "uuid": self = .id
        case "last": self = .lastRun
        case "next": self = .nextRun
        case "runs": self = .totalRuns
        case let name: self.init(rawValue: name)
        }
    }

    /// Whether its values are texts; the others are numbers.
    var isText: Bool {
        switch self {
        case .id, .name, .state, .worker, .queue, .args, .kwargs, .result, .exception, .traceback, .root, .parent, .client, .problem, .pool, .queues, .version,
            .task, .kind, .schedule, .enabled, .zone, .note, .type, .policy, .error:
            true
        default: false
        }
    }

    /// Looked through by bare words.
    static let searched: [FilterField] = searchedInTasks + [.problem, .pool, .version, .task, .kind, .schedule, .zone, .note]
    /// Those of them that tasks have.
    static let searchedInTasks: [FilterField] = [.id, .name, .state, .worker, .queue, .args, .kwargs, .result, .exception, .queues]

    /// The known field that is spelled most like `name`.
    static func nearest(to name: String) -> FilterField {
        allCases.min { editDistance($0.rawValue, name) < editDistance($1.rawValue, name) } ?? .name
    }
}

/// Letters to insert, remove or exchange to make one word of the other (Levenshtein).
private func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.lowercased().utf8.prefix(40)), Array(b.lowercased().utf8.prefix(40)))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, other) in b.enumerated() {
            let here = min(row[j + 1] + 1, row[j] + 1, diagonal + (letter == other ? 0 : 1))
            diagonal = row[j + 1]
            row[j + 1] = here
        }
    }
    return row[b.count]
}

/// A filter, parsed.
indirect enum FilterExpression: Hashable, Sendable {
    case everything
    case all([FilterExpression])
    case any([FilterExpression])
    case not(FilterExpression)
    /// Some text field contains it.
    case anywhere(TextTest)
    case text(FilterField, TextTest)
    case number(FilterField, NumberTest)

    func matches(_ value: (FilterField) -> FilterValue) -> Bool {
        switch self {
        case .everything: true
        case .all(let parts): parts.allSatisfy { $0.matches(value) }
        case .any(let parts): parts.contains { $0.matches(value) }
        case .not(let part): !part.matches(value)
        case .anywhere(let test): FilterField.searched.contains { test.matches(value($0)) }
        case .text(let field, let test): test.matches(value(field))
        case .number(let field, let test):
            if case .number(let number) = value(field) { test.matches(number) } else { false }
        }
    }
}

/// What a text must be like.
enum TextTest: Hashable, Sendable {
    /// UTF-8; ASCII letters in lower case.
    case contains([UInt8])
    case equals([UInt8], ignoringCase: Bool)
    /// `*` any bytes, `?` one character.
    case glob([UInt8], ignoringCase: Bool)

    func matches(_ value: FilterValue) -> Bool {
        switch value {
        case .text(let text): matches(text)
        case .texts(let texts): texts.contains { matches($0) }
        case .number(let number): matches(number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number))
        case .none: false
        }
    }

    func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { matches(UnsafeRawBufferPointer($0)) }
    }

    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .contains(let needle): needle.withUnsafeBytes { Self.contains(text, $0) }
        case .equals(let other, let ignoringCase):
            text.count == other.count && zip(text, other).allSatisfy { ignoringCase ? lowered($0) == lowered($1) : $0 == $1 }
        case .glob(let pattern, let ignoringCase): pattern.withUnsafeBytes { Self.glob($0, text, ignoringCase) }
        }
    }

    private static func contains(_ text: UnsafeRawBufferPointer, _ needle: UnsafeRawBufferPointer) -> Bool {
        guard needle.count > 0 else { return true }
        guard text.count >= needle.count else { return false }
        let first = needle[0]
        search: for start in 0...text.count - needle.count where lowered(text[start]) == first {
            for offset in 1..<needle.count where lowered(text[start + offset]) != needle[offset] { continue search }
            return true
        }
        return false
    }

    /// Backtracks to the last `*` only, so that it takes |pattern| × |text| steps at most.
    private static func glob(_ pattern: UnsafeRawBufferPointer, _ text: UnsafeRawBufferPointer, _ ignoringCase: Bool) -> Bool {
        var (p, t) = (0, 0)
        var star: (p: Int, t: Int)?
        while t < text.count {
            if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
                star = (p, t)
                p += 1
            } else if p < pattern.count, pattern[p] == UInt8(ascii: "?") {
                p += 1
                t += 1
                while t < text.count, text[t] & 0xC0 == 0x80 { t += 1 }
            } else if p < pattern.count, ignoringCase ? lowered(pattern[p]) == lowered(text[t]) : pattern[p] == text[t] {
                p += 1
                t += 1
            } else if let last = star {
                star = (last.p, last.t + 1)
                p = last.p + 1
                t = last.t + 1
            } else {
                return false
            }
        }
        while p < pattern.count, pattern[p] == UInt8(ascii: "*") { p += 1 }
        return p == pattern.count
    }
}

/// An ASCII letter in lower case; any other byte as it is.
@inline(__always)
func lowered(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
}

/// What a number must be like.
struct NumberTest: Hashable, Sendable {
    enum Comparison: String, Sendable {
        case equal = "=", different = "!=", less = "<", atMost = "<=", greater = ">", atLeast = ">="
    }

    var comparison: Comparison
    var bound: Double
    /// The bound carried a unit of time.
    var isSpan: Bool

    func matches(_ number: Double) -> Bool {
        switch comparison {
        case .equal: number == bound
        case .different: number != bound
        case .less: number < bound
        case .atMost: number <= bound
        case .greater: number > bound
        case .atLeast: number >= bound
        }
    }

    /// Of an instant: by its distance from now when the bound is a span, else by seconds since 1970. NaN never matches.
    func matches(instant: Double, now: Double, isAhead: Bool) -> Bool {
        guard !instant.isNaN else { return false }
        return matches(isSpan ? (isAhead ? instant - now : now - instant) : instant)
    }
}
