extension ScheduleEntry {
    /// The next run, in seconds since 1970, which may be over already: it is due then. `nil`: never.
    ///
    /// An entry that never ran is counted from `firstSeen`; without that it is due at `now`, as in RedBeat, or at its `start`, as in Django's
    /// beat. A run that falls before `start` waits for it; after `end`, or once a one-off has run, there is none.
    /// - Parameter zone: rules of the entry's own `zone`, else of beat's.
    public func next(now: Double, firstSeen: Double? = nil, zone: ZoneRules) -> Double? {
        guard isEnabled, !(isOneOff && runs > 0) else { return nil }
        var next: Double
        if let last = lastRun ?? (start == nil ? firstSeen : nil) {
            guard let found = schedule.next(after: lastRun == nil && schedule.isClocked ? -.infinity : last, zone: zone) else { return nil }
            next = found
        } else if case .clocked(let time) = schedule {
            next = time
        } else {
            next = start ?? now
        }
        if let start { next = max(next, start) }
        if let end, max(next, now) > end { return nil }
        return next
    }

    /// Whether it is to run at `now`, and when to ask again.
    public func due(now: Double, firstSeen: Double? = nil, zone: ZoneRules) -> ScheduleDue {
        guard let next = next(now: now, firstSeen: firstSeen, zone: zone) else { return ScheduleDue(isDue: false, check: nil) }
        guard next <= now else { return ScheduleDue(isDue: false, check: next - now) }
        var after = self
        after.lastRun = now
        after.runs = runs < .max ? runs + 1 : runs
        return ScheduleDue(isDue: true, check: after.next(now: now, zone: zone).map { max(0, $0 - now) })
    }

    /// The next runs, at most `count`, if each happens on time; the first at `now` when it is due.
    public func runs(now: Double, firstSeen: Double? = nil, count: Int, zone: ZoneRules) -> [Double] {
        guard count > 0, let first = next(now: now, firstSeen: firstSeen, zone: zone) else { return [] }
        let run = max(first, now)
        if isOneOff { return [run] }
        return [run] + schedule.runs(after: run, count: count - 1, zone: zone).prefix { end == nil || $0 <= end ?? .infinity }
    }
}

extension Schedule {
    package var isClocked: Bool { if case .clocked = self { true } else { false } }
}
