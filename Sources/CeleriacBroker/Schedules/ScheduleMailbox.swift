import OrderedCollections
import Synchronization

/// The changes that one consumer of `ScheduleStore.changes()` has not yet read: each name once, and all of them as one `.anything` when they are too many.
package final class ScheduleMailbox: Sendable {
    private struct State {
        var names: OrderedSet<String> = []
        var isAnything = false
        var isClosed = false
    }

    private static let limit = 1000
    private let state = Mutex(State())
    private let bell = Bell()

    package init() {}

    package func put(_ change: ScheduleChange) {
        state.withLock { state in
            if case .entry(let name) = change, !state.isAnything { state.names.append(name) } else { state.isAnything = true }
            if state.names.count > Self.limit { state.isAnything = true }
            if state.isAnything { state.names = [] }
        }
        bell.ring()
    }

    /// What is in it can still be read.
    package func close() {
        state.withLock { $0.isClosed = true }
        bell.ring()
    }

    /// - Parameter onEnd: called, maybe more than once, when nobody reads any more.
    package func stream(onEnd: @escaping @Sendable () -> Void = {}) -> AsyncStream<ScheduleChange> {
        let reading = Reading(mailbox: self, onEnd: onEnd)
        return AsyncStream {
            await reading.mailbox.next()
        } onCancel: {
            onEnd()
        }
    }

    private func next() async -> ScheduleChange? {
        while !Task.isCancelled {
            let heard = bell.rings
            let (change, isClosed) = state.withLock { state in
                defer { state.isAnything = false }
                if state.isAnything { return (ScheduleChange?.some(.anything), false) }
                return (state.names.isEmpty ? nil : .entry(state.names.removeFirst()), state.isClosed)
            }
            if let change { return change }
            if isClosed { return nil }
            await bell.wait(after: heard)
        }
        return nil
    }
}

/// Notices when the stream that holds it is let go of.
private final class Reading: Sendable {
    let mailbox: ScheduleMailbox
    private let onEnd: @Sendable () -> Void

    init(mailbox: ScheduleMailbox, onEnd: @escaping @Sendable () -> Void) {
        self.mailbox = mailbox
        self.onEnd = onEnd
    }

    deinit { onEnd() }
}
