import CeleriacCore
import Synchronization

/// Lets many callers settle at once with few calls of the store: while one call is under way, what comes meanwhile gathers for the next.
final class SettlementQueue<Store: QueueStore>: Sendable {
    private enum Turn {
        /// It is the caller's turn to call the store, for all who wait.
        case lead
        case settled(Result<Void, TransportError>)
    }

    private struct Waiter {
        let settlements: [Settlement]
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var isBusy = false
        var waiters: [Waiter] = []
    }

    private let store: Store
    private let owner: WorkerName
    private let state = Mutex(State())

    init(_ store: Store, _ owner: WorkerName) {
        self.store = store
        self.owner = owner
    }

    /// Returns when the store knows all of them settled.
    func settle(_ settlements: [Settlement]) async throws(TransportError) {
        if settlements.isEmpty { return }
        if case .settled(let result) = await turn(settlements) { return try result.get() }
        let others = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        let result: Result<Void, TransportError>
        do throws(TransportError) {
            try await store.settle(others.reduce(into: settlements) { $0 += $1.settlements }, owner: owner)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // One of those who came meanwhile goes on, so that nobody works for others longer than one call.
        let next: Waiter? = state.withLock { state in
            if state.waiters.isEmpty {
                state.isBusy = false
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.continuation.resume(returning: .lead)
        for other in others { other.continuation.resume(returning: .settled(result)) }
        try result.get()
    }

    private func turn(_ settlements: [Settlement]) async -> Turn {
        if lead() { return .lead }
        return await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                if state.isBusy {
                    state.waiters.append(Waiter(settlements: settlements, continuation: continuation))
                    return false
                }
                state.isBusy = true
                return true
            }
            if leads { continuation.resume(returning: .lead) }
        }
    }

    private func lead() -> Bool {
        state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
    }
}
