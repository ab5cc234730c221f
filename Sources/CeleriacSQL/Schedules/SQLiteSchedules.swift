public import CeleriacBroker
public import CeleriacCore
import GRDB

/// Beat's entries in one SQLite file, in whosever tables.
public final class SQLiteSchedules: ScheduleStore {
    public enum Layout: Hashable, Sendable {
        /// Our own, made when missing.
        case own
        /// django-celery-beat's, made by Django.
        case django
        /// sqlalchemy-celery-beat's, made by its beat.
        case sqlalchemy
    }

    private let access: FileAccess
    private let layout: any ScheduleLayout
    /// Seconds since 1970.
    private let now: @Sendable () -> Double
    private let activities = Activities()

    public var endpoint: String { access.endpoint }
    public var features: ScheduleFeatures { layout.features }

    /// Nothing is opened before the first call. The file is then in WAL mode, which Python takes as it is.
    /// - Parameter url: `sqlite:///relative.db`, `sqlite:////absolute.db`, with a word and `+` in front or not.
    /// - Throws: kind `.misconfigured`.
    public convenience init(_ url: BrokerURL, layout: Layout = .own) throws(TransportError) { try self.init(url, layout: layout, now: secondsSince1970) }

    init(_ url: BrokerURL, layout: Layout, now: @escaping @Sendable () -> Double) throws(TransportError) {
        self.layout =
            switch layout {
            case .own: OwnSchedules()
            case .django: BeatSchedules(sql: BeatTables(package: .django))
            case .sqlalchemy: BeatSchedules(sql: BeatTables(package: .sqlalchemy))
            }
        self.now = now
        access = try FileAccess(url, self.layout.tables, creates: layout == .own)
    }

    public func close() async {
        access.close()
        await activities.end(within: .seconds(1))
    }

    // MARK: - Entries

    public func entries() async throws(TransportError) -> [StoredEntry] {
        try await read("list") { [layout] in try layout.entries($0) }.sorted { $0.entry.name < $1.entry.name }
    }

    public func entry(_ name: String) async throws(TransportError) -> StoredEntry? {
        try await read("look up") { [layout] in try layout.entry(name, $0) }
    }

    public func save(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async throws(TransportError) -> ScheduleWrite {
        try features.check(entry, at: endpoint)
        return try await write("save") { [layout, now] database in
            if let expected {
                guard let current = try layout.entry(expected.entry.name, database) else { return .conflict(nil) }
                guard EntryVersion(current.version)?.admits(entry, over: expected) == true else { return .conflict(current) }
                if entry.name != expected.entry.name, let taken = try layout.entry(entry.name, database) { return .conflict(taken) }
                try layout.update(current, read: expected.entry, to: entry, now: now(), database)
            } else {
                if let taken = try layout.entry(entry.name, database) { return .conflict(taken) }
                try layout.insert(entry, now: now(), database)
            }
            guard let stored = try layout.entry(entry.name, database) else {
                throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "what was written cannot be read")
            }
            return .done(stored)
        }
    }

    public func remove(_ expected: StoredEntry) async throws(TransportError) -> ScheduleWrite {
        try await write("remove") { [layout, now] database in
            guard let current = try layout.entry(expected.entry.name, database) else { return .conflict(nil) }
            guard EntryVersion(current.version)?.isEditedSince(expected) == false else { return .conflict(current) }
            try layout.delete(expected.entry.name, now: now(), database)
            return .done(current)
        }
    }

    public func record(_ runs: [RecordedRun]) async throws(TransportError) {
        guard !runs.isEmpty else { return }
        try await write("record") { [layout, now] database in
            for run in runs { try layout.record(run, now: now(), database) }
        }
    }

    // MARK: - Changes

    public func changes() -> AsyncStream<ScheduleChange> { stream { [layout] in try layout.mark($0) } }
    public func edits() -> AsyncStream<ScheduleChange> { stream { [layout] in try layout.editMark($0) } }

    private func stream(_ mark: @escaping @Sendable (Database) throws -> String) -> AsyncStream<ScheduleChange> {
        let mailbox = ScheduleMailbox()
        // Of its own, since it has to look while the consumer does something else.
        let task = activities.begin { [access] in
            await Self.watch(access, mark, mailbox)
            mailbox.close()
        }
        return mailbox.stream { task.cancel() }
    }

    /// Without a sign of change, so often is looked all the same.
    private static let patience = Duration.seconds(5)
    /// At the least between two looks.
    private static let pause = Duration.milliseconds(20)

    private static func watch(_ access: FileAccess, _ sign: @escaping @Sendable (Database) throws -> String, _ mailbox: ScheduleMailbox) async {
        var known: String?
        var hasFailed = true
        while !Task.isCancelled, !access.isClosed {
            let mark = access.wakeups.mark
            do throws(TransportError) {
                // Most of what happens in a file may be messages.
                let found = try await access.read("watch", sign)
                if found != known || hasFailed { mailbox.put(.anything) }
                known = found
                hasFailed = false
            } catch {
                hasFailed = true
            }
            _ = await access.wakeups.wait(for: .schedules, past: mark, until: .now + (hasFailed ? .seconds(1) : patience))
            try? await Task.sleep(for: pause)
        }
    }

    // MARK: - The lead

    public func lead(_ owner: String, for duration: Duration) async throws(TransportError) -> Leadership {
        let seconds = duration.seconds
        return try await write("lead", topics: []) { [now] database in
            let time = now()
            return try ScheduleLease.take(owner, until: time + seconds, now: time, database)
        }
    }

    public func resign(_ owner: String) async throws(TransportError) { try await write("resign", topics: []) { try ScheduleLease.release(owner, $0) } }

    public func leader() async throws(TransportError) -> ScheduleLeader? { try await read("look up") { [now] in try ScheduleLease.leader(now: now(), $0) } }

    // MARK: - The file

    private func read<Output: Sendable>(
        _ operation: String, _ work: @escaping @Sendable (Database) throws -> Output
    ) async throws(TransportError) -> Output {
        do throws(TransportError) { return try await access.read(operation, work) } catch { throw explained(error) }
    }

    private func write<Output: Sendable>(
        _ operation: String, topics: Topics = .schedules, _ work: @escaping @Sendable (Database) throws -> Output
    ) async throws(TransportError) -> Output {
        let endpoint = endpoint
        do throws(TransportError) {
            return try await access.write(operation, topics) { database in
                do { return try work(database) } catch let refusal as BeatColumns.Refusal {
                    throw TransportError(.refused, operation: operation, endpoint: endpoint, cause: "this store cannot hold \(refusal.words)")
                }
            }
        } catch { throw explained(error) }
    }

    private func explained(_ error: TransportError) -> TransportError {
        guard error.hint == nil, error.cause.hasPrefix("no such table") else { return error }
        var error = error
        error.hint = layout.missingHint
        return error
    }
}
