extension IntervalSchedule {
    /// The first run after `last`, both in seconds since 1970; `nil` when `every` is not above zero, or too small to tell two runs apart.
    ///
    /// A relative one runs at the first midnight after so many days on the calendar, or at the last full hour or minute (by the wall clock, either
    /// pass of a doubled hour) at or before `every` seconds from `last`, but after `last`. One that the clock skips moves forward with it.
    public func next(after last: Double, zone: ZoneRules) -> Double? {
        guard every > 0, every < 1e11, last.magnitude < 1e11 else { return nil }
        let end = last + every
        guard end > last else { return nil }
        guard isRelative else { return end }
        let boundary = boundary(after: last, zone: zone)
        return boundary > last ? boundary : end
    }

    private func boundary(after last: Double, zone: ZoneRules) -> Double {
        let end = last + every
        if every >= 86_400 {
            let wall = zone.wallClock(at: last).seconds + Int((every + last - last.rounded(.down)).rounded(.down))
            return occurrences(wall, 86_400, zone).filter { $0 > last }.min() ?? zone.instant(of: WallClock(seconds: wall)).first
        }
        let unit = every >= 3600 ? 3600 : every >= 60 ? 60 : 1
        let wall = zone.wallClock(at: end).seconds
        var found = occurrences(wall, unit, zone)
        let rounded = found.filter { $0 <= end }.max() ?? found.min() ?? end
        guard unit >= 60, rounded <= last else { return rounded }
        // Where clocks are put back by part of an hour, the boundary may come before `last`: the one after it is as good.
        found += occurrences(wall + unit, unit, zone)
        found += occurrences(zone.wallClock(at: last).seconds + Int(every.rounded(.down)), unit, zone)
        let later = found.filter { $0 > last }
        return later.filter { $0 <= end }.max() ?? later.min() ?? end
    }

    /// The instants at which the clock shows the full `unit` at or before `wall`.
    private func occurrences(_ wall: Int, _ unit: Int, _ zone: ZoneRules) -> [Double] {
        switch zone.instant(of: WallClock(seconds: wall - wall.flooredRemainder(unit))) {
        case .once(let instant), .gap(let instant, _, _): [instant]
        case .twice(let first, let second): [first, second]
        }
    }
}
