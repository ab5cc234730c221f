import CeleriacBroker
import CeleriacCore

/// The names of Celery's keys for results (celery.backends.base, 5.7); the channel on which a change is told is the key itself.
struct ResultKeys: Hashable, Sendable {
    private let prefix: String

    /// - Parameter prefix: `global_keyprefix`; Celery puts an underscore behind one that does not end with a separator.
    init(prefix: String) {
        guard let last = prefix.last else {
            self.prefix = prefix
            return
        }
        self.prefix = ":_-.".contains(last) ? prefix : prefix + "_"
    }

    func task(_ id: TaskID) -> String { prefix + "celery-task-meta-" + id.rawValue }
    func group(_ id: String) -> String { prefix + "celery-taskset-meta-" + id }

    /// Of a chord: its parts, what was added to its size, its size, who has been counted, the claim on sending its body; then the record of its group.
    func chord(_ group: String) -> [String] {
        [chordParts(group), chordExtra(group), chordSize(group), chordCounted(group), chordClaim(group), self.group(group)]
    }
    func chordParts(_ group: String) -> String { self.group(group) + ".j" }
    func chordExtra(_ group: String) -> String { self.group(group) + ".t" }
    func chordSize(_ group: String) -> String { self.group(group) + ".s" }
    func chordCounted(_ group: String) -> String { self.group(group) + ".d" }
    func chordClaim(_ group: String) -> String { self.group(group) + ".c" }
}

extension ConnectionPool {
    /// The record of one task; `nil` when none is stored.
    /// - Throws: also kind `.garbled`.
    nonisolated func record(of id: TaskID, _ keys: ResultKeys) async throws(TransportError) -> ResultRecord? {
        guard let bytes = try await send(RedisCommand("GET", keys.task(id))).bytes else { return nil }
        return try ResultRecord(stored: bytes, id: id, at: endpoint)
    }
}

extension ResultRecord {
    /// - Throws: kind `.garbled`.
    init(stored bytes: [UInt8], id: TaskID, at endpoint: RedisEndpoint) throws(TransportError) {
        do {
            try self.init(decoding: bytes, id: id)
        } catch {
            throw TransportError(.garbled, operation: "GET", endpoint: endpoint.shown, cause: "the result of \(id) cannot be read: \(error)")
        }
    }
}
