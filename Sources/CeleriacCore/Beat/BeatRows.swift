extension BeatTable {
    private static let upcomingShown = 20

    public func row(_ name: String, now: Double) -> EntryRow? { entries[name].map { row($0, now: now) } }

    func row(_ kept: Kept, now: Double) -> EntryRow {
        var row = EntryRow(kept.stored, words: words(kept), zoneName: kept.zone.name, state: state(kept, now: now), next: next(kept, now: now))
        row.lastRun = lastRun(kept, now: now)
        row.outcome = kept.outcome
        row.verdict = verdict(kept.entry.name, now: now)
        return row
    }

    public func detail(_ name: String, runs: [EntryRun], now: Double) -> EntryDetail? {
        guard let kept = entries[name] else { return nil }
        var detail = EntryDetail(row: row(kept, now: now), zone: kept.zone, localZone: localZone, samples: kept.samples.reversed(), runs: runs)
        guard kept.trouble == nil else { return detail }
        var first = kept.due
        // Of several that were missed, one is made good.
        if let due = first, due <= now - max(grace, lag) { first = now } else if let due = first, due <= now, lag > 0 { first = kept.entry.schedule.next(after: now, zone: kept.zone) }
        if let first {
            let more = kept.entry.isOneOff ? [] : kept.entry.schedule.runs(after: first, count: Self.upcomingShown - 1, zone: kept.zone)
            detail.upcoming = [first] + more.prefix { $0 <= kept.entry.end ?? .infinity }
        }
        detail.warnings = kept.entry.clockWarnings(now: now, zone: kept.zone)
        return detail
    }

    /// Runs recorded while we looked, oldest first.
    public func samples(_ name: String) -> [RunSample] { entries[name]?.samples ?? [] }

    /// The recorded run that a task belongs to: the newest before it was sent, if that was right before.
    public static func sample(of task: TaskRow, among samples: [RunSample]) -> RunSample? {
        guard let time = task.sentAt ?? task.receivedAt else { return nil }
        return samples.last { $0.at <= time + 1.5 }.flatMap { time - $0.at <= (task.sentAt == nil ? 300 : 10) ? $0 : nil }
    }

    /// The run that the store recorded last; a time in the future is none.
    func lastRun(_ kept: Kept, now: Double) -> Double? {
        if kept.entry.runs == 0, kept.samples.isEmpty { return nil }
        return (kept.entry.lastRun.flatMap { $0 <= now + 2 ? $0 : nil }) ?? kept.samples.last?.at
    }

    func words(_ kept: Kept) -> String { kept.stored.problem == nil ? kept.entry.schedule.words(zone: kept.zone) : "" }

    func next(_ kept: Kept, now: Double) -> Fact<Double> {
        guard let due = kept.due, kept.trouble == nil else { return .notApplicable }
        if lag > 0, due <= now, now - due < lag {
            // What was due has most likely run: the store tells later.
            return kept.entry.schedule.next(after: now, zone: kept.zone).map { .inferred($0) } ?? .notApplicable
        }
        return kept.isGuess ? .inferred(due) : .known(due)
    }

    /// `rank` of the state, without counting anything.
    func rank(_ kept: Kept, now: Double) -> Int { state(kept, now: now, counts: false).rank }

    func state(_ kept: Kept, now: Double, counts: Bool = true) -> EntryState {
        if let problem = kept.trouble { return .broken(problem) }
        let entry = kept.entry
        guard entry.isEnabled else { return .disabled }
        guard let due = kept.due else { return .ended }
        if let storm = kept.storm, now - storm.at < Self.stormLasts { return .storm(runs: storm.runs, seconds: storm.seconds) }
        let patience = max(grace, lag)
        if now - due > patience {
            guard let following = kept.following, following <= now - patience else { return .late(now - due) }
            guard counts else { return .missed(2) }
            let limit = EntryState.missedLimit
            return .missed(min(limit, 1 + entry.schedule.runs(after: due, count: limit, zone: kept.zone).prefix { $0 <= now - patience }.count))
        }
        if let last = entry.lastRun, last > now + 2 { return .skipping }
        return entry.runs == 0 && kept.samples.isEmpty ? .neverRan : .scheduled
    }
}

extension Schedule {
    /// `interval`, `crontab`, `solar`, `clocked`, `rrule`.
    public var kind: String {
        switch self {
        case .interval: "interval"
        case .crontab: "crontab"
        case .solar: "solar"
        case .clocked: "clocked"
        case .recurrence: "rrule"
        }
    }
}
