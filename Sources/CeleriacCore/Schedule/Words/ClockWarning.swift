/// What a change of the clock does to the runs of a schedule.
public struct ClockWarning: Hashable, Sendable {
    public enum Effect: Hashable, Sendable {
        /// The time does not exist on that day: it runs later.
        case moved
        /// Some of the runs fall out.
        case leftOut
        /// In the second pass of a doubled hour nothing runs.
        case paused
    }

    /// Of the change, in seconds since 1970.
    public let at: Double
    public let effect: Effect
    /// In words, with the date.
    public let text: String
}

extension ScheduleEntry {
    /// What changes of the clock within a year from `now` do to its runs, in the order of time; only crontabs follow the clock on the wall.
    public func clockWarnings(now: Double, zone: ZoneRules) -> [ClockWarning] {
        guard isEnabled, case .crontab(let crontab) = schedule else { return [] }
        return crontab.clockWarnings(from: max(now, start ?? now), through: min(now + 366 * 86_400, end ?? .infinity), zone: zone)
    }
}

extension CrontabSchedule {
    func clockWarnings(from: Double, through: Double, zone: ZoneRules) -> [ClockWarning] {
        var warnings: [ClockWarning] = []
        var from = from
        // A year has few changes; the bound is for broken zones.
        for _ in 0..<64 {
            guard let change = zone.nextChange(after: from), change.at <= through else { break }
            warnings += change.shift > 0 ? skipped(by: change, zone) : paused(by: change, zone)
            from = change.at
        }
        return warnings
    }

    /// All matching minutes of the wall clock in a span, its end excluded.
    private func matches(from: Int, to: Int) -> [WallClock] {
        var found: [WallClock] = []
        var wall = WallClock(seconds: from - 60)
        while found.count <= 1440, let next = nextMatch(after: wall), next.seconds < to {
            if next.seconds >= from { found.append(next) }
            wall = next
        }
        return found
    }

    private func skipped(by change: ClockChange, _ zone: ZoneRules) -> [ClockWarning] {
        let from = Int(change.at) + change.before, to = Int(change.at) + change.after
        // What really runs, up to where a run that was moved can come.
        var runs: Set<Double> = []
        var run = change.at - 1
        while runs.count <= 1500, let next = next(after: run, zone: zone), next < change.at + Double(change.shift) {
            runs.insert(next)
            run = next
        }
        var moved: [WallClock] = []
        var leftOut: [WallClock] = []
        let regular = Set(matches(from: to, to: to + change.shift))
        for match in matches(from: from, to: to) {
            let later = WallClock(seconds: match.seconds + change.shift)
            if regular.contains(later) || !runs.contains(Double(match.seconds - change.before)) { leftOut.append(match) } else { moved.append(match) }
        }
        let alsoLeftOut = regular.filter { !runs.contains(Double($0.seconds - change.after)) }.sorted()
        // Of an entry that runs in every hour nobody misses those of an hour that does not exist.
        if hours.count == 24 { leftOut = [] }
        var warnings: [ClockWarning] = []
        let date = WallClock(seconds: from).dateText
        if let first = moved.first {
            let target = WallClock(seconds: first.seconds + change.shift).timeText
            let text = moved.count == 1 ? "\(first.timeText) does not exist; it runs at \(target)" : "\(listed(moved)) do not exist; they run \(minutes(change.shift)) later by the clock"
            warnings.append(ClockWarning(at: change.at, effect: .moved, text: "\(date): \(text)"))
        }
        if !leftOut.isEmpty {
            let text = leftOut.count == 1 ? "\(leftOut[0].timeText) does not exist; this run is left out" : "\(listed(leftOut)) do not exist; these runs are left out"
            warnings.append(ClockWarning(at: change.at, effect: .leftOut, text: "\(date): \(text)"))
        }
        if !alsoLeftOut.isEmpty {
            let verb = alsoLeftOut.count == 1 ? "is" : "are"
            warnings.append(ClockWarning(at: change.at, effect: .leftOut, text: "\(date): \(listed(alsoLeftOut)) \(verb) left out, as a run that does not exist comes later"))
        }
        return warnings
    }

    private func paused(by change: ClockChange, _ zone: ZoneRules) -> [ClockWarning] {
        let from = Int(change.at) + change.after, to = Int(change.at) + change.before
        // A single run simply happens in the first pass.
        guard matches(from: from, to: to).count > 1, let next = next(after: change.at - 1, zone: zone) else { return [] }
        let begin = WallClock(seconds: from), end = WallClock(seconds: to)
        return [
            ClockWarning(
                at: change.at, effect: .paused,
                text: "\(begin.dateText): \(begin.timeText) to \(end.timeText) comes twice; it runs in the first pass only, then next at \(zone.dateAndTime(next))")
        ]
    }

    private func listed(_ times: [WallClock]) -> String {
        let shown = times.prefix(3).map(\.timeText)
        return times.count > 3 ? shown.joined(separator: ", ") + " and \(times.count - 3) more" : shown.count < 2 ? shown.joined() : shown.dropLast().joined(separator: ", ") + " and " + shown[shown.count - 1]
    }

    private func minutes(_ seconds: Int) -> String { seconds % 3600 == 0 ? "\(seconds / 3600) h" : "\(seconds / 60) min" }
}
