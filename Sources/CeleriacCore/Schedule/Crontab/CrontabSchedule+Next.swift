extension CrontabSchedule {
    /// The first run after `last`, both in seconds since 1970; `nil` when there is none for fifty years, or `last` is no time of this era.
    ///
    /// Wall clock as in Celery: of a time that comes twice only the first is a run, one that is skipped runs that much later. Unlike
    /// Celery's, a run never lies at or before `last`, whichever pass of a doubled hour `last` was in.
    public func next(after last: Double, zone: ZoneRules) -> Double? {
        guard last.magnitude < 2e11 else { return nil }
        var wall = zone.wallClock(at: last)
        // Each round leaves a minute of a doubled hour behind; the longest of those is a day.
        for _ in 0..<1500 {
            guard let match = nextMatch(after: wall) else { return nil }
            let found = zone.instant(of: match).first
            if found > last { return found }
            wall = match
        }
        return nil
    }

    /// The first matching minute strictly after that of `wall`.
    func nextMatch(after wall: WallClock) -> WallClock? {
        let start = wall.date
        if matches(start.year, start.month, start.day) {
            if hours.contains(wall.hour), let minute = minutes.first(from: wall.minute + 1) {
                return WallClock(start.year, start.month, start.day, wall.hour, minute)
            }
            if let hour = hours.first(from: wall.hour + 1), let minute = minutes.first(from: 0) {
                return WallClock(start.year, start.month, start.day, hour, minute)
            }
        }
        guard let hour = hours.first(from: 0), let minute = minutes.first(from: 0) else { return nil }
        var (year, month, day) = (start.year, start.month, start.day + 1)
        while year <= start.year + 50 {
            if months.contains(month) {
                while let found = monthDays.first(from: day), found <= WallClock.daysInMonth(year, month) {
                    if matches(year, month, found) { return WallClock(year, month, found, hour, minute) }
                    day = found + 1
                }
            }
            day = 1
            month += 1
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        return nil
    }

    private func matches(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        // 0 is Monday there and Sunday here.
        months.contains(month) && monthDays.contains(day) && weekdays.contains((WallClock.weekday(ofDay: ISOTime.days(year, month, 1) + day - 1) + 1) % 7)
    }

    /// Whether it is to run at `now`, and in how many seconds to ask again; of several missed runs one is made good.
    public func due(lastRun: Double, now: Double, zone: ZoneRules) -> ScheduleDue {
        guard let next = next(after: lastRun, zone: zone) else { return ScheduleDue(isDue: false, check: nil) }
        guard next <= now else { return ScheduleDue(isDue: false, check: next - now) }
        return ScheduleDue(isDue: true, check: self.next(after: now, zone: zone).map { max(0, $0 - now) })
    }
}
