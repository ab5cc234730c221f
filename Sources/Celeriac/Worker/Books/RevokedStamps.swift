import CeleriacCore
import OrderedCollections

/// Stamps whose tasks are not to be run: values by name. Kept in memory only.
struct RevokedStamps {
    private(set) var values: OrderedDictionary<String, [Value]> = [:]

    /// - Parameter stamps: a value or a list of them, by name.
    mutating func insert(_ stamps: OrderedDictionary<String, Value>) {
        for (name, value) in stamps {
            for single in Self.list(value) where values[name]?.contains(single) != true { values[name, default: []].append(single) }
        }
    }

    func match(_ message: TaskMessage) -> Bool {
        guard !values.isEmpty else { return false }
        return message.stampedHeaders.contains { name in
            guard let revoked = values[name], let stamp = message.stamps[name], !stamp.isNull else { return false }
            return Self.list(stamp).contains { revoked.contains($0) }
        }
    }

    static func list(_ value: Value) -> [Value] { value.array ?? (value.isNull ? [] : [value]) }
}
