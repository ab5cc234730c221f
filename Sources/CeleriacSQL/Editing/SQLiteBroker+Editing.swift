public import CeleriacBroker
public import CeleriacCore

extension SQLiteBroker {
    public var editing: EditingTraits { [] }

    /// Also on a connection that may only look: what changes anything is refused then.
    public func walk(_ queue: QueueName, needle: [UInt8]) async throws(TransportError) -> any QueueWalk {
        try await SQLiteWalk(access, permission, queue, needle: needle)
    }

    /// All of them in one transaction. At the front, those that were rows of this very queue come back to where they were, also between others, as long as
    /// their place says which they were.
    public func insert(_ messages: [KeptMessage], at end: QueueEnd) async throws(TransportError) {
        try ControlGuard.check("insert", permission, endpoint)
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
}
