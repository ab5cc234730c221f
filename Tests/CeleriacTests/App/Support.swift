import CeleriacBroker
import CeleriacCore
import Synchronization
import TestSupport

@testable import Celeriac

extension App {
    /// Takes the messages that wait in a queue of this app, and acknowledges them.
    func waiting(in queue: QueueName = "celery") async throws -> [TaskMessage] {
        let consumer = transport.consumer(owner: "reader@test")
        try await consumer.consume(Queue(queue))
        let deliveries = try await consumer.next()
        try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
        await consumer.close()
        return try deliveries.map { delivery in
            switch delivery.content {
            case .envelope(let envelope): try TaskMessage(envelope)
            case .unreadable(let error, _): throw error
            }
        }
    }
}

/// Lines that several tasks write.
final class Log: Sendable {
    private let state = Mutex<[String]>([])
    func add(_ line: String) { state.withLock { $0.append(line) } }
    var lines: [String] { state.withLock { $0 } }
}
