public import CeleriacCore
import OrderedCollections
import Synchronization

/// Results as messages to whoever sent the task, over the broker itself: Celery's `rpc://`.
///
/// Nothing is kept but here: only the process that sent a task can learn what became of it, as long as it lives. Chords need a backend that counts, and are
/// refused.
public final class ReplyResults: ResultStore {
    private let replies = freshUUID()
    private let transport: any Transport
    private let consumer: any TaskConsumer
    /// What has come.
    private let kept: MemoryResults
    private let lifetime: Duration
    private let reading = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter lifetime: how long replies are of use that nobody fetches.
    public init(over transport: any Transport, lifetime: Duration = .seconds(86_400)) {
        self.transport = transport
        self.lifetime = lifetime
        kept = MemoryResults(transport.endpoint)
        consumer = transport.consumer(owner: WorkerName(replies))
    }

    public var endpoint: String { transport.endpoint }
    public var replyQueue: String? { replies }

    // MARK: - Sending

    /// To the senders that a reply was asked by; one that is gone wants none.
    public func store(_ records: [ResultRecord], lifetime: Duration?) async throws(TransportError) {
        let messages = records.compactMap { record -> Publication? in
            guard let sender = record.replyTo, !sender.isEmpty else { return nil }
            let properties: OrderedDictionary<String, Value> = ["correlation_id": .string(record.id.rawValue), "delivery_mode": 1, "priority": 0]
            return Publication(routingKey: sender, envelope: Envelope(properties: properties, body: JSON.encode(record.value)))
        }
        if messages.isEmpty { return }
        do throws(TransportError) { try await transport.publish(messages) } catch {
            // Its queue went with it.
            if error.kind != .refused { throw error }
        }
    }

    // MARK: - Receiving

    public func openReplies() async throws(TransportError) {
        if reading.withLock({ $0 != nil }) { return }
        // As Celery declares it: gone with its consumer.
        let milliseconds = Int(clamping: lifetime.components.seconds * 1000)
        try await consumer.consume(Queue(QueueName(replies), exchange: "", arguments: ["x-expires": .integer(milliseconds)], isAutoDelete: true))
        reading.withLock { reading in
            // Of its own: replies come whether anybody waits or not.
            if reading == nil { reading = Task { [consumer, kept, lifetime] in await Self.read(consumer, into: kept, lifetime) } }
        }
    }

    private static func read(_ consumer: any TaskConsumer, into kept: MemoryResults, _ lifetime: Duration) async {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))
        while !Task.isCancelled {
            do throws(TransportError) {
                let deliveries = try await consumer.next()
                if deliveries.isEmpty { return }
                backoff.reset()
                let records = deliveries.compactMap { delivery -> ResultRecord? in
                    guard case .envelope(let envelope) = delivery.content else { return nil }
                    return try? ResultRecord(decoding: envelope.body, id: envelope.correlationID.map { TaskID($0) })
                }
                try await kept.store(records, lifetime: lifetime)
                try await consumer.settle(deliveries.map { .acknowledge($0.tag) })
            } catch { try? await Task.sleep(for: backoff.next()) }
        }
    }

    public func record(of id: TaskID) async throws(TransportError) -> ResultRecord? { try await kept.record(of: id) }
    public func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: ResultRecord] { try await kept.records(of: ids) }
    public func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> { kept.updates(of: ids) }
    public func forget(_ ids: [TaskID]) async throws(TransportError) { try await kept.forget(ids) }
    @discardableResult
    public func removeExpired(before date: Double) async throws(TransportError) -> Int { try await kept.removeExpired(before: date) }

    public func close() async {
        reading.withLock { $0 }?.cancel()
        await consumer.close()
    }

    // MARK: - Groups and chords

    public func saveGroup(_ id: String, members: Value, lifetime: Duration?) async throws(TransportError) {
        try await kept.saveGroup(id, members: members, lifetime: lifetime)
    }

    public func group(_ id: String) async throws(TransportError) -> Value? { try await kept.group(id) }
    public func forgetGroup(_ id: String) async throws(TransportError) { try await kept.forgetGroup(id) }

    /// So that a chord is refused before any of it is sent.
    public var countsChords: Bool { true }

    public func openChord(_ group: String, size: Int, lifetime: Duration?) async throws(TransportError) { throw chordRefusal }
    public func extendChord(_ group: String, by count: Int) async throws(TransportError) { throw chordRefusal }
    public func count(_ part: ChordPart, lifetime: Duration?) async throws(TransportError) -> ChordCount { throw chordRefusal }
    public func closeChord(_ group: String, token: String, isSent: Bool) async throws(TransportError) {}

    private var chordRefusal: TransportError {
        TransportError(.refused, operation: "chord", endpoint: endpoint, cause: "rpc:// keeps no results, and nobody could count a chord's", hint: "use another result backend")
    }
}
