import CeleriacCore
import Dispatch
import GRDB
import Synchronization

/// Notices what other processes commit, while somebody waits for it: asks for `PRAGMA data_version` (SQLite manual), which reads no page, every 5 ms as long as
/// something happens. When nothing does it leaves that to the system, which tells of the next write to the log, and looks every half a second all the same;
/// where the system tells nothing, it looks less and less often, down to every 50 ms.
///
/// A write is told just before its commit can be seen, which is why one look after it is not enough.
final class FileWatch: Sendable {
    private struct State {
        var isRunning = false
        var isClosed = false
        /// The version seen last, kept while nobody waits, so that nothing of that time is missed.
        var version: Int?
        var interval = FileWatch.shortest
        /// Since when nothing has happened.
        var quietSince = ContinuousClock.now
        /// Of the look that is planned: an earlier plan is void.
        var plan = 0
        var plannedFor = ContinuousClock.now
        var signal: WriteSignal?
    }

    private static let shortest = Duration.milliseconds(5)
    private static let longest = Duration.milliseconds(50)
    private static let longestWithSignal = Duration.milliseconds(500)
    /// How long the pace is kept after a change.
    private static let attention = Duration.seconds(1)
    private static let attentionWithSignal = Duration.milliseconds(25)

    private let connection: DatabaseQueue
    private let wakeups: Wakeups
    private let log: String
    private let queue = DispatchQueue(label: "celeriac.sqlite.watch")
    private let state = Mutex(State())

    /// - Parameters:
    ///   - connection: of its own, read-only; used on this object's queue alone.
    ///   - log: path of the write-ahead log.
    init(_ connection: DatabaseQueue, log: String, _ wakeups: Wakeups) {
        self.connection = connection
        self.log = log
        self.wakeups = wakeups
    }

    /// Begins to look, if it does not.
    /// - Parameter deadline: until when somebody waits, who then has to be told.
    func start(until deadline: ContinuousClock.Instant?) {
        let (begins, isSooner) = state.withLock { state in
            defer { state.isRunning = !state.isClosed }
            return (!state.isRunning && !state.isClosed, deadline.map { $0 < state.plannedFor } ?? false)
        }
        if begins { queue.async { [weak self] in self?.begin() } } else if isSooner { queue.async { [weak self] in self?.plan(after: nil) } }
    }

    /// Looks no more, and lets go of the connection.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.signal = nil
        }
        queue.async { [connection] in try? connection.close() }
    }

    // MARK: - On the queue

    private func begin() {
        let signal = state.withLock { $0.signal } ?? WriteSignal(log, on: queue) { [weak self] in self?.look(isSignalled: true) }
        state.withLock { $0.signal = $0.isClosed ? nil : signal }
        look(isSignalled: true)
    }

    /// - Parameter isSignalled: something has happened, even if it cannot be seen yet.
    private func look(isSignalled: Bool) {
        if state.withLock({ $0.isClosed }) { return }
        // A look that fails is as good as a change: whoever waits then finds out by himself what is wrong.
        let version = try? connection.unsafeRead { database in
            try Int.fetchOne(database.cachedStatement(sql: "PRAGMA data_version"))
        }
        let now = ContinuousClock.now
        let (hasChanged, arms) = state.withLock { state in
            let hasChanged = version == nil || version != state.version
            state.version = version
            if hasChanged || isSignalled { state.quietSince = now }
            let before = state.interval
            if now - state.quietSince < (state.signal == nil ? Self.attention : Self.attentionWithSignal) {
                state.interval = Self.shortest
            } else if state.signal == nil {
                state.interval = min(state.interval * 1.25, Self.longest)
            } else {
                state.interval = Self.longestWithSignal
            }
            return (hasChanged, before == Self.shortest && state.interval == Self.longestWithSignal ? state.signal : nil)
        }
        if hasChanged { wakeups.fire(.all) }
        if let arms {
            if arms.arm() {
                // What was written between the look and this will not be told.
                return plan(after: .milliseconds(1))
            }
            state.withLock { $0.signal = nil }
        }
        plan(after: nil)
    }

    /// - Parameter pause: `nil` leaves it to the pace and to who waits.
    private func plan(after pause: Duration?) {
        let now = ContinuousClock.now
        let (isAwaited, deadline) = wakeups.expire(at: now)
        let next: (plan: Int, pause: Duration)? = state.withLock { state in
            state.isRunning = isAwaited
            state.plan += 1
            guard isAwaited else { return nil }
            let pause = pause ?? deadline.map { max(.milliseconds(1), min(state.interval, $0 - now)) } ?? state.interval
            state.plannedFor = now + pause
            return (state.plan, pause)
        }
        guard let next else {
            // Somebody may have come between the two locks.
            if wakeups.expire(at: now).isAwaited { start(until: nil) }
            return
        }
        queue.asyncAfter(deadline: .now() + next.pause.seconds) { [weak self] in
            guard let self, self.state.withLock({ $0.plan == next.plan }) else { return }
            self.look(isSignalled: false)
        }
    }
}
