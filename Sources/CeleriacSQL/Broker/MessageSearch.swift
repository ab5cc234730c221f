import CeleriacBroker
import CeleriacCore
import GRDB

/// Looks for one task's message among those that wait, then among those that are held. SQLite does the walking: only what holds the id is read.
enum MessageSearch {
    static func run(_ database: Database, for id: TaskID) throws -> FoundMessage? {
        guard try database.tableExists("kombu_message") else { return nil }
        // As it stands in JSON, where it may need escapes.
        let needle = String(decoding: JSON.encode(.string(id.rawValue)).dropFirst().dropLast(), as: UTF8.self)
        for row in try database.rows(KombuTables.waitingWith, [needle]) {
            guard let message = taskMessage(row[3], id) else { continue }
            let (queue, number, timestamp) = (row[0] as String, row[1] as Int64, row[2] as String?)
            let position = try database.first(Int.self, KombuTables.position, [queue, timestamp, timestamp, number])
            return FoundMessage(queue: QueueName(queue), position: position, message: message)
        }
        guard try database.tableExists("celeriac_claim") else { return nil }
        for row in try database.rows(OwnTables.heldWith, [needle]) {
            guard let message = taskMessage(row[1], id) else { continue }
            return FoundMessage(queue: QueueName(row[0] as String), position: nil, message: message)
        }
        return nil
    }

    private static func taskMessage(_ payload: String, _ id: TaskID) -> TaskMessage? {
        guard let envelope = try? Envelope(decoding: Array(payload.utf8)), let message = try? TaskMessage(envelope), message.id == id else { return nil }
        return message
    }
}
