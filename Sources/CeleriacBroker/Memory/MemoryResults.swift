public import CeleriacCore
import Synchronization

/// Results in the memory of this process. Gone with the object.
public final class MemoryResults: ResultStore {
    fileprivate struct Kept<Content: Sendable>: Sendable {
        var content: Content
        /// `nil`: kept for ever.
        var end: ContinuousClock.Instant?

        func isGone(at now: ContinuousClock.Instant) -> Bool { end.map { $0 <= now } ?? false }
    }

    fileprivate struct Watcher {
        /// Not yet final.
        var ids: Set<TaskID>
        let continuation: AsyncThrowingStream<ResultRecord, any Error>.Continuation
    }

    fileprivate struct State {
        var records: [TaskID: Kept<ResultRecord>] = [:]
        var groups: [String: Kept<Value>] = [:]
        var chords: [String: MemoryChord] = [:]
        var watchers: [Int: Watcher] = [:]
        var lastWatcher = 0
    }

    public let endpoint: String
    public let countsChords = true
    private let state = Mutex(State())

    public init(_ endpoint: String = "memory://") { self.endpoint = endpoint }

    // MARK: - Records

    public func store(_ records: [ResultRecord], lifetime: Duration?) async throws(TransportError) {
        let now = ContinuousClock.now
        state.withLock { state in
            for record in records {
                if let known = state.records[record.id], !known.isGone(at: now), known.content.state == .success { continue }
                state.records[record.id] = Kept(content: record, end: lifetime.map { now + $0 })
                state.tell(record)
            }
        }
    }

    public func record(of id: TaskID) async throws(TransportError) -> ResultRecord? {
        try await records(of: [id])[id]
    }

    public func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: ResultRecord] {
        state.withLock { state in
            var found: [TaskID: ResultRecord] = [:]
            for id in ids { found[id] = state.record(of: id) }
            return found
        }
    }

    public func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> {
        let (stream, continuation) = AsyncThrowingStream<ResultRecord, any Error>.makeStream()
        let number = state.withLock { state in
            state.lastWatcher += 1
            state.watchers[state.lastWatcher] = Watcher(ids: Set(ids), continuation: continuation)
            let number = state.lastWatcher
            for id in Set(ids) {
                if let record = state.record(of: id) { state.tell(record, to: number) }
            }
            if ids.isEmpty { state.end(number) }
            return number
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.watchers.removeValue(forKey: number) }
        }
        return stream
    }

    public func forget(_ ids: [TaskID]) async throws(TransportError) {
        state.withLock { state in
            for id in ids { state.records[id] = nil }
        }
    }

    @discardableResult
    public func removeExpired(before date: Double) async throws(TransportError) -> Int {
        let now = ContinuousClock.now
        return state.withLock { state in
            let gone = state.records.filter { $0.value.isGone(at: now) || ($0.value.content.doneAt ?? .infinity) < date }.keys
            for id in gone { state.records[id] = nil }
            state.groups = state.groups.filter { !$0.value.isGone(at: now) }
            state.chords = state.chords.filter { $0.value.end.map { $0 > now } ?? true }
            return gone.count
        }
    }

    public func close() async {
        state.withLock { state in
            for watcher in state.watchers.keys { state.end(watcher) }
        }
    }

    // MARK: - Groups

    public func saveGroup(_ id: String, members: Value, lifetime: Duration?) async throws(TransportError) {
        state.withLock { $0.groups[id] = Kept(content: members, end: lifetime.map { .now + $0 }) }
    }

    public func group(_ id: String) async throws(TransportError) -> Value? {
        state.withLock { $0.group(id) }
    }

    public func forgetGroup(_ id: String) async throws(TransportError) {
        state.withLock { $0.groups[id] = nil }
    }

    // MARK: - Chords

    public func openChord(_ group: String, size: Int, lifetime: Duration?) async throws(TransportError) {
        state.withLock { state in
            var chord = state.takeChord(group)
            chord.size = size
            chord.claim = nil
            chord.isDone = false
            chord.end = lifetime.map { .now + $0 }
            state.chords[group] = chord
        }
    }

    public func extendChord(_ group: String, by count: Int) async throws(TransportError) {
        state.withLock { $0.chords[group, default: MemoryChord()].extra += count }
    }

    public func count(_ part: ChordPart, lifetime: Duration?) async throws(TransportError) -> ChordCount {
        state.withLock { state in
            // Taken out: a second owner would have all parts copied.
            var chord = state.takeChord(part.group)
            let (count, token) = chord.count(part, at: .now)
            if !chord.isDone { chord.end = lifetime.map { .now + $0 } }
            state.chords[part.group] = chord
            guard let token else { return count }
            return .complete(token: token, parts: chord.ordered, members: state.group(part.group))
        }
    }

    public func closeChord(_ group: String, token: String, isSent: Bool) async throws(TransportError) {
        state.withLock { state in
            guard state.chords[group]?.claim?.token == token else { return }
            if isSent {
                var done = MemoryChord()
                done.isDone = true
                done.end = .now + MemoryChord.doneLifetime
                state.chords[group] = done
            } else {
                // Without its size no later part completes it again.
                state.chords[group]?.size = nil
            }
        }
    }
}

extension MemoryResults.State {
    fileprivate func record(of id: TaskID) -> ResultRecord? {
        records[id].flatMap { $0.isGone(at: .now) ? nil : $0.content }
    }

    fileprivate func group(_ id: String) -> Value? {
        groups[id].flatMap { $0.isGone(at: .now) ? nil : $0.content }
    }

    /// A new one when there is none, or no more.
    fileprivate mutating func takeChord(_ group: String) -> MemoryChord {
        guard let chord = chords.removeValue(forKey: group), chord.end.map({ $0 > .now }) ?? true else { return MemoryChord() }
        return chord
    }

    fileprivate mutating func tell(_ record: ResultRecord) {
        for number in watchers.keys { tell(record, to: number) }
    }

    fileprivate mutating func tell(_ record: ResultRecord, to number: Int) {
        guard let watcher = watchers[number], watcher.ids.contains(record.id) else { return }
        watcher.continuation.yield(record)
        guard record.state.isFinal else { return }
        watchers[number]?.ids.remove(record.id)
        if watchers[number]?.ids.isEmpty ?? false { end(number) }
    }

    /// The continuation's own end comes back here; by then the watcher is gone.
    fileprivate mutating func end(_ number: Int) {
        guard let watcher = watchers.removeValue(forKey: number) else { return }
        // Not under the lock that the end wants to take.
        Task { watcher.continuation.finish() }
    }
}
