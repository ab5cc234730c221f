import Synchronization

/// Work that runs in the background whenever there is some, never twice at once: while one round is under way, what comes is left for the next.
final class Pump: Sendable {
    private struct State {
        var isRunning = false
        var isAskedAgain = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let work: @Sendable () async -> Void

    /// - Parameter work: one round; does all there is to do when it begins.
    init(_ work: @escaping @Sendable () async -> Void) { self.work = work }

    /// There is something to do.
    func signal() {
        let starts = state.withLock { state in
            if state.isRunning { state.isAskedAgain = true }
            defer { state.isRunning = true }
            return !state.isRunning
        }
        // No scope to belong to: whoever signals does not wait, and `idle` waits for all.
        if starts { Task { await run() } }
    }

    /// Returns once there is nothing to do.
    func idle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.isRunning { state.waiting.append(continuation) }
                return !state.isRunning
            }
            if isIdle { continuation.resume() }
        }
    }

    private func run() async {
        while true {
            await work()
            let done: [CheckedContinuation<Void, Never>]? = state.withLock { state in
                if state.isAskedAgain {
                    state.isAskedAgain = false
                    return nil
                }
                defer { state.waiting = [] }
                state.isRunning = false
                return state.waiting
            }
            guard let done else { continue }
            for continuation in done { continuation.resume() }
            return
        }
    }
}
