import Dispatch
import GRDB
import Synchronization

/// Notices what other processes commit, while somebody waits for it: asks for `PRAGMA data_version` (SQLite manual), which costs a few microseconds and reads no
/// page, every 5 ms as long as something happens, and less and less often, down to every 50 ms, when nothing does.
///
/// The version also changes by this process's own commits; they keep the pace up, since an answer to what was just sent is likely.
final class FileWatch: Sendable {
    private struct State {
        var isRunning = false
        var isClosed = false
        /// The version seen last, kept while nobody waits, so that nothing of that time is missed.
        var version: Int?
        var interval = FileWatch.shortest
        /// Since when nothing has happened.
        var quietSince = ContinuousClock.now
    }

    private static let shortest = Duration.milliseconds(5)
    private static let longest = Duration.milliseconds(50)
    /// How long the pace is kept after a change.
    private static let attention = Duration.seconds(1)

    private let connection: DatabaseQueue
    private let wakeups: Wakeups
    private let queue = DispatchQueue(label: "celeriac.sqlite.watch")
    private let state = Mutex(State())

    /// - Parameter connection: of its own, read-only; used on this object's queue alone.
    init(_ connection: DatabaseQueue, _ wakeups: Wakeups) {
        self.connection = connection
        self.wakeups = wakeups
    }

    /// Begins to look, if it does not.
    func start() {
        let begins = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning && !state.isClosed
        }
        if begins { queue.async { [weak self] in self?.tick() } }
    }

    /// Looks no more, and lets go of the connection.
    func close() {
        state.withLock { $0.isClosed = true }
        queue.async { [connection] in try? connection.close() }
    }

    private func tick() {
        if state.withLock({ $0.isClosed }) { return }
        // A look that fails is as good as a change: whoever waits then finds out by himself what is wrong.
        let version = try? connection.unsafeRead { database in
            try Int.fetchOne(database.cachedStatement(sql: "PRAGMA data_version"))
        }
        let now = ContinuousClock.now
        let hasChanged = state.withLock { state in
            let hasChanged = version == nil || version != state.version
            state.version = version
            if hasChanged { state.quietSince = now }
            state.interval = now - state.quietSince < Self.attention ? Self.shortest : min(state.interval * 1.25, Self.longest)
            return hasChanged
        }
        if hasChanged { wakeups.fire(.all) }
        let (isAwaited, deadline) = wakeups.expire(at: now)
        let pause: Duration? = state.withLock { state in
            state.isRunning = isAwaited
            guard isAwaited else { return nil }
            return deadline.map { max(.milliseconds(1), min(state.interval, $0 - now)) } ?? state.interval
        }
        guard let pause else {
            // Somebody may have come between the two locks.
            if wakeups.expire(at: now).isAwaited { start() }
            return
        }
        queue.asyncAfter(deadline: .now() + pause.seconds) { [weak self] in self?.tick() }
    }
}
