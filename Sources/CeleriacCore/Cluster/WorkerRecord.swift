/// A figure that workers report when they are asked.
struct Reported<Content: Hashable & Sendable>: Sendable {
    private(set) var value: Content?
    /// Seconds since 1970 of the last answer, and of the last question without one.
    private(set) var at: Double?
    private var missedAt: Double?

    mutating func answer(_ value: Content, at: Double) {
        self.value = value
        self.at = at
        missedAt = nil
    }

    mutating func miss(at: Double) { missedAt = at }

    var fact: Fact<Content> {
        if missedAt != nil { return .noAnswer(last: value, at: at) }
        if let value { return .known(value) }
        return .asking
    }

    /// What is left of it when the worker is lost.
    var lastWord: Fact<Content> { .noAnswer(last: value, at: at) }
}

/// What is kept of one worker.
struct WorkerRecord: Sendable {
    /// Celery's default for workers of which no heartbeat has come.
    static let defaultInterval = 60.0

    var isKnown = false

    // MARK: As celery.events.state has it
    /// Arrival times of worker events, and time stamps of task events.
    private(set) var heartbeats = Heartbeats()
    private(set) var interval = defaultInterval
    private(set) var pid: Int?
    private(set) var clock = 0
    private(set) var softwareName: String?
    private(set) var softwareVersion: String?
    private(set) var load: [Double]?

    // MARK: By our clock, seconds since 1970
    /// When it first gave a sign of life, and when it did so last.
    private(set) var firstSeenAt = 0.0
    private(set) var heardAt = 0.0
    private(set) var beatAt: Double?
    /// Last answer to a question.
    private(set) var repliedAt: Double?
    /// When it said goodbye, unless it has come back.
    private(set) var leftAt: Double?
    /// When it last took up a task.
    private(set) var takenAt: Double?
    private(set) var taskEventAt: Double?
    /// Its clock minus ours, smoothed over about five heartbeats.
    private(set) var drift: Double?
    /// By its clock: since when its present process runs, when a change of pid told.
    private(set) var processSince: Double?

    // MARK: Asked for
    var active = Reported<Int>()
    var reserved = Reported<Int>()
    var scheduled = Reported<Int>()
    var processed = Reported<Int>()
    var pool = Reported<String>()
    var concurrency = Reported<Int>()
    var memory = Reported<Int>()
    var queues = Reported<[NameID]>()
    var sendsTaskEvents = Reported<Bool>()

    /// Tasks that it has taken and not finished, as far as we know.
    var held = 0
    private var beatsWithUntoldTasks = 0

    /// Celery's `Worker.alive`: within twice the interval of the newest heartbeat.
    func isAlive(now: Double) -> Bool {
        heartbeats.last.map { now < $0 + interval * 2 } ?? false
    }

    mutating func noteLife(at: Double) {
        if !isKnown {
            isKnown = true
            firstSeenAt = at
        }
        heardAt = max(heardAt, at)
    }

    /// Takes an event of the group `worker`.
    mutating func take(_ event: EventFields, isOffline: Bool, at: Double) {
        noteLife(at: at)
        if !event.freq.isNaN { interval = max(0.1, event.freq) }
        if event.clock != .min { clock = event.clock }
        if !event.load.0.isNaN { load = [event.load.0, event.load.1, event.load.2] }
        if event.softwareName.hasText { softwareName = kept(softwareName, event.string(event.softwareName)) }
        if event.softwareVersion.hasText { softwareVersion = kept(softwareVersion, event.string(event.softwareVersion)) }
        if event.pid != .min {
            if let pid, pid != event.pid { processSince = event.timestamp }
            pid = event.pid
        }
        if event.active != .min { active.answer(event.active, at: at) }
        if event.processed != .min { note(processed: event.processed, at: at) }

        if isOffline {
            heartbeats.removeAll()
            leftAt = at
        } else {
            leftAt = nil
            beatAt = at
            let ahead = event.timestamp - at
            drift = drift.map { $0 + (ahead - $0) * 0.2 } ?? ahead
            heartbeats.insert(at)
        }
    }

    /// Takes notice of a task event, which is a sign of life too. Celery keeps the event's own time stamp for it.
    @inline(__always)
    mutating func noteTaskEvent(timestamp: Double, isTaking: Bool, at: Double) {
        noteLife(at: at)
        taskEventAt = at
        beatsWithUntoldTasks = 0
        if isTaking { takenAt = at }
        if sendsTaskEvents.value != true { sendsTaskEvents.answer(true, at: at) }
        if timestamp != 0, at != 0 { heartbeats.insert(timestamp) }
    }

    mutating func noteReply(at: Double) {
        noteLife(at: at)
        repliedAt = at
        leftAt = nil
    }

    /// A worker that counts tasks of which no event tells has its task events off. One heartbeat may overtake buffered events; two do not.
    private mutating func note(processed count: Int, at: Double) {
        if let before = processed.value, count > before {
            takenAt = max(takenAt ?? at, at)
            if (taskEventAt ?? -.infinity) < (beatAt ?? 0) {
                beatsWithUntoldTasks += 1
                if beatsWithUntoldTasks >= 2 { sendsTaskEvents.answer(false, at: at) }
            }
        }
        processed.answer(count, at: at)
    }

    private func kept(_ old: String?, _ new: String) -> String {
        old == new ? new : String(new.prefix(64))
    }
}
