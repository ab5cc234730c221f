import CeleriacBroker
import CeleriacCore
import Synchronization

/// Looks up the results that anybody waits for: one look for all of them after each change of the file, and never for more than a fifth of the time.
final class ResultWatch: Sendable {
    private struct Subscriber {
        var pending: Set<TaskID>
        /// What was told of each that is not final.
        var told: [TaskID: ResultRecord] = [:]
        let continuation: AsyncThrowingStream<ResultRecord, any Error>.Continuation
    }

    private struct State {
        var subscribers: [Int: Subscriber] = [:]
        var next = 0
        var isRunning = false
    }

    /// Without a sign of change, so often is looked all the same.
    private static let patience = Duration.seconds(5)

    private let access: FileAccess
    private let state = Mutex(State())

    init(_ access: FileAccess) { self.access = access }

    func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> {
        let (stream, continuation) = AsyncThrowingStream<ResultRecord, any Error>.makeStream()
        guard !ids.isEmpty else {
            continuation.finish()
            return stream
        }
        let (key, begins) = state.withLock { state in
            state.next += 1
            state.subscribers[state.next] = Subscriber(pending: Set(ids), continuation: continuation)
            defer { state.isRunning = true }
            return (state.next, !state.isRunning)
        }
        continuation.onTermination = { [weak self] _ in
            // Whoever was told all there was to tell is gone already.
            guard let self, self.state.withLock({ $0.subscribers.removeValue(forKey: key) != nil }) else { return }
            self.access.wakeups.fire(.results)
        }
        // Of its own, since it serves all who wait. It ends when nobody does.
        if begins { Task { await self.run() } } else { access.wakeups.fire(.results) }
        return stream
    }

    func close() {
        let subscribers = state.withLock { state in
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        let error = TransportError(.unreachable, operation: "wait", endpoint: access.endpoint, cause: "it was closed")
        for subscriber in subscribers { subscriber.continuation.finish(throwing: error) }
    }

    private func run() async {
        while true {
            let mark = access.wakeups.mark
            guard let ids = wanted() else { return }
            let started = ContinuousClock.now
            do throws(TransportError) {
                tell(try await access.records(of: Array(ids)))
            } catch {
                fail(error)
            }
            let effort = ContinuousClock.now - started
            guard wanted() != nil else { return }
            _ = await access.wakeups.wait(for: .results, past: mark, until: .now + Self.patience)
            // What comes in this time is looked up at once.
            if effort > .milliseconds(1) { try? await Task.sleep(for: effort * 4) }
        }
    }

    /// What anybody waits for; `nil`, and the end of this run, when nobody does.
    private func wanted() -> Set<TaskID>? {
        state.withLock { state in
            if state.subscribers.isEmpty {
                state.isRunning = false
                return nil
            }
            return state.subscribers.values.reduce(into: []) { $0.formUnion($1.pending) }
        }
    }

    private func tell(_ found: [TaskID: Result<ResultRecord, MessageError>]) {
        var tellings: [(AsyncThrowingStream<ResultRecord, any Error>.Continuation, records: [ResultRecord], end: Ending?)] = []
        state.withLock { state in
            for key in Array(state.subscribers.keys) {
                guard var subscriber = state.subscribers[key] else { continue }
                var records: [ResultRecord] = []
                var end: Ending?
                for id in subscriber.pending.intersection(found.keys) {
                    switch found[id] {
                    case .success(let record)?:
                        if subscriber.told[id] != record { records.append(record) }
                        subscriber.told[id] = record.state.isFinal ? nil : record
                        if record.state.isFinal { subscriber.pending.remove(id) }
                    case .failure(let error)?: end = .failed(access.unreadable(error))
                    case nil: break
                    }
                }
                if subscriber.pending.isEmpty { end = end ?? .finished }
                state.subscribers[key] = end == nil ? subscriber : nil
                if !records.isEmpty || end != nil { tellings.append((subscriber.continuation, records, end)) }
            }
        }
        for (continuation, records, end) in tellings {
            for record in records { continuation.yield(record) }
            switch end {
            case .finished?: continuation.finish()
            case .failed(let error)?: continuation.finish(throwing: error)
            case nil: break
            }
        }
    }

    private enum Ending {
        case finished
        case failed(TransportError)
    }

    private func fail(_ error: TransportError) {
        let subscribers = state.withLock { state in
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.continuation.finish(throwing: error) }
    }
}
