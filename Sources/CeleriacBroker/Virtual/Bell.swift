import Synchronization

/// Lets tasks sleep until something has happened, however soon: what rings between looking and falling asleep is not missed.
///
/// ```
/// while true {
///     let heard = bell.rings
///     if let found = look() { return found }
///     await bell.wait(after: heard, atMost: .seconds(1))
/// }
/// ```
package final class Bell: Sendable {
    private enum Sleeper {
        case fallingAsleep
        case asleep(CheckedContinuation<Void, Never>)
        /// By the alarm or by cancellation, before it slept.
        case woken
    }

    private struct State {
        var rings = 0
        var next = 0
        var sleepers: [Int: Sleeper] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// How often it has rung.
    package var rings: Int { state.withLock { $0.rings } }

    /// Wakes all who wait.
    package func ring() {
        let sleepers: [Int: Sleeper] = state.withLock { state in
            state.rings += 1
            // Whoever is just falling asleep sees the number of rings.
            defer { if !state.sleepers.isEmpty { state.sleepers = [:] } }
            return state.sleepers
        }
        for case .asleep(let continuation) in sleepers.values { continuation.resume() }
    }

    /// Returns once it has rung more often than `heard`, after `limit`, or when the task is cancelled.
    package func wait(after heard: Int, atMost limit: Duration? = nil) async {
        let number: Int? = state.withLock { state in
            if state.rings != heard { return nil }
            state.next += 1
            state.sleepers[state.next] = .fallingAsleep
            return state.next
        }
        guard let number else { return }
        let alarm = limit.map { limit in
            Task { [self] in
                // Cancelled once the bell has rung.
                if (try? await Task.sleep(for: limit)) != nil { wake(number) }
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = state.withLock { state in
                    guard case .fallingAsleep? = state.sleepers[number] else { return true }
                    state.sleepers[number] = .asleep(continuation)
                    return false
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            wake(number)
        }
        alarm?.cancel()
        state.withLock { _ = $0.sleepers.removeValue(forKey: number) }
    }

    private func wake(_ number: Int) {
        let sleeper: Sleeper? = state.withLock { state in
            let sleeper = state.sleepers[number]
            switch sleeper {
            case .fallingAsleep?: state.sleepers[number] = .woken
            case .asleep?: state.sleepers[number] = nil
            case .woken?, nil: break
            }
            return sleeper
        }
        if case .asleep(let continuation)? = sleeper { continuation.resume() }
    }
}
