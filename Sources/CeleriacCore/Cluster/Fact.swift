/// A figure that may not be known, with the reason: the four words of every cell (`…`, `-`, `?`, a value).
public enum Fact<Content: Hashable & Sendable>: Hashable, Sendable {
    /// Asked for, no answer yet.
    case asking
    /// Makes no sense here.
    case notApplicable
    /// Nobody answered; the last value and when it was true (seconds since 1970), when there was one.
    case noAnswer(last: Content?, at: Double?)
    case known(Content)
    /// Worked out from other facts, marked `≈`.
    case inferred(Content)
    /// Not less than this, marked `≥`.
    case atLeast(Content)

    /// The value that is known, inferred or a bound; `nil` otherwise.
    public var value: Content? {
        switch self {
        case .known(let value), .inferred(let value), .atLeast(let value): value
        default: nil
        }
    }
}

extension Fact {
    /// The same fact about a figure made from this one.
    public func map<Other: Hashable & Sendable>(_ transform: (Content) -> Other) -> Fact<Other> {
        switch self {
        case .asking: .asking
        case .notApplicable: .notApplicable
        case .noAnswer(let last, let at): .noAnswer(last: last.map(transform), at: at)
        case .known(let value): .known(transform(value))
        case .inferred(let value): .inferred(transform(value))
        case .atLeast(let value): .atLeast(transform(value))
        }
    }
}
