import CeleriacBroker
import CeleriacCore

/// Who waits for which results, and which channels the server has been asked to tell.
///
/// Ends of streams are returned as closures, to be called when no lock is held: they come back here.
struct WatchList {
    /// What brings the subscriptions in line.
    struct Work {
        var unsubscribe: [String] = []
        /// To be subscribed to, as far as they are not, and looked up.
        var look: [String] = []
    }

    private struct Watcher {
        let continuation: AsyncThrowingStream<ResultRecord, any Error>.Continuation
        /// By channel, those not yet final.
        var waiting: [String: TaskID]
        /// What it waits for has been looked up once: from then on a lost connection is mended silently.
        var isLive = false
    }

    private var watchers: [Int: Watcher] = [:]
    private var lastWatcher = 0
    private var byChannel: [String: Set<Int>] = [:]
    private var subscribed: Set<String> = []
    private var unseen: Set<String> = []
    private var isAligning = false

    /// Many channels are subscribed to that nobody waits for any more.
    var isCrowded: Bool { subscribed.count > 2 * byChannel.count + 100 || (byChannel.isEmpty && !subscribed.isEmpty) }

    // MARK: - Watchers

    mutating func add(_ channels: [String: TaskID], _ continuation: AsyncThrowingStream<ResultRecord, any Error>.Continuation) -> Int {
        lastWatcher += 1
        watchers[lastWatcher] = Watcher(continuation: continuation, waiting: channels)
        for channel in channels.keys { byChannel[channel, default: []].insert(lastWatcher) }
        unseen.formUnion(channels.keys)
        return lastWatcher
    }

    mutating func remove(_ number: Int) {
        guard let watcher = watchers.removeValue(forKey: number) else { return }
        for channel in watcher.waiting.keys { leave(channel, number) }
    }

    private mutating func leave(_ channel: String, _ number: Int) {
        byChannel[channel]?.remove(number)
        if byChannel[channel]?.isEmpty ?? false {
            byChannel[channel] = nil
            unseen.remove(channel)
        }
    }

    func id(of channel: String) -> TaskID? {
        byChannel[channel]?.first.flatMap { watchers[$0]?.waiting[channel] }
    }

    mutating func tell(_ channel: String, _ record: ResultRecord) -> [() -> Void] {
        var ends: [() -> Void] = []
        for number in byChannel[channel] ?? [] {
            watchers[number]?.continuation.yield(record)
            guard record.state.isFinal else { continue }
            watchers[number]?.waiting[channel] = nil
            leave(channel, number)
            if let watcher = watchers[number], watcher.waiting.isEmpty {
                watchers[number] = nil
                ends.append { watcher.continuation.finish() }
            }
        }
        return ends
    }

    /// Ends those who wait on `channel`.
    mutating func end(_ channel: String, with error: TransportError) -> [() -> Void] {
        (byChannel[channel] ?? []).map { end($0, with: error) }
    }

    mutating func endAll(with error: TransportError?) -> [() -> Void] {
        watchers.keys.map { end($0, with: error) }
    }

    private mutating func end(_ number: Int, with error: TransportError?) -> () -> Void {
        let continuation = watchers[number]?.continuation
        remove(number)
        return { continuation?.finish(throwing: error) }
    }

    // MARK: - Subscriptions

    /// Whether the caller is the one to do it.
    mutating func beginAligning() -> Bool {
        if isAligning { return false }
        isAligning = true
        return true
    }

    mutating func endAligning() { isAligning = false }

    /// `nil`, and the end of aligning, when nothing is to be done.
    mutating func nextWork() -> Work? {
        guard isAligning else { return nil }
        let work = Work(unsubscribe: subscribed.filter { byChannel[$0] == nil }, look: Array(unseen))
        if work.unsubscribe.isEmpty, work.look.isEmpty {
            isAligning = false
            return nil
        }
        // Whoever comes for one of these from now on wants a look of his own.
        unseen = []
        return work
    }

    /// - Parameter canTell: otherwise everything has to be looked up again.
    mutating func finish(_ work: Work, canTell: Bool) {
        for channel in work.look {
            for number in byChannel[channel] ?? [] { watchers[number]?.isLive = true }
        }
        if canTell {
            subscribed.subtract(work.unsubscribe)
            subscribed.formUnion(work.look)
        } else {
            unseen = Set(byChannel.keys)
        }
    }

    /// The connection is gone: all is to be subscribed to again.
    mutating func lose() {
        subscribed = []
        unseen = Set(byChannel.keys)
    }

    mutating func fail(_ work: Work, _ error: TransportError) -> [() -> Void] {
        lose()
        let failed = Set(work.look.flatMap { byChannel[$0] ?? [] }).filter { watchers[$0]?.isLive == false }
        return failed.map { end($0, with: error) }
    }
}
