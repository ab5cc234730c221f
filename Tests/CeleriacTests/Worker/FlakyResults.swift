import CeleriacBroker
import CeleriacCore
import Synchronization

@testable import Celeriac

/// A result backend in memory that does not take everything.
final class FlakyResults: ResultStore {
    private let inner = MemoryResults()
    private let failsLeft: Atomic<Int>
    /// Never taken, refused in the server's own words.
    private let refused: TaskID?

    /// - Parameter failures: how often it cannot be reached at first.
    init(failures: Int = 0, refusing refused: TaskID? = nil) {
        failsLeft = Atomic(failures)
        self.refused = refused
    }

    var endpoint: String { "memory://flaky" }
    var countsChords: Bool { true }

    func store(_ records: [ResultRecord], lifetime: Duration?) async throws(TransportError) {
        if failsLeft.subtract(1, ordering: .relaxed).newValue >= 0 { throw TransportError(.unreachable, operation: "store", endpoint: endpoint, cause: "gone") }
        if records.contains(where: { $0.id == refused }) { throw TransportError(.refused, operation: "store", endpoint: endpoint, cause: "too large") }
        try await inner.store(records, lifetime: lifetime)
    }

    func record(of id: TaskID) async throws(TransportError) -> ResultRecord? { try await inner.record(of: id) }
    func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: ResultRecord] { try await inner.records(of: ids) }
    func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> { inner.updates(of: ids) }
    func forget(_ ids: [TaskID]) async throws(TransportError) { try await inner.forget(ids) }
    func saveGroup(_ id: String, members: Value, lifetime: Duration?) async throws(TransportError) { try await inner.saveGroup(id, members: members, lifetime: lifetime) }
    func group(_ id: String) async throws(TransportError) -> Value? { try await inner.group(id) }
    func forgetGroup(_ id: String) async throws(TransportError) { try await inner.forgetGroup(id) }
    func openChord(_ group: String, size: Int, lifetime: Duration?) async throws(TransportError) { try await inner.openChord(group, size: size, lifetime: lifetime) }
    func extendChord(_ group: String, by count: Int) async throws(TransportError) { try await inner.extendChord(group, by: count) }
    func count(_ part: ChordPart, lifetime: Duration?) async throws(TransportError) -> ChordCount { try await inner.count(part, lifetime: lifetime) }
    func closeChord(_ group: String, token: String, isSent: Bool) async throws(TransportError) { try await inner.closeChord(group, token: token, isSent: isSent) }
    func removeExpired(before date: Double) async throws(TransportError) -> Int { try await inner.removeExpired(before: date) }
    func close() async { await inner.close() }
}
