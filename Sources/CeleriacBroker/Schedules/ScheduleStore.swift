public import CeleriacCore

/// Where beat keeps its entries. Every write names the version that it was made from and is refused when the entry is another by now.
///
/// What beat recorded of runs meanwhile is no such change: else an entry that runs each second could hardly be edited. An edit that leaves `lastRun` and `runs`
/// as they were read keeps the newer ones; one that changes them is refused when the entry has run since.
public protocol ScheduleStore: Sendable {
    /// Masked: fit to be shown.
    var endpoint: String { get }
    var features: ScheduleFeatures { get }

    /// All entries, in the order of their names.
    func entries() async throws(TransportError) -> [StoredEntry]
    func entry(_ name: String) async throws(TransportError) -> StoredEntry?
    /// All entries in some pages, in no order: for whoever does not want to hold all of them and their versions at once.
    func pages(_ take: @Sendable ([StoredEntry]) -> Void) async throws(TransportError)

    /// Adds (`expected` is `nil`), or replaces the entry that was read as `expected`; the name may change. What the store keeps beside it stays as it is.
    /// - Returns: as it is stored now.
    /// - Throws: also, of kind `.refused`, for what the store cannot hold.
    func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite
    /// - Returns: what was removed.
    func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite

    /// By beat, after sending: `lastRun` and `runs` alone are written, together with the time at which the entry is due again (`nil`: never).
    /// Of entries that are gone nothing is.
    func record(_ runs: [RecordedRun]) async throws(TransportError)

    /// One element each time something may have changed, also by others; the name of the entry where the store tells it. The first one tells, as
    /// `.anything`, that the store is being watched from here on; another that comes after an interruption. Ends when the store is closed.
    func changes() -> AsyncStream<ScheduleChange>
    /// As `changes`, for beat: of what `record` of this very object writes nothing is told, where the store can tell it apart.
    func edits() -> AsyncStream<ScheduleChange>

    /// Takes or renews the lead for `duration`; where none is kept (`features`), everybody leads.
    func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership
    func resign(_ owner: String) async throws(TransportError)
    /// Who leads, as far as the store tells.
    func leader() async throws(TransportError) -> ScheduleLeader?

    func close() async
}

extension ScheduleStore {
    public func pages(_ take: @Sendable ([StoredEntry]) -> Void) async throws(TransportError) { take(try await entries()) }
    public func edits() -> AsyncStream<ScheduleChange> { changes() }
}

public struct RecordedRun: Hashable, Sendable {
    public var name: String
    /// Seconds since 1970.
    public var lastRun: Double
    public var runs: Int
    public var nextDue: Double?
    /// Never again: a one-off that ran, or one past its end.
    public var disables: Bool

    public init(name: String, lastRun: Double, runs: Int, nextDue: Double?, disables: Bool = false) {
        self.name = name
        self.lastRun = lastRun
        self.runs = runs
        self.nextDue = nextDue
        self.disables = disables
    }
}

public enum ScheduleChange: Hashable, Sendable {
    case entry(String)
    case anything
}

public enum Leadership: Hashable, Sendable {
    case leading
    /// Another one leads, for so many seconds more at the most.
    case following(Double)
}
