import CeleriacBroker
import Dispatch
import GRDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One SQLite file in WAL mode, opened once a process however many stores use it: SQLite waits for a lock by asking again and again, so that two connections of
/// one process that write would hold each other up.
final class SQLiteFile: Sendable {
    /// Seconds for which a busy file is waited for.
    static let patience = 5

    /// What is there once the file is open.
    struct Opened: Sendable {
        let pool: DatabasePool
        let writes: GroupCommit
        let watch: FileWatch
    }

    private struct State {
        var opened: Opened?
        var tables: Set<TableSet> = []
    }

    let path: FilePath
    let wakeups = Wakeups()
    /// When broadcasts were last pruned from here, in seconds since 1970.
    let broadcastsPrunedAt = Mutex(0.0)
    private let state = Mutex(State())

    private init(_ path: FilePath) { self.path = path }

    deinit {
        wakeups.close()
        state.withLock { $0.opened?.watch.close() }
    }

    // MARK: - One a process

    private struct WeakFile { weak var file: SQLiteFile? }
    private static let files = Mutex<[String: WeakFile]>([:])

    static func shared(_ path: FilePath) -> SQLiteFile {
        files.withLock { files in
            if let file = files[path.text]?.file { return file }
            files = files.filter { $0.value.file != nil }
            let file = SQLiteFile(path)
            files[path.text] = WeakFile(file: file)
            return file
        }
    }

    // MARK: - Opening

    /// Opens the file and makes the tables, what of it is not yet done. Blocks the thread.
    /// - Parameter creates: makes a file that is missing, and tables; without it a missing file is an error and tables are left as they are.
    func open(_ tables: TableSet, creates: Bool) throws -> Opened {
        try state.withLock { state in
            if state.opened == nil {
                guard creates || path.exists else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "unable to open database file") }
                state.opened = try connect()
            }
            guard let opened = state.opened else { throw DatabaseError(resultCode: .SQLITE_CANTOPEN) }
            if creates, !state.tables.contains(tables) {
                try retrying {
                    try opened.pool.writeWithoutTransaction { database in
                        try database.inTransaction(.immediate) {
                            try tables.create(database); return .commit
                        }
                    }
                }
                state.tables.insert(tables)
            }
            return opened
        }
    }

    /// What `open` has opened for `tables`, without blocking; `nil` when it has not.
    func opened(_ tables: TableSet, creates: Bool) -> Opened? {
        state.withLock { creates && !$0.tables.contains(tables) ? nil : $0.opened }
    }

    private func connect() throws -> Opened {
        try retrying {
            let pool = try DatabasePool(path: path.text, configuration: Self.configuration)
            var watching = Self.configuration
            watching.readonly = true
            let watch = FileWatch(try DatabaseQueue(path: path.text, configuration: watching), log: path.text + "-wal", wakeups)
            wakeups.onWait { [weak watch] deadline in watch?.start(until: deadline) }
            return Opened(pool: pool, writes: GroupCommit(pool, wakeups), watch: watch)
        }
    }

    /// Switching to WAL does not wait by itself for others who do the same.
    private func retrying<Result>(_ work: () throws -> Result) throws -> Result {
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        while true {
            do { return try work() } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && ContinuousClock.now < deadline {
                usleep(10_000)
            }
        }
    }

    private static let configuration: Configuration = {
        var configuration = Configuration()
        configuration.label = "celeriac"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .callback(waitABit)
        // As in Python: kombu's tables may be used by programs that do not keep to the reference.
        configuration.foreignKeysEnabled = false
        // Writers hold the lock for a millisecond or so; SQLite's own pauses grow to a hundred.
        configuration.prepareDatabase { database in
            // Checkpoints are the only moments at which the disk is waited for: let there be few.
            if !database.configuration.readonly { try database.execute(sql: "PRAGMA wal_autocheckpoint = 4000") }
        }
        return configuration
    }()

    /// - Returns: whether to ask for the lock once more.
    @Sendable private static func waitABit(_ tries: Int) -> Bool {
        // 20 × 0.2 ms, then 1 ms each.
        usleep(tries < 20 ? 200 : 1000)
        return tries < 20 + patience * 1000
    }
}
