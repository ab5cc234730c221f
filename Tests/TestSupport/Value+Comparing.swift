public import CeleriacCore

extension Value {
    /// Of an object, in order; empty when this is none.
    public var members: [(key: String, value: Value)] { object.map { Array($0) } ?? [] }
    public var names: [String] { members.map(\.key) }

    /// Objects as lists of members, sorted by name, at every depth: two that differ only in order become equal.
    public var sorted: Value {
        switch self {
        case .array(let items): .array(items.map(\.sorted))
        case .object: .array(members.sorted { $0.key < $1.key }.map { [.string($0.key), $0.value.sorted] })
        default: self
        }
    }
}
