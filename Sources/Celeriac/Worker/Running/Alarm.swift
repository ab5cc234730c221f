import Synchronization

/// One timer for the earliest of many deadlines. Times are seconds since 1970.
final class Alarm: Sendable {
    private struct State {
        var time: Double?
        var timer: Task<Void, Never>?
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Double

    init(now: @escaping @Sendable () -> Double) { self.now = now }

    /// Calls `ring` at `time`, unless it is set anew before; does nothing when it already stands there.
    func set(_ time: Double?, ring: @escaping @Sendable () -> Void) {
        let old = state.withLock { state -> Task<Void, Never>? in
            guard state.time != time else { return nil }
            let old = state.timer
            state.time = time
            // No scope to belong to: it is outlived by nothing, and cancelled by the next setting.
            state.timer = time.map { time in
                Task {
                    // At most an hour at once: the wall clock may be set meanwhile.
                    while !Task.isCancelled {
                        let left = time - self.now()
                        if left <= 0 { break }
                        try? await Task.sleep(for: .seconds(min(left, 3600)))
                    }
                    guard self.disarm(time) else { return }
                    ring()
                }
            }
            return old
        }
        old?.cancel()
    }

    func cancel() { set(nil) {} }

    /// Whether it still stood at `time`.
    private func disarm(_ time: Double) -> Bool {
        state.withLock { state in
            guard !Task.isCancelled, state.time == time else { return false }
            state.time = nil
            state.timer = nil
            return true
        }
    }
}
