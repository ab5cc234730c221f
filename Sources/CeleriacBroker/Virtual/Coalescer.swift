import Synchronization

/// Lets many callers send at once with few round trips: while one is under way, what comes meanwhile gathers for the next. A caller's items stay together
/// and in order; an error is told to all whose items were sent together.
package final class Coalescer<Item: Sendable>: Sendable {
    private enum Turn {
        /// It is the caller's turn to send, for all who wait.
        case lead
        case sent(Result<Void, TransportError>)
    }

    private struct Waiter {
        let items: [Item]
        let continuation: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var isBusy = false
        var waiters: [Waiter] = []
    }

    private let transmit: @Sendable ([Item]) async throws(TransportError) -> Void
    private let state = Mutex(State())

    package init(_ transmit: @escaping @Sendable ([Item]) async throws(TransportError) -> Void) {
        self.transmit = transmit
    }

    /// Returns when `items` have been sent.
    package func send(_ items: [Item]) async throws(TransportError) {
        if items.isEmpty { return }
        if case .sent(let result) = await turn(items) { return try result.get() }
        let others = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        let result: Result<Void, TransportError>
        do throws(TransportError) {
            try await transmit(others.isEmpty ? items : others.reduce(into: items) { $0 += $1.items })
            result = .success(())
        } catch {
            result = .failure(error)
        }
        // One of those who came meanwhile goes on, so that nobody works for others longer than one round trip.
        let next: Waiter? = state.withLock { state in
            if state.waiters.isEmpty {
                state.isBusy = false
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.continuation.resume(returning: .lead)
        for other in others { other.continuation.resume(returning: .sent(result)) }
        try result.get()
    }

    private func turn(_ items: [Item]) async -> Turn {
        if takeLead() { return .lead }
        return await withCheckedContinuation { continuation in
            let leads = state.withLock { state in
                if state.isBusy {
                    state.waiters.append(Waiter(items: items, continuation: continuation))
                    return false
                }
                state.isBusy = true
                return true
            }
            if leads { continuation.resume(returning: .lead) }
        }
    }

    private func takeLead() -> Bool {
        state.withLock { state in
            defer { state.isBusy = true }
            return !state.isBusy
        }
    }
}
