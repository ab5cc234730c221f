public import CeleriacBroker
public import CeleriacCore

/// Asks each place that may know what a task was called with, the best one first.
public struct CallFinder: Sendable {
    let broker: any QueueInspection
    let results: (any ResultBackend)?
    /// Why there are no `results`.
    let lackOfResults: String
    let monitor: ClusterMonitor?

    /// - Parameter monitor: what events told; `nil`: nobody listens to them.
    public init(_ broker: any QueueInspection, results: (any ResultBackend)?, lackOfResults: String, monitor: ClusterMonitor?) {
        self.broker = broker
        self.results = results
        self.lackOfResults = lackOfResults
        self.monitor = monitor
    }

    /// - Parameters:
    ///   - seen: its message, when it was seen before.
    ///   - searchesQueues: looks for its message too, unless the result backend tells all that is wanted. That reads whole queues.
    ///   - wantsLinks: what follows it is wanted as well, which only its message tells.
    public func find(_ id: TaskID, seen: SeenMessage?, searchesQueues: Bool, wantsLinks: Bool = false) async -> KnownCall {
        let record = await record(of: id), row = await monitor?.task(id)
        func known(_ message: CallEvidence.Answer<SeenMessage>) -> KnownCall { KnownCall(id, CallEvidence(record: record, message: message, history: seen, row: row)) }
        guard searchesQueues else { return known(.missing("the queues were not looked through")) }
        let quick = known(.missing("the queues were not looked through: the record tells"))
        if quick.source == .record, !wantsLinks { return quick }
        return known(await message(of: id))
    }

    /// Looks for its message; reads whole queues.
    func message(of id: TaskID) async -> CallEvidence.Answer<SeenMessage> {
        do throws(TransportError) {
            guard let found = try await broker.message(of: id) else { return .missing("it is in no queue, and no worker holds it") }
            return .found(SeenMessage(found.message, in: found.queue, found.position.map { .waiting(position: $0) } ?? .held))
        } catch { return .missing(error.description) }
    }

    private func record(of id: TaskID) async -> CallEvidence.Answer<ResultRecord> {
        guard let results else { return .missing(lackOfResults) }
        do throws(TransportError) {
            return try await results.record(of: id).map { .found($0) } ?? .missing("the result backend has no record of it")
        } catch { return .missing(error.description) }
    }

    /// Whether anybody has told of the task since it was sent.
    func hasBeenTold(of id: TaskID) async -> Bool {
        if await monitor?.task(id) != nil { return true }
        return await record(of: id).content != nil
    }
}
