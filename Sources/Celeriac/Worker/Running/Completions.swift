import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// What is left to do for a task: its record, then the settlement of its message, then what is announced.
struct Completion: Sendable {
    var record: ResultRecord?
    var settlement: Settlement?
    var events: [TaskEvent] = []
}

/// Stores results, settles messages and announces ends, in batches; for each task in this order.
///
/// Results and settlements are two lanes, so that a result backend that is away holds up no task without a result, and both round trips overlap.
final class Completions: Sendable {
    private struct Storing: Sendable {
        var completion: Completion
        /// Resumed once the record is stored, or given up.
        var stored: CheckedContinuation<Void, Never>?
    }

    private let storing: Coalescer<Storing>
    private let settling: Coalescer<Completion>
    private let lanes: CompletionLanes

    /// - Parameters:
    ///   - results: `nil` stores nothing.
    ///   - settle: tells the broker; throws when it does not take it.
    init(
        results: (any ResultStore)?, lifetime: Duration?, events: EventDispatcher, log: Logger,
        settle: @escaping @Sendable ([Settlement]) async throws(TransportError) -> Void
    ) {
        let lanes = CompletionLanes(results: results, lifetime: lifetime, events: events, log: log, settle: settle)
        let settling = Coalescer<Completion> { await lanes.settle($0) }
        self.lanes = lanes
        self.settling = settling
        storing = Coalescer { batch in
            let unstored = await lanes.store(batch.compactMap(\.completion.record))
            settling.push(batch.map(\.completion).filter { completion in completion.record.map { !unstored.contains($0.id) } ?? true })
            for element in batch { element.stored?.resume() }
        }
    }

    func push(_ completion: Completion) {
        if completion.record == nil { settling.push(completion) } else { storing.push(Storing(completion: completion)) }
    }

    /// Returns once the record is stored, or given up for lost.
    func store(_ record: ResultRecord) async {
        await withCheckedContinuation { storing.push(Storing(completion: Completion(record: record), stored: $0)) }
    }

    /// Returns once all is done, or a little after `limit` when broker or backend do not take it.
    func drain(within limit: Duration) async {
        let timer = Task {
            try await Task.sleep(for: limit)
            lanes.hurry()
        }
        await storing.idle()
        await settling.idle()
        timer.cancel()
    }
}

/// The work of both lanes.
private final class CompletionLanes: Sendable {
    private let results: (any ResultStore)?
    private let lifetime: Duration?
    private let events: EventDispatcher
    private let log: Logger
    private let settleAll: @Sendable ([Settlement]) async throws(TransportError) -> Void
    private let isHurried = Atomic(false)

    /// With growing pauses between, this many attempts take about half a minute.
    private static let attempts = 8

    init(
        results: (any ResultStore)?, lifetime: Duration?, events: EventDispatcher, log: Logger,
        settle: @escaping @Sendable ([Settlement]) async throws(TransportError) -> Void
    ) {
        self.results = results
        self.lifetime = lifetime
        self.events = events
        self.log = log
        settleAll = settle
    }

    func hurry() { isHurried.store(true, ordering: .relaxed) }

    /// - Returns: the tasks that there was no time left to store, at the end of the worker: their messages go back to the broker.
    func store(_ records: [ResultRecord]) async -> Set<TaskID> {
        guard let results, !records.isEmpty, let error = await attempt(records, in: results) else { return [] }
        if isHurried.load(ordering: .relaxed) { return Set(records.map(\.id)) }
        // One record that the server refuses must not take the others with it.
        let apart = error.kind == .unreachable || error.kind == .timedOut || records.count == 1 ? nil : records
        for record in records {
            guard let error = apart == nil ? error : await attempt([record], in: results) else { continue }
            let reason = ForeignText.safe(error.description)
            log.error("Result of \(ForeignText.safe(record.id.rawValue)) is lost: \(reason)")
            events.send("result-lost", members: [("uuid", .string(record.id.rawValue)), ("exception", .string(reason))])
        }
        return []
    }

    /// The last error; `nil` when they are stored.
    private func attempt(_ records: [ResultRecord], in results: any ResultStore) async -> TransportError? {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(10))
        var last: TransportError?
        for attempt in 1...Self.attempts {
            do {
                try await results.store(records, lifetime: lifetime)
                return nil
            } catch {
                last = error
                // What was refused once is refused again.
                if error.kind == .refused, attempt >= 2 { break }
                guard attempt < Self.attempts, !isHurried.load(ordering: .relaxed) else { break }
                log.warning("Results wait: \(ForeignText.safe(error.description))")
                try? await Task.sleep(for: backoff.next())
            }
        }
        return last
    }

    func settle(_ batch: [Completion]) async {
        let settlements = batch.compactMap(\.settlement)
        if !settlements.isEmpty { await settle(settlements) }
        events.send(batch.flatMap(\.events))
    }

    /// Tries until the broker knows: what it has taken back meanwhile is no error.
    private func settle(_ settlements: [Settlement]) async {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(5))
        while true {
            do { return try await settleAll(settlements) } catch {
                if isHurried.load(ordering: .relaxed) { return }
                log.warning("Couldn't settle \(settlements.count) messages, trying again: \(ForeignText.safe(error.description))")
                try? await Task.sleep(for: backoff.next())
            }
        }
    }
}
