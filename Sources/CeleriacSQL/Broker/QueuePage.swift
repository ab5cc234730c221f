import CeleriacBroker
import CeleriacCore
import GRDB

/// Reads some of the messages that wait in a queue, in the order in which they are served.
enum QueuePage {
    static func read(_ database: Database, _ queue: QueueName, from first: Int, limit: Int, mark: String) throws -> QueueSample {
        var sample = QueueSample(queue: queue, first: first, messages: [], total: 0, isMarked: false)
        guard try database.tableExists("kombu_message"), let queueID = try database.queueID(queue.rawValue) else { return sample }
        sample.total = try database.first(Int.self, KombuTables.countWaiting, [queueID]) ?? 0
        for (offset, row) in try database.rows(KombuTables.page, [queueID, limit, first]).enumerated() {
            guard let kept = KeptMessage(row, queue, queueID: queueID, mark: mark) else { continue }
            sample.messages.append(QueueSample.Message(kept, position: first + offset))
        }
        return sample
    }
}
