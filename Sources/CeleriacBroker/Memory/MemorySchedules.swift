public import CeleriacCore
import Synchronization

/// Entries in the memory of this process. Gone with the object.
public final class MemorySchedules: ScheduleStore {
    private struct Kept {
        var entry: ScheduleEntry
        /// Edits and runs, counted.
        var edits: Int
        var records = 0

        var version: EntryVersion { EntryVersion(definition: String(edits), runs: String(records)) }
        var stored: StoredEntry { StoredEntry(entry, version: version.text) }
    }

    private struct State {
        var entries: [String: Kept] = [:]
        var edits = 0
        var leader: (owner: String, until: ContinuousClock.Instant)?
        var mailboxes: [Int: (mailbox: ScheduleMailbox, hearsRuns: Bool)] = [:]
        var lastMailbox = 0
        var isClosed = false
    }

    public let endpoint: String
    public let features: ScheduleFeatures = [
        .interval, .relativeInterval, .crontab, .solar, .clocked, .recurrence, .zones, .oneOff, .start, .end, .note, .leadership, .anyOption,
    ]
    private let state = Mutex(State())

    public init(_ endpoint: String = "memory://") { self.endpoint = endpoint }

    public func close() async {
        let mailboxes = state.withLock { state in
            state.isClosed = true
            defer { state.mailboxes = [:] }
            return state.mailboxes.values.map(\.mailbox)
        }
        for mailbox in mailboxes { mailbox.close() }
    }

    // MARK: - Entries

    public func entries() async throws(TransportError) -> [StoredEntry] {
        state.withLock { $0.entries.values.map(\.stored) }.sorted { $0.entry.name < $1.entry.name }
    }

    public func entry(_ name: String) async throws(TransportError) -> StoredEntry? { state.withLock { $0.entries[name]?.stored } }

    public func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite {
        try features.check(entry, at: endpoint)
        let (write, names) = state.withLock { state -> (ScheduleWrite, [String]) in
            var entry = entry
            var records = 0
            if let expected {
                let old = expected.entry.name
                guard let known = state.entries[old], known.version.admits(entry, over: expected) else { return (.conflict(state.entries[old]?.stored), []) }
                if entry.hasRunAs(expected.entry) { (entry.lastRun, entry.runs) = (known.entry.lastRun, known.entry.runs) }
                records = known.records
            }
            if entry.name != expected?.entry.name, let taken = state.entries[entry.name] { return (.conflict(taken.stored), []) }
            if let expected { state.entries[expected.entry.name] = nil }
            state.edits += 1
            let kept = Kept(entry: entry, edits: state.edits, records: records)
            state.entries[entry.name] = kept
            let old = expected?.entry.name
            return (.done(kept.stored), old == nil || old == entry.name ? [entry.name] : [old ?? "", entry.name])
        }
        tell(names)
        return write
    }

    public func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite {
        let name = expected.entry.name
        let write = state.withLock { state -> ScheduleWrite in
            guard let known = state.entries[name], !known.version.isEditedSince(expected) else { return .conflict(state.entries[name]?.stored) }
            state.entries[name] = nil
            return .done(known.stored)
        }
        if case .done = write { tell([name]) }
        return write
    }

    public func record(_ runs: [RecordedRun]) async throws(TransportError) {
        state.withLock { state in
            for run in runs {
                guard var kept = state.entries[run.name] else { continue }
                kept.entry.lastRun = run.lastRun
                kept.entry.runs = run.runs
                kept.records += 1
                if run.disables {
                    kept.entry.isEnabled = false
                    state.edits += 1
                    kept.edits = state.edits
                }
                state.entries[run.name] = kept
            }
        }
        tell(runs.map(\.name), ofRuns: true)
    }

    // MARK: - Changes

    public func changes() -> AsyncStream<ScheduleChange> { stream(hearsRuns: true) }
    public func edits() -> AsyncStream<ScheduleChange> { stream(hearsRuns: false) }

    private func stream(hearsRuns: Bool) -> AsyncStream<ScheduleChange> {
        let mailbox = ScheduleMailbox()
        mailbox.put(.anything)
        let number = state.withLock { state in
            state.lastMailbox += 1
            if state.isClosed { mailbox.close() } else { state.mailboxes[state.lastMailbox] = (mailbox, hearsRuns) }
            return state.lastMailbox
        }
        return mailbox.stream { [weak self] in self?.state.withLock { _ = $0.mailboxes.removeValue(forKey: number) } }
    }

    private func tell(_ names: [String], ofRuns: Bool = false) {
        let mailboxes = state.withLock { $0.mailboxes.values.filter { $0.hearsRuns || !ofRuns }.map(\.mailbox) }
        for mailbox in mailboxes { for name in names { mailbox.put(.entry(name)) } }
    }

    // MARK: - The lead

    public func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership {
        state.withLock { state in
            let now = ContinuousClock.now
            if let leader = state.leader, leader.owner != owner, leader.until > now { return .following((leader.until - now).seconds) }
            state.leader = (owner, now + duration)
            return .leading
        }
    }

    public func resign(_ owner: String) async throws(TransportError) {
        state.withLock { if $0.leader?.owner == owner { $0.leader = nil } }
    }

    public func leader() async throws(TransportError) -> ScheduleLeader? {
        state.withLock { state in
            let now = ContinuousClock.now
            guard let leader = state.leader, leader.until > now else { return nil }
            return ScheduleLeader(owner: leader.owner, remaining: (leader.until - now).seconds)
        }
    }
}
