import CeleriacCore
import GRDB

// What is done with kombu's tables within one transaction.
extension Database {
    func run(_ sql: String, _ arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The first row's first column.
    func first<Value: DatabaseValueConvertible>(_ type: Value.Type, _ sql: String, _ arguments: StatementArguments = []) throws -> Value? {
        try Value.fetchOne(cachedStatement(sql: sql), arguments: arguments)
    }

    func rows(_ sql: String, _ arguments: StatementArguments = []) throws -> [Row] {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments)
    }

    /// Asked anew in each transaction: another process may have deleted the queue, and what is put under a number that is gone nobody finds.
    func queueID(_ queue: String) throws -> Int64? { try first(Int64.self, KombuTables.queueID, [queue]) }

    func makeQueue(_ queue: String) throws -> Int64 {
        if let id = try queueID(queue) { return id }
        try run(KombuTables.insertQueue, [queue])
        return lastInsertedRowID
    }

    func insert(payload: String, timestamp: String?, queue: Int64) throws {
        try run(KombuTables.insertMessage, [timestamp, payload, queue])
    }

    /// Whether a message waits in any of them.
    func isAnyWaiting(in queues: [QueueName]) throws -> Bool {
        for queue in queues {
            guard let id = try queueID(queue.rawValue) else { continue }
            if try first(Int.self, KombuTables.anyWaiting, [id]) != nil { return true }
        }
        return false
    }

    /// Removes all waiting messages; returns how many there were.
    func purge(_ queue: QueueName) throws -> Int {
        guard let id = try queueID(queue.rawValue) else { return 0 }
        try run(KombuTables.deleteWaiting, [id])
        return changesCount
    }

    /// Removes the queue, its messages, held ones too, and what binds it.
    func deleteQueue(_ queue: QueueName) throws {
        try run(OwnTables.unbindQueue, [queue.rawValue])
        try run(OwnTables.deleteArrivals, [queue.rawValue])
        guard let id = try queueID(queue.rawValue) else { return }
        try run(OwnTables.deleteClaimsOfQueue, [id])
        try run(KombuTables.deleteMessages, [id])
        try run(KombuTables.deleteQueue, [id])
    }
}
