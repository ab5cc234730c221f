import Synchronization

/// What a commit may have changed, as far as somebody may be waiting for it.
struct Topics: OptionSet, Hashable, Sendable {
    let rawValue: Int

    static let messages = Topics(rawValue: 1)
    static let broadcasts = Topics(rawValue: 2)
    static let results = Topics(rawValue: 4)
    static let schedules = Topics(rawValue: 8)
    static let all: Topics = [.messages, .broadcasts, .results, .schedules]
    fileprivate static let each: [Topics] = [.messages, .broadcasts, .results, .schedules]
}

/// Wakes who waits for a change of the file. Nobody misses one: take a mark, look, then wait for what has happened since the mark.
final class Wakeups: Sendable {
    /// How many changes there had been.
    struct Mark: Hashable, Sendable {
        fileprivate let counts: [UInt64]
    }

    private struct Waiter {
        let topics: Topics
        /// On the continuous clock; `nil` waits for ever.
        let deadline: ContinuousClock.Instant?
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var counts: [UInt64] = [0, 0, 0, 0]
        var waiters: [Int: Waiter] = [:]
        var next = 0
        var isClosed = false
        /// Called when somebody begins to wait.
        var onWait: (@Sendable (ContinuousClock.Instant?) -> Void)?
    }

    private let state = Mutex(State())

    /// - Parameter body: is told, outside of any lock, whenever somebody begins to wait, and until when.
    func onWait(_ body: @escaping @Sendable (ContinuousClock.Instant?) -> Void) { state.withLock { $0.onWait = body } }

    var mark: Mark { state.withLock { Mark(counts: $0.counts) } }

    func fire(_ topics: Topics) {
        let woken = state.withLock { state in
            for (index, topic) in Topics.each.enumerated() where topics.contains(topic) { state.counts[index] += 1 }
            let woken = state.waiters.filter { !$0.value.topics.isDisjoint(with: topics) }
            for key in woken.keys { state.waiters[key] = nil }
            return woken.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: true) }
    }

    /// Waits until one of `topics` has changed since `mark`.
    /// - Returns: `false` when nothing did by `deadline`, when the task was cancelled, or all is closed.
    func wait(for topics: Topics, past mark: Mark, until deadline: ContinuousClock.Instant?) async -> Bool {
        let key = state.withLock { state in
            state.next += 1
            return state.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (answer, begun): (Bool?, (@Sendable (ContinuousClock.Instant?) -> Void)?) = state.withLock { state in
                    // Cancelled before the handler could find anything: it will not come again. Asked under the lock, for which it may be waiting.
                    if state.isClosed || Task.isCancelled { return (false, nil) }
                    for (index, topic) in Topics.each.enumerated() where topics.contains(topic) && state.counts[index] != mark.counts[index] {
                        return (true, nil)
                    }
                    if let deadline, deadline <= .now { return (false, nil) }
                    state.waiters[key] = Waiter(topics: topics, deadline: deadline, continuation: continuation)
                    return (nil, state.onWait)
                }
                if let answer { continuation.resume(returning: answer) } else { begun?(deadline) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: key) }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// Lets go of those whose time is over.
    /// - Returns: whether anybody still waits, and the next deadline.
    func expire(at now: ContinuousClock.Instant) -> (isAwaited: Bool, next: ContinuousClock.Instant?) {
        let (late, isAwaited, next) = state.withLock { state in
            let late = state.waiters.filter { $0.value.deadline.map { $0 <= now } ?? false }
            for key in late.keys { state.waiters[key] = nil }
            return (late.values.map(\.continuation), !state.waiters.isEmpty, state.waiters.values.compactMap(\.deadline).min())
        }
        for continuation in late { continuation.resume(returning: false) }
        return (isAwaited, next)
    }

    /// Ends all waiting, for good.
    func close() {
        let woken = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [:] }
            return state.waiters.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume(returning: false) }
    }
}
