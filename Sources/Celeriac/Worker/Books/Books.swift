import CeleriacCore
import DequeModule

/// Who waits, who runs, what is revoked: the state of a worker, changed by plain calls that say what follows. Times are seconds since 1970.
///
/// One lock guards it (`Worker.books`); nothing in it waits.
struct Books {
    /// Why a task is not run.
    enum Discard: Hashable, Sendable { case expired, revoked }

    struct Run {
        var reservation: Reservation
        var startedAt: Double?
        var process: Int32?
        var isAcknowledged = false
    }

    /// What is to be done after a change: tasks whose slot is theirs now, and tasks that are not to be run.
    struct Next {
        var runs: [Reservation] = []
        var discards: [(reservation: Reservation, why: Discard)] = []
    }

    var prefetch: Prefetch
    var revoked = RevokedIDs()
    var stamps = RevokedStamps()
    var limits = LimitOverrides()
    /// Tasks begun, by name.
    private(set) var totals: [String: Int] = [:]
    private(set) var processed = 0
    /// Wait for their ETA.
    private(set) var held = DeadlineHeap<Reservation>()
    /// Wait for their turn under a rate limit.
    private(set) var limited = RateLimits()
    /// Wait for a slot.
    private(set) var reserved = Deque<Reservation>()
    private(set) var active: [Int: Run] = [:]
    /// Of the pool.
    var slots: Int
    /// Tasks came since the pool's size was last thought over.
    var hasNew = false
    /// No task begins any more.
    private(set) var isClosed = false
    /// What runs is being cancelled, by a cold shutdown.
    var isCancelling = false

    init(prefetch: Prefetch, slots: Int) {
        self.prefetch = prefetch
        self.slots = slots
    }

    // MARK: - Receipt

    /// Whether a task that just came is known not to be run; told before it is announced.
    mutating func judgeOnReceipt(_ message: TaskMessage, now: Double) -> Discard? {
        // Stamps are looked at here only together with the others, as Celery does.
        guard message.expires != nil || revoked.contains(message.id, now: now) else { return nil }
        return judge(message, now: now)
    }

    mutating func admit(_ task: Reservation, now: Double) {
        hasNew = true
        if let eta = task.message.eta {
            held.insert(task, at: eta)
            prefetch.held = held.count
        } else {
            queue(task, now: now)
        }
    }

    private mutating func queue(_ task: Reservation, now: Double) {
        if limits.isRateLimited(task.definition) {
            limited.append(task, limit: limits.rateLimit(of: task.definition), now: now)
        } else {
            reserved.append(task)
        }
    }

    private mutating func judge(_ message: TaskMessage, now: Double) -> Discard? {
        if let expires = message.expires, now > expires {
            revoked.insert(message.id, at: now)
            return .expired
        }
        return revoked.contains(message.id, now: now) || stamps.match(message) ? .revoked : nil
    }

    // MARK: - Slots

    /// When a held or rate-limited task is next to be looked at; `nil` when none waits.
    func nextAlarm(now: Double) -> Double? {
        // Asked after each task: without an array.
        guard let eta = held.earliest else { return limited.nextRelease(after: now) }
        return min(eta, limited.nextRelease(after: now) ?? eta)
    }

    /// Moves on what was held until `now`, and fills the free slots.
    mutating func advance(now: Double) -> Next {
        while let task = held.popDue(now) { queue(task, now: now) }
        prefetch.held = held.count
        for task in limited.release(at: now) { reserved.append(task) }
        var next = Next()
        while !isClosed, active.count < slots, let task = reserved.popFirst() {
            if let why = judge(task.message, now: now) {
                next.discards.append((task, why))
            } else {
                active[task.serial] = Run(reservation: task)
                next.runs.append(task)
            }
        }
        return next
    }

    mutating func started(_ task: Reservation, process: Int32, now: Double) {
        active[task.serial]?.startedAt = now
        active[task.serial]?.process = process
        if !task.policy.acksLate { active[task.serial]?.isAcknowledged = true }
        totals[task.definition.name, default: 0] += 1
        processed += 1
    }

    /// Frees the slot of a task that ended.
    mutating func finished(_ task: Reservation) { active[task.serial] = nil }

    // MARK: - The end

    /// Nothing begins any more; returns what had not begun.
    mutating func close() -> [Reservation] {
        isClosed = true
        return dropWaiting()
    }

    /// Forgets all that has not begun: the broker delivers it again.
    mutating func dropWaiting() -> [Reservation] {
        defer { (prefetch.held, reserved) = (0, []) }
        return Array(reserved) + limited.removeAll() + held.removeAll()
    }

    /// `control rate_limit`: those who wait under the old limit move on.
    mutating func setRateLimit(_ limit: RateLimit?, of task: String, now: Double) {
        limits.rates[task] = .some(limit)
        for waiting in limited.remove(task) { queue(waiting, now: now) }
    }
}
