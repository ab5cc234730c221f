import CeleriacBroker
public import CeleriacCore
import OrderedCollections

/// Changes entries of a store one by one, each as it was shown to whoever asked for it, and can change them back.
public actor ScheduleEditor {
    private let store: any ScheduleStore
    private let watch: ScheduleWatch
    private let time: @Sendable () -> Double
    /// What was done, by number; the oldest leave first.
    private var edits: OrderedDictionary<Int, [EntryChange]> = [:]
    private var lastEdit = 0

    private static let editsKept = 50
    /// Each write takes a round trip.
    private static let writesAtOnce = 16

    /// - Parameter time: seconds since 1970.
    public init(_ watch: ScheduleWatch, time: @escaping @Sendable () -> Double) {
        store = watch.store
        self.watch = watch
        self.time = time
    }

    // MARK: - Edits

    /// Suspends or resumes; those that are so already are no change.
    public func enable(_ isEnabled: Bool, _ targets: [EntryTarget]) async -> EditReport {
        await each(targets) { stored throws(EditRefusal) in
            guard stored.entry.isEnabled != isEnabled else { throw EditRefusal(isEnabled ? "it is enabled already" : "it is suspended already") }
            var entry = stored.entry
            entry.isEnabled = isEnabled
            return entry
        }
    }

    /// Leaves out the next run: the store is told that it was run then.
    public func skip(_ target: EntryTarget) async -> EditReport {
        let now = time()
        guard let known = await watch.stored(target.name) else { return EditReport(refusals: [(target.name, "it is gone")]) }
        let zone = await watch.zone(of: known.entry)
        return await each([target]) { stored throws(EditRefusal) in
            do throws(ScheduleSkipping.Refusal) { return try ScheduleSkipping(stored, now: now, zone: zone).entry } catch { throw EditRefusal(error.words) }
        }
    }

    public func remove(_ targets: [EntryTarget]) async -> EditReport {
        await gather(targets) { [store, watch] target in
            let stored = try await Self.current(target, store)
            switch try await store.remove(stored) {
            case .done(let removed):
                await watch.noteRemoval(of: target.name)
                return EntryChange(before: removed, after: nil)
            case .conflict: throw EditRefusal("somebody changed it meanwhile")
            }
        }
    }

    // MARK: - Back again

    public func undo(_ id: Int) async -> EditReport {
        guard let changes = edits[id] else { return EditReport(refusals: [("", "it is not kept any more")]) }
        let byName = Dictionary(changes.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let report = await gather(changes.map { EntryTarget($0.name) }) { [store, watch] target in
            guard let change = byName[target.name] else { throw EditRefusal("nothing is known of it") }
            return try await Self.revert(change, store, watch)
        }
        // What was refused can be tried again.
        let left = changes.filter { change in report.refusals.contains { $0.name == change.name } }
        edits[id] = left.isEmpty ? nil : left
        return report
    }

    private static func revert(_ change: EntryChange, _ store: any ScheduleStore, _ watch: ScheduleWatch) async throws -> EntryChange {
        let write: ScheduleWrite
        switch (change.before, change.after) {
        case (let before?, nil): write = try await store.save(before.entry, replacing: nil)
        case (nil, let after?): write = try await store.remove(after)
        case (let before?, let after?):
            var entry = before.entry
            // Runs go on meanwhile; only what the edit itself said of them is taken back.
            if before.entry.lastRun == after.entry.lastRun { (entry.lastRun, entry.runs) = (after.entry.lastRun, after.entry.runs) }
            write = try await store.save(entry, replacing: after)
        case (nil, nil): throw EditRefusal("nothing is known of it")
        }
        guard case .done(let stored) = write else { throw EditRefusal(change.after == nil ? "another entry has its name now" : "somebody changed it meanwhile") }
        if change.before == nil { await watch.noteRemoval(of: stored.entry.name) } else { await watch.note(stored, before: change.after) }
        return EntryChange(before: change.after, after: change.before == nil ? nil : stored)
    }

    /// Keeps what was done, so that it can be undone.
    /// - Returns: its number.
    public func keep(_ changes: [EntryChange]) -> Int {
        lastEdit += 1
        edits[lastEdit] = changes
        if edits.count > Self.editsKept { edits.removeFirst() }
        return lastEdit
    }

    // MARK: - One by one

    private func each(_ targets: [EntryTarget], _ edit: @escaping @Sendable (StoredEntry) throws(EditRefusal) -> ScheduleEntry) async -> EditReport {
        await gather(targets) { [store, watch] target in
            let stored = try await Self.current(target, store)
            let entry = try edit(stored)
            switch try await store.save(entry, replacing: stored) {
            case .done(let written):
                await watch.note(written, before: stored)
                return EntryChange(before: stored, after: written)
            case .conflict: throw EditRefusal("somebody changed it meanwhile")
            }
        }
    }

    /// As it is now, if it is what was shown; runs that went on are no change.
    private static func current(_ target: EntryTarget, _ store: any ScheduleStore) async throws -> StoredEntry {
        guard let stored = try await store.entry(target.name) else { throw EditRefusal("it is gone") }
        guard let seen = target.seen else { return stored }
        var shown = seen.entry
        (shown.lastRun, shown.runs) = (stored.entry.lastRun, stored.entry.runs)
        guard shown == stored.entry else {
            let differences = stored.entry.differences(from: shown).map(\.words)
            throw EditRefusal("somebody changed it meanwhile" + (differences.isEmpty ? "" : ": " + differences.joined(separator: ", ")))
        }
        return stored
    }

    private func gather(_ targets: [EntryTarget], _ write: @escaping @Sendable (EntryTarget) async throws -> EntryChange) async -> EditReport {
        await withTaskGroup(of: EditReport.self) { group in
            var report = EditReport(), left = targets[...]
            func start() {
                guard let target = left.popFirst() else { return }
                group.addTask {
                    do { return EditReport(changes: [try await write(target)]) } catch {
                        return EditReport(refusals: [(target.name, (error as? EditRefusal)?.words ?? "\(error)")])
                    }
                }
            }
            for _ in 0..<Self.writesAtOnce { start() }
            for await part in group {
                report.changes += part.changes
                report.refusals += part.refusals
                start()
            }
            return report
        }
    }
}

/// One entry before and after; `nil`: there was, or is, none.
public struct EntryChange: Hashable, Sendable {
    public var before: StoredEntry?
    public var after: StoredEntry?

    public init(before: StoredEntry?, after: StoredEntry?) {
        self.before = before
        self.after = after
    }

    public var name: String { after?.entry.name ?? before?.entry.name ?? "" }
}

/// Why an entry was left as it is.
struct EditRefusal: Error, Hashable {
    var words: String
    init(_ words: String) { self.words = words }
}

/// What became of an edit.
public struct EditReport: Sendable {
    public var changes: [EntryChange]
    public var refusals: [(name: String, reason: String)]

    init(changes: [EntryChange] = [], refusals: [(name: String, reason: String)] = []) {
        self.changes = changes
        self.refusals = refusals
    }
}
