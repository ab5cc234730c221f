import CeleriacBroker
import CeleriacCore
import GRDB

/// Reads some of the messages that wait in a queue, in the order in which they are served.
enum QueuePage {
    static func read(_ database: Database, _ queue: QueueName, from first: Int, limit: Int) throws -> QueueSample {
        var sample = QueueSample(queue: queue, first: first, messages: [], total: 0, isMarked: false)
        guard try database.tableExists("kombu_message") else { return sample }
        sample.total = try database.first(Int.self, KombuTables.waitingCount, [queue.rawValue]) ?? 0
        for (offset, row) in try database.rows(KombuTables.page, [queue.rawValue, limit, first]).enumerated() {
            sample.messages.append(QueueSample.Message(KeptMessage(queue: queue, bytes: Array((row[0] as String).utf8)), position: first + offset))
        }
        return sample
    }
}
