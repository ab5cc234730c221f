import CeleriacCore
import Logging
import Synchronization

/// Keeps the pool as large as there is work, within the range that was given.
struct Autoscaler: Sendable {
    let state: WorkerState
    let runner: TaskRunner

    /// Until cancelled; at once when nothing is to be scaled.
    func run() async {
        guard state.autoscaling.withLock({ $0 != nil }) else { return }
        while (try? await Task.sleep(for: .milliseconds(250))) != nil { look() }
    }

    private func look() {
        let (wanted, hasNew) = state.books.withLock { books in
            defer { books.hasNew = false }
            return (books.active.count + books.reserved.count, books.hasNew)
        }
        let size = state.pool.size
        let now = state.time()
        let change = state.autoscaling.withLock { $0?.change(size: size, wanted: wanted, hasNew: hasNew, now: now) } ?? 0
        guard change != 0 else { return }
        state.log.info("Scaling \(change > 0 ? "up" : "down") \(change.magnitude) slots.")
        state.resize(by: change)
        runner.advance()
    }
}
