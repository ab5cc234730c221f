import CeleriacCore
import DequeModule
import OrderedCollections

/// Stamps whose tasks are not to be run: values by name, at most `limit` in all; what came first is forgotten first. Kept in memory only.
struct RevokedStamps {
    private struct Stamp {
        var name: String
        var value: Value
    }

    let limit: Int
    private var values: [String: Set<Value>] = [:]
    private var order = Deque<Stamp>()

    init(limit: Int = 10_000) { self.limit = max(1, limit) }

    /// - Parameter stamps: a value or a list of them, by name.
    mutating func insert(_ stamps: OrderedDictionary<String, Value>) {
        for (name, value) in stamps {
            for single in Self.list(value) {
                if values[name, default: []].insert(single).inserted { order.append(Stamp(name: name, value: single)) }
            }
        }
        while order.count > limit, let oldest = order.popFirst() {
            values[oldest.name]?.remove(oldest.value)
            if values[oldest.name]?.isEmpty == true { values[oldest.name] = nil }
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
