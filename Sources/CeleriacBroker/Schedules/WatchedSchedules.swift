public import CeleriacCore

/// A store that may only be looked at: every write is refused before it reaches the one beneath.
public final class WatchedSchedules: ScheduleStore {
    private let store: any ScheduleStore
    private let permission: Permission

    public init(_ store: any ScheduleStore, permission: Permission) {
        self.store = store
        self.permission = permission
    }

    public var endpoint: String { store.endpoint }
    public var features: ScheduleFeatures { store.features }

    public func entries() async throws(TransportError) -> [StoredEntry] { try await store.entries() }
    public func entry(_ name: String) async throws(TransportError) -> StoredEntry? { try await store.entry(name) }
    public func pages(_ take: @Sendable ([StoredEntry]) -> Void) async throws(TransportError) { try await store.pages(take) }
    public func changes() -> AsyncStream<ScheduleChange> { store.changes() }
    public func edits() -> AsyncStream<ScheduleChange> { store.edits() }
    public func leader() async throws(TransportError) -> ScheduleLeader? { try await store.leader() }
    public func close() async { await store.close() }

    public func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite { throw refusal("save") }
    public func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite { throw refusal("remove") }
    public func record(_ runs: [RecordedRun]) async throws(TransportError) { throw refusal("record") }
    public func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership { throw refusal("lead") }
    public func resign(_ owner: String) async throws(TransportError) { throw refusal("resign") }

    private func refusal(_ operation: String) -> TransportError {
        TransportError(.readOnly, operation: operation, endpoint: endpoint, cause: "not done: this session is \(permission == .passive ? "passive" : "read-only")")
    }
}
