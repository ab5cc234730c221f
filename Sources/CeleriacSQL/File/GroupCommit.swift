import GRDB
import Synchronization

/// Writes of many callers in few transactions: whatever comes while one is under way goes into the next one together.
///
/// In WAL mode with `synchronous = NORMAL` a commit survives the end of any process; a loss of power may take the last of them, never the file.
final class GroupCommit: Sendable {
    private struct Job {
        let topics: Topics
        /// Does the work, and may have to do it again in a transaction of its own; what it returns tells the caller after the commit.
        let run: @Sendable (Database) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isUnderWay = false
    }

    /// Jobs in one transaction, so that other processes get their turn.
    private static let limit = 256

    private let pool: DatabasePool
    private let wakeups: Wakeups
    private let state = Mutex(State())

    init(_ pool: DatabasePool, _ wakeups: Wakeups) {
        self.pool = pool
        self.wakeups = wakeups
    }

    /// Runs `work` in a transaction that holds the write lock from its beginning; returns after the commit, when those who wait for `topics` have been woken.
    ///
    /// When another caller's work in the same transaction fails, `work` runs once more: it must depend on nothing but the database.
    func perform<Result: Sendable>(_ topics: Topics, _ work: @escaping @Sendable (Database) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let job = Job(
                topics: topics,
                run: { database in
                    let result = try work(database)
                    return { continuation.resume(returning: result) }
                },
                fail: { continuation.resume(throwing: $0) })
            let isFirst = state.withLock { state in
                state.waiting.append(job)
                defer { state.isUnderWay = true }
                return !state.isUnderWay
            }
            if isFirst { pool.asyncWriteWithoutTransaction { self.drain($0) } }
        }
    }

    private func drain(_ database: Database) {
        while true {
            let jobs = state.withLock { state in
                let jobs = Array(state.waiting.prefix(Self.limit))
                state.waiting.removeFirst(jobs.count)
                if jobs.isEmpty { state.isUnderWay = false }
                return jobs
            }
            if jobs.isEmpty { return }
            commit(jobs, database)
        }
    }

    private func commit(_ jobs: [Job], _ database: Database) {
        do {
            try database.beginTransaction(.immediate)
        } catch {
            // Whoever has the lock keeps it: to ask again for each would take as long again.
            for job in jobs { job.fail(error) }
            return
        }
        do {
            let tellings = try jobs.map { try $0.run(database) }
            try database.commit()
            wakeups.fire(jobs.reduce([]) { $0.union($1.topics) })
            for tell in tellings { tell() }
        } catch {
            if database.isInsideTransaction { try? database.rollback() }
            // One of them spoilt it for all: each by itself tells which.
            if jobs.count > 1 { for job in jobs { commit([job], database) } } else { jobs.first?.fail(error) }
        }
    }
}
