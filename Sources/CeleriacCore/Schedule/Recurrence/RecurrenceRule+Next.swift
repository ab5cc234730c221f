extension RecurrenceRule {
    /// The first run after `last`, both in seconds since 1970; `nil` when there is none, or it could not be found in a bounded search.
    public func next(after last: Double) -> Double? { runs(after: last, count: 1).first }

    /// The next runs, at most `count`, as `dateutil.rrule.rrule.after` finds them, up to the year 9999.
    ///
    /// The wall clock is that of `startOffset`, which no change of a clock touches. At most 200 000 periods are looked at.
    public func runs(after last: Double, count wanted: Int) -> [Double] {
        guard problem == nil, wanted > 0, !last.isNaN, count ?? 1 > 0 else { return [] }
        let offset = (startOffset ?? 0) * 60
        var search = RecurrenceSearch(self, begin: Int(secondAtOrBefore: start) + offset, after: Int(secondAtOrBefore: last) + offset)
        if let until { search.until = Int(secondAtOrBefore: until) + offset }
        return search.find(wanted).map { Double($0 - offset) }
    }
}

/// Walks from period to period (year, month, …, second) of a rule. Times are wall clock seconds since 1970.
private struct RecurrenceSearch {
    private static let periods = 200_000
    private static let lastDay = ISOTime.days(9999, 12, 1) + 30

    private let rule: RecurrenceRule
    private let days: RecurrenceDays
    private let begin: Int
    private let after: Int
    var until = Int.max

    /// Allowed ones; `nil` where the period itself says it.
    private let hours, minutes, seconds: [Int]?
    /// In a day, rising, when the period is a day or longer.
    private let times: [Int]
    private var period = 0
    /// Runs before the ones that are looked at.
    private var passed = 0

    init(_ rule: RecurrenceRule, begin: Int, after: Int) {
        self.rule = rule
        self.begin = begin
        self.after = after
        days = RecurrenceDays(rule, begin: WallClock(seconds: begin))
        let clock = WallClock(seconds: begin)
        func allowed(_ list: [Int]?, _ frequency: RecurrenceRule.Frequency, _ own: Int) -> [Int]? {
            // An empty list excludes everything where the period does not say it, and nothing where it does, as in dateutil.
            if rule.frequency.rawValue < frequency.rawValue { return Set(list ?? [own]).sorted() }
            return list.flatMap { $0.isEmpty ? nil : Set($0).sorted() }
        }
        hours = allowed(rule.hours, .hourly, clock.hour)
        minutes = allowed(rule.minutes, .minutely, clock.minute)
        seconds = allowed(rule.seconds, .secondly, clock.second)
        times = rule.frequency.rawValue < RecurrenceRule.Frequency.hourly.rawValue ? Self.product(hours ?? [], minutes ?? [], seconds ?? []) : []
        skip()
    }

    private static func product(_ hours: [Int], _ minutes: [Int], _ seconds: [Int]) -> [Int] {
        hours.flatMap { hour in minutes.flatMap { minute in seconds.map { hour * 3600 + minute * 60 + $0 } } }
    }

    mutating func find(_ wanted: Int) -> [Int] {
        var found: [Int] = []
        if unit == nil || unit == 86_400, times.isEmpty { return [] }
        for _ in 0..<Self.periods {
            guard let range = dayRange, range.lowerBound <= Self.lastDay, range.lowerBound * 86_400 <= until else { break }
            if let target = skipTarget(range.lowerBound) {
                advance(to: target)
                continue
            }
            let days = range.filter(days.contains)
            let times = timesOfPeriod
            period += 1
            if let positions = rule.setPositions, !positions.isEmpty {
                if !add(selected(positions, days, times), 0, &found, wanted) { break }
            } else {
                for day in days where !add(times, day * 86_400, &found, wanted) { return found }
            }
        }
        return found
    }

    /// Takes what counts of `times`, rising, from `base` on; `false` when the search is over.
    private mutating func add(_ times: [Int], _ base: Int, _ found: inout [Int], _ wanted: Int) -> Bool {
        let first = times.firstIndex(after: begin - base - 1)
        let next = max(first, times.firstIndex(after: after - base))
        passed += next - first
        for time in times[next...] {
            if base + time > until || rule.count.map({ passed >= $0 }) == true { return false }
            found.append(base + time)
            passed += 1
            if found.count == wanted { return false }
        }
        return rule.count.map { passed < $0 } ?? true
    }

    private func selected(_ positions: [Int], _ days: [Int], _ times: [Int]) -> [Int] {
        guard !times.isEmpty else { return [] }
        var selected: Set<Int> = []
        for position in positions {
            let place = position > 0 ? position - 1 : days.count * times.count + position
            if 0..<days.count * times.count ~= place { selected.insert(days[place / times.count] * 86_400 + times[place % times.count]) }
        }
        return selected.sorted()
    }

    // MARK: Periods

    /// Seconds of a period of fixed length; `nil` for weeks, which begin anew, and longer ones.
    private var unit: Int? {
        switch rule.frequency {
        case .yearly, .monthly, .weekly: nil
        case .daily: 86_400
        case .hourly: 3600
        case .minutely: 60
        case .secondly: 1
        }
    }

    /// The first second of the current period of fixed length.
    private func startOfPeriod(_ unit: Int) -> Int { begin - begin.flooredRemainder(unit) + period * rule.interval * unit }

    private var beginDay: Int { begin.flooredQuotient(86_400) }

    private func weekStart(_ day: Int) -> Int { day - (WallClock.weekday(ofDay: day) - rule.weekStart).flooredRemainder(7) }

    private var dayRange: ClosedRange<Int>? {
        if let unit {
            let day = startOfPeriod(unit).flooredQuotient(86_400)
            return day...day
        }
        let date = WallClock(seconds: begin).date
        switch rule.frequency {
        case .yearly:
            let year = date.year + period * rule.interval
            guard year <= 9999 else { return nil }
            return ISOTime.days(year, 1, 1)...ISOTime.days(year, 12, 1) + 30
        case .monthly:
            let month = date.year * 12 + date.month - 1 + period * rule.interval
            guard month < 120_000 else { return nil }
            let first = ISOTime.days(month / 12, month % 12 + 1, 1)
            return first...first + WallClock.daysInMonth(month / 12, month % 12 + 1) - 1
        default:
            let week = weekStart(beginDay) + period * rule.interval * 7
            return (period == 0 ? beginDay : week)...week + 6
        }
    }

    private var timesOfPeriod: [Int] {
        guard let unit, unit < 86_400 else { return times }
        let clock = WallClock(seconds: startOfPeriod(unit))
        return Self.product([clock.hour], unit > 60 * 59 ? minutes ?? [] : [clock.minute], unit > 1 ? seconds ?? [] : [clock.second])
    }

    // MARK: Skipping

    /// Goes close to `after` at once where nothing must be counted on the way.
    private mutating func skip() {
        guard after > begin, rule.count == nil || days.isUnfiltered && onePerPeriod else { return }
        let periods = switch rule.frequency {
        case .yearly: WallClock(seconds: after).date.year - WallClock(seconds: begin).date.year
        case .monthly: (WallClock(seconds: after).date.year - WallClock(seconds: begin).date.year) * 12 - 12
        case .weekly: (after - begin) / 604_800 - 1
        default: (after - begin) / (unit ?? 1)
        }
        period = max(0, periods / rule.interval - 1)
        passed = period
    }

    /// Every period has exactly one run, the first one too.
    private var onePerPeriod: Bool {
        guard rule.setPositions?.isEmpty != false, let unit else { return false }
        switch unit {
        case 86_400: return times.count == 1 && begin.flooredRemainder(86_400) <= times[0]
        case 3600: return hours == nil && minutes?.count == 1 && seconds?.count == 1 && begin.flooredRemainder(3600) <= (minutes?[0] ?? 0) * 60 + (seconds?[0] ?? 0)
        case 60: return hours == nil && minutes == nil && seconds?.count == 1 && begin.flooredRemainder(60) <= seconds?[0] ?? 0
        default: return hours == nil && minutes == nil && seconds == nil
        }
    }

    /// The second before which no period can have a run, when the current one has none for sure.
    private func skipTarget(_ day: Int) -> Int? {
        guard let unit else { return nil }
        if let other = days.firstCandidate(from: day) { return other * 86_400 }
        guard unit < 86_400 else { return nil }
        let clock = WallClock(seconds: startOfPeriod(unit))
        if !days.contains(day) { return (day + 1) * 86_400 }
        if let hours, !hours.contains(clock.hour) { return clock.seconds - clock.seconds.flooredRemainder(3600) + 3600 }
        if unit < 3600, let minutes, !minutes.contains(clock.minute) { return clock.seconds - clock.second + 60 }
        if unit < 60, let seconds, !seconds.contains(clock.second) { return clock.seconds + 1 }
        return nil
    }

    /// To the first period that begins at or after `second`, at least one further.
    private mutating func advance(to second: Int) {
        guard let unit else { return }
        let step = rule.interval * unit
        let first = begin - begin.flooredRemainder(unit)
        period = max(period + 1, (second - first + step - 1) / step)
    }
}
