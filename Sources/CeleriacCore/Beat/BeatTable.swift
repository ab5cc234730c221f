/// All entries of one store, by name, with what follows from them: when each is due, how it stands, what its last run came to.
///
/// Fed with what a store tells and with what the cluster's events tell; asked for a page of it.
public struct BeatTable: Sendable {
    struct Kept: Sendable {
        var stored: StoredEntry
        var zone: ZoneRules
        /// Why its next run is not known, beside the store's own reason.
        var problem: String?
        /// Seconds since 1970.
        var firstSeen: Double
        /// The next run that is not recorded yet, and the one after it.
        var due: Double?
        var following: Double?
        /// Nothing tells when its time began.
        var isGuess = false
        /// Oldest first.
        var samples: [RunSample] = []
        var storm: (runs: Int, seconds: Double, at: Double)?
        var outcome: Fact<EntryOutcome> = .notApplicable
        var edit: WatchedEdit?

        var entry: ScheduleEntry { stored.entry }
        var trouble: String? { stored.problem ?? problem }
    }

    /// Recorded runs that are remembered of each entry.
    private static let samplesKept = 20
    /// Seconds that a storm is told after its last run.
    static let stormLasts = 60.0

    /// Finds the rules of a zone by its name; `nil` for one that is not known here.
    public typealias Zones = @Sendable (String) -> ZoneRules?

    private let zones: Zones
    /// Of entries that name none.
    let zone: ZoneRules
    let localZone: ZoneRules
    var entries: [String: Kept] = [:]
    /// Sorted.
    public private(set) var names: [String] = []
    /// Seconds that a run may be behind before it is called late.
    var grace = 5.0
    /// Seconds by which the store may lag behind what beat did.
    var lag = 0.0
    var pages = BeatPageCache()

    public init(zone: ZoneRules = .utc, localZone: ZoneRules = .utc, features: ScheduleFeatures = [], zones: @escaping Zones) {
        self.zone = zone
        self.localZone = localZone
        self.zones = zones
        // Python's database schedulers write their runs down every three minutes.
        if features.contains(.lateRecords) { lag = 185 }
    }

    public var count: Int { entries.count }
    public func stored(_ name: String) -> StoredEntry? { entries[name]?.stored }

    // MARK: - What the store tells

    /// All that there are. `now` in seconds since 1970.
    public mutating func fold(all stored: [StoredEntry], now: Double) {
        var fresh: [String: Kept] = [:]
        fresh.reserveCapacity(stored.count)
        for entry in stored { fresh[entry.entry.name] = kept(entry, over: entries[entry.entry.name], now: now) }
        let isSame = fresh.count == names.count && names.allSatisfy { fresh[$0] != nil }
        entries = fresh
        if !isSame { names = fresh.keys.sorted() }
        pages.forget()
    }

    /// One of them; `nil`: it is gone.
    public mutating func fold(_ name: String, _ stored: StoredEntry?, now: Double) {
        if let stored {
            if entries[name] == nil { names.insert(name, at: place(of: name)) }
            entries[name] = kept(stored, over: entries[name], now: now)
        } else if entries.removeValue(forKey: name) != nil {
            names.remove(at: place(of: name))
        }
        pages.touch()
    }

    /// Where `name` is, or belongs.
    private func place(of name: String) -> Int {
        var low = 0, high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func kept(_ stored: StoredEntry, over old: Kept?, now: Double) -> Kept {
        if var old, old.stored == stored {
            old.stored = stored
            return old
        }
        var kept = Kept(stored: stored, zone: zone, firstSeen: old?.firstSeen ?? now)
        if let name = stored.entry.zone {
            if let rules = zones(name) { kept.zone = rules } else { kept.problem = "the time zone \(name) is not known here" }
        }
        kept.edit = old?.edit
        kept.samples = old?.samples ?? []
        kept.storm = old?.storm
        kept.outcome = old?.outcome ?? .notApplicable
        note(&kept, old)
        plan(&kept, now: now)
        return kept
    }

    private func plan(_ kept: inout Kept, now: Double) {
        guard kept.trouble == nil else { return }
        let entry = kept.entry
        kept.due = entry.next(now: kept.firstSeen, firstSeen: kept.firstSeen, zone: kept.zone)
        if case .clocked = entry.schedule {} else { kept.isGuess = entry.lastRun == nil && entry.start == nil }
        guard let due = kept.due, !entry.isOneOff else { return }
        kept.following = entry.schedule.next(after: due, zone: kept.zone)
        if let end = entry.end, let following = kept.following, following > end { kept.following = nil }
    }

    /// Takes a recorded run into the entry's history.
    private func note(_ kept: inout Kept, _ old: Kept?) {
        let entry = kept.entry
        guard let run = entry.lastRun else { return }
        guard old == nil || old?.entry.lastRun != run || old?.entry.runs != entry.runs else { return }
        // The time of creation, or one that a skip has set, is no run.
        guard entry.runs > 0 || old?.entry.lastRun != nil, old.map({ $0.entry.runs != entry.runs }) ?? true else { return }
        var sample = RunSample(at: run, runs: entry.runs)
        if let old, let last = old.entry.lastRun, old.entry.schedule == entry.schedule, old.entry.isEnabled, run > last, entry.runs > old.entry.runs, kept.trouble == nil {
            let happened = max(0, entry.runs) - max(0, old.entry.runs)
            let planned = entry.schedule.runs(after: last, count: min(happened, 100) + EntryState.missedLimit, zone: kept.zone).prefix { $0 <= run }.count
            sample.missed = max(0, planned - happened)
        }
        kept.samples.append(sample)
        if kept.samples.count > Self.samplesKept { kept.samples.removeFirst() }
        kept.outcome = .asking
        kept.storm = storm(kept) ?? kept.storm
    }

    /// Ten runs and more within a minute, and more than twice as many as planned.
    private func storm(_ kept: Kept) -> (runs: Int, seconds: Double, at: Double)? {
        guard let newest = kept.samples.last, let oldest = kept.samples.first(where: { newest.at - $0.at <= 60 }), kept.trouble == nil else { return nil }
        let happened = max(0, newest.runs) - max(0, oldest.runs)
        guard happened >= 10 else { return nil }
        let planned = kept.entry.schedule.runs(after: oldest.at, count: min(happened, 20_000), zone: kept.zone).prefix { $0 <= newest.at }.count
        return happened > 2 * max(1, planned) ? (happened, max(0, newest.at - oldest.at), newest.at) : nil
    }

    // MARK: - What events tell

    /// Last runs whose outcome is not known for good, the newest first.
    public func questions(limit: Int, now: Double) -> [RunQuestion] {
        var asked: [RunQuestion] = []
        for (name, kept) in entries {
            guard let run = kept.samples.last?.at, run <= now + 2 else { continue }
            if let outcome = kept.outcome.value, outcome.state.isFinal { continue }
            if case .noAnswer = kept.outcome, now - run > 600 { continue }
            asked.append(RunQuestion(name: name, entry: kept.entry, at: run))
        }
        asked.sort { $0.at > $1.at }
        return Array(asked.prefix(limit))
    }

    /// What the tasks of those runs came to; `nil` where none was seen.
    public mutating func fold(_ outcomes: [(question: RunQuestion, outcome: EntryOutcome?)]) {
        for (question, outcome) in outcomes {
            guard entries[question.name]?.samples.last?.at == question.at else { continue }
            entries[question.name]?.outcome = outcome.map { $0.isInferred ? .inferred($0) : .known($0) } ?? .noAnswer(last: nil, at: nil)
        }
        if !outcomes.isEmpty { pages.touch() }
    }

    // MARK: - Edits from here

    public mutating func fold(_ edit: WatchedEdit, of name: String) { entries[name]?.edit = edit }

    public func verdict(_ name: String, now: Double) -> EditVerdict? {
        guard let kept = entries[name], let edit = kept.edit else { return nil }
        return edit.verdict(kept.entry, now: now, settling: lag > 0 ? 6 : 1, patience: 60 + lag)
    }

    /// When the entry was last edited from here, in seconds since 1970.
    public func editedAt(_ name: String) -> Double? { entries[name]?.edit?.at }

    /// The rules that an entry's wall clock goes by.
    public func zone(of entry: ScheduleEntry) -> ZoneRules { entry.zone.flatMap { zones($0) } ?? zone }
}

/// A recorded run whose task is looked for among those that events told of.
public struct RunQuestion: Hashable, Sendable {
    public var name: String
    public var task: String
    /// As events carry them.
    public var args: String
    public var kwargs: String
    /// Seconds since 1970.
    public var at: Double

    public init(name: String, entry: ScheduleEntry, at: Double) {
        self.name = name
        task = entry.task
        args = PythonRepr.text(.array(entry.args))
        kwargs = PythonRepr.text(.object(entry.kwargs))
        self.at = at
    }
}
