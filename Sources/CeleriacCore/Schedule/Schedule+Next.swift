extension Schedule {
    /// The first run after `last`, both in seconds since 1970; `nil` when there is none any more.
    ///
    /// Always later than `last`, also when that is in the future, or in the second pass of a doubled hour.
    public func next(after last: Double, zone: ZoneRules) -> Double? {
        switch self {
        case .interval(let interval): interval.next(after: last, zone: zone)
        case .crontab(let crontab): crontab.next(after: last, zone: zone)
        case .solar(let solar): solar.next(after: last)
        case .clocked(let time): time > last ? time : nil
        case .recurrence(let rule): rule.next(after: last)
        }
    }

    /// Whether it is to run at `now`, and when to ask again. However many runs were missed, one is made good.
    public func due(lastRun: Double, now: Double, zone: ZoneRules) -> ScheduleDue {
        guard let next = next(after: lastRun, zone: zone) else { return ScheduleDue(isDue: false, check: nil) }
        guard next <= now else { return ScheduleDue(isDue: false, check: next - now) }
        return ScheduleDue(isDue: true, check: self.next(after: now, zone: zone).map { max(0, $0 - now) })
    }

    /// The next runs, at most `count`, if each happens on time.
    public func runs(after last: Double, count: Int, zone: ZoneRules) -> [Double] {
        if case .recurrence(let rule) = self { return rule.runs(after: last, count: count) }
        var runs: [Double] = []
        var run = last
        while runs.count < count, let next = next(after: run, zone: zone) {
            runs.append(next)
            run = next
        }
        return runs
    }
}
