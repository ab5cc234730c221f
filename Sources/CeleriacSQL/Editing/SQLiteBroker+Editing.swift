public import CeleriacBroker
public import CeleriacCore

extension SQLiteBroker {
    public var editing: EditingTraits { [] }

    public func walk(_ queue: QueueName, needle: [UInt8]) async throws(TransportError) -> any QueueWalk {
        try check("walk")
        return try await SQLiteWalk(access, queue, needle: needle)
    }

    /// All of them in one transaction. At the front, those that were rows of this very queue come back to where they were, also between others, as long as
    /// their place says which they were.
    public func insert(_ messages: [KeptMessage], at end: QueueEnd) async throws(TransportError) {
        try check("insert")
        let prepared = messages.map(PreparedMessage.init), mark = access.file.path.mark
        guard !prepared.isEmpty else { return }
        // Claims add one each: no earlier message's version comes near.
        let version = Int64(secondsSince1970() * 1000)
        try await access.write("insert", .messages) { database in
            switch end {
            case .front: try database.insertAtFront(prepared, mark: mark, version: version)
            case .back: try database.insertAtBack(prepared)
            }
        }
    }

    private func check(_ operation: String) throws(TransportError) {
        guard permission != .act else { return }
        throw TransportError(
            .readOnly, operation: operation, endpoint: endpoint, cause: "this session is \(permission == .passive ? "passive" : "read-only")",
            hint: "start without --\(permission == .passive ? "passive" : "read-only")")
    }
}
