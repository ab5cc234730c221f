/// An entry that leaves out its next run, and only that: the time of that run stands as its last one.
///
/// Both Celery's schedules and ours count from the last run, also when that is still to come.
public struct ScheduleSkipping: Hashable, Sendable {
    /// To be saved over what was read; refused there when the entry has run meanwhile.
    public let entry: ScheduleEntry
    /// Seconds since 1970, as is the run after it.
    public let skipped: Double
    public let next: Double

    /// Why that cannot be done, in plain words.
    public struct Refusal: Error, Hashable, Sendable {
        public let words: String
    }

    public init(_ stored: StoredEntry, now: Double, zone: ZoneRules) throws(Refusal) {
        var entry = stored.entry
        if let problem = stored.problem { throw Refusal(words: "it is broken: \(problem)") }
        if !entry.isEnabled { throw Refusal(words: "it is disabled, and does not run anyway") }
        if entry.lastRun == nil, case .interval = entry.schedule { throw Refusal(words: "it has never run: from when beat counts is not known") }
        guard let coming = entry.next(now: now, firstSeen: now, zone: zone) else { throw Refusal(words: "no run is to come") }
        // Overdue, or run by a beat that writes so only later (Django's): what is written now would be lost, or come too late.
        if coming <= now { throw Refusal(words: "a run is due now: try again when it is recorded, which may take beat three minutes") }
        entry.lastRun = coming
        guard let next = entry.next(now: coming, zone: zone) else { throw Refusal(words: "no run would follow: disable it instead") }
        self.entry = entry
        skipped = coming
        self.next = next
    }
}
