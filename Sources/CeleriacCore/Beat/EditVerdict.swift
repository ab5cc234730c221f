/// What beat made of an edit, as far as the store tells: the only evidence is a run recorded after it, or none where there was to be one.
public enum EditVerdict: Hashable, Sendable {
    /// Its next run, at that time, will tell; `nil`: there is none that could.
    case waiting(until: Double?)
    /// It was to run then by the old schedule, and not by the new one: that no run is recorded will tell.
    case listening(until: Double)
    /// A run was recorded then, at a time that the new schedule has.
    case taken(at: Double)
    /// A run was recorded then that the new schedule does not have.
    case ignored(at: Double)
    /// A run was due by the new schedule at that time, and none has been recorded for so many seconds.
    case silent(due: Double, seconds: Double)
    /// It was to run then by the old schedule, and did not.
    case quiet(since: Double)

    /// Nothing further will be learnt.
    public var isFinal: Bool {
        switch self {
        case .waiting, .listening, .silent: false
        case .taken, .ignored, .quiet: true
        }
    }
}

/// An edit from here that beat may or may not have taken up. Times in seconds since 1970.
public struct WatchedEdit: Hashable, Sendable {
    var at: Double
    var before: ScheduleEntry?
    var after: ScheduleEntry
    /// When the entry would run next, by the old and by the new schedule.
    var oldDue: Double?
    var newDue: Double?

    /// A second that clocks and the store's rounding may differ by.
    private static let tolerance = 1.5

    public init(at: Double, before: ScheduleEntry?, after: ScheduleEntry, zone: ZoneRules) {
        self.at = at
        self.before = before
        self.after = after
        oldDue = before?.next(now: at, firstSeen: at, zone: zone).map { max($0, at) }
        newDue = after.next(now: at, firstSeen: at, zone: zone).map { max($0, at) }
    }

    /// - Parameters:
    ///   - current: as it is stored now.
    ///   - settling: seconds within which beat may still go by what it read before.
    ///   - patience: seconds after which a run that was due and not recorded means something.
    public func verdict(_ current: ScheduleEntry, now: Double, settling: Double = 1, patience: Double = 60) -> EditVerdict {
        if let run = current.lastRun, run != after.lastRun, run > at + settling, run <= now + Self.tolerance {
            if let newDue, run >= newDue - Self.tolerance { return .taken(at: run) }
            // One that was on its way already says nothing.
            if run > at + 10 * settling { return .ignored(at: run) }
        }
        if let newDue { return now > newDue + patience ? .silent(due: newDue, seconds: now - newDue) : .waiting(until: newDue) }
        // Switched off, or ended: that it does not run is all there is to see.
        guard let oldDue else { return .waiting(until: nil) }
        return now > oldDue + patience ? .quiet(since: oldDue) : .listening(until: oldDue)
    }
}
