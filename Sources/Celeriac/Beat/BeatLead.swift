import CeleriacBroker
import CeleriacCore
import Logging
import Synchronization

/// Takes the lead among the beats of one store, and keeps it as long as the store can be reached.
///
/// A lease of three seconds, renewed each second: who stands by leads less than five after a leader was killed. A leader whose lease ran out has stopped by
/// itself, whatever it knows of the others.
final class BeatLead: Sendable {
    private struct State {
        /// `nil`: somebody else leads, or nobody.
        var until: ContinuousClock.Instant?
        /// How often the lead was taken.
        var terms = 0
        var isOver = false
        /// What was said last of who leads, so that it is not said each second.
        var told: String?
    }

    static let lease = Duration.seconds(3)
    static let renewal = Duration.seconds(1)

    let owner: String
    /// Rings when the lead is taken, lost or given up.
    let bell = Bell()
    private let store: any ScheduleStore
    private let log: Logger
    private let time: @Sendable () -> Double
    private let state = Mutex(State())

    init(_ store: any ScheduleStore, owner: String, log: Logger, time: @escaping @Sendable () -> Double) {
        self.store = store
        self.owner = owner
        self.log = log
        self.time = time
    }

    /// The number of the term that goes on; `nil`: another one leads. Each term begins with what the store says.
    var term: Int? {
        let now = ContinuousClock.now
        return state.withLock { state in state.until.map { $0 > now } == true ? state.terms : nil }
    }

    /// Until `end`.
    func keep() async {
        var backoff = Backoff(first: .milliseconds(200), longest: .seconds(1)), watch = ClockWatch()
        while true {
            let heard = bell.rings
            if state.withLock({ $0.isOver }) { return }
            var pause = Self.renewal
            if watch.jump(wall: time(), steady: ContinuousClock.steady) != nil, term == nil {
                // Where leases end by the time of day, the one who leads has to renew it first.
                pause = Self.lease
            } else if let seconds = await ask() {
                pause = seconds > 0 ? min(Self.renewal, .seconds(max(0.05, seconds))) : Self.renewal
                backoff.reset()
            } else {
                pause = backoff.next()
            }
            let end = ContinuousClock.now + pause
            // It rings for others too.
            var rings = heard
            while !state.withLock({ $0.isOver }), ContinuousClock.now < end {
                await bell.wait(after: rings, atMost: end - .now)
                rings = bell.rings
            }
        }
    }

    /// Takes or renews the lead at once.
    /// - Returns: seconds for which another one leads, 0 when this one does; `nil` when the store did not say.
    @discardableResult
    func ask() async -> Double? {
        let asked = ContinuousClock.now
        do throws(TransportError) {
            switch try await store.lead(owner, for: Self.lease) {
            case .leading:
                let isNew = state.withLock { state in
                    // Whoever had lost it may have been followed by another meanwhile.
                    let isNew = state.until.map { $0 <= .now } ?? true
                    if isNew { state.terms += 1 }
                    state.until = asked + Self.lease
                    state.told = nil
                    return isNew
                }
                if isNew { bell.ring() }
                return 0
            case .following(let seconds):
                let hadIt = state.withLock { state in
                    defer { state.until = nil }
                    return state.until != nil
                }
                if hadIt { log.warning("beat: Lost the lead.") }
                await tell()
                if hadIt { bell.ring() }
                return max(0.05, seconds)
            }
        } catch {
            if say("\(error.kind)") { log.error("beat: The lead cannot be kept: \(ForeignText.safe(error.description))") }
            return nil
        }
    }

    private func tell() async {
        let leader = (try? await store.leader())?.owner ?? "another beat"
        if say(leader) { log.info("beat: Standing by: \(ForeignText.safe(leader)) leads.") }
    }

    /// Whether it is something new.
    private func say(_ words: String) -> Bool {
        state.withLock { state in
            defer { state.told = words }
            return state.told != words
        }
    }

    /// Returns once it leads; `nil`: it is over before.
    func next(isEnding: () -> Bool) async -> Int? {
        while !isEnding() {
            let heard = bell.rings
            if let term { return term }
            await bell.wait(after: heard, atMost: .seconds(1))
        }
        return nil
    }

    /// Gives the lead to whoever wants it.
    func end() async {
        let led = term != nil
        state.withLock { $0.isOver = true }
        bell.ring()
        // A store that cannot be reached finds out by itself.
        if led { try? await store.resign(owner) }
    }
}

extension ContinuousClock {
    private static let start = now

    /// Seconds by a clock that nobody sets.
    static var steady: Double { (now - start).seconds }
}
