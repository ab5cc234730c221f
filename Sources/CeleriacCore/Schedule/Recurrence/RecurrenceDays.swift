/// Which days a rule allows, whatever its period (the filters of `dateutil.rrule`).
struct RecurrenceDays {
    private let rule: RecurrenceRule
    private let months: [Int]
    private let monthDays: [Int]
    private let yearDays: [Int]
    private let easter: [Int]
    private let weekNumbers: [Int]
    private let weekdays: [Int]
    /// Only years and months count weekdays; elsewhere the ordinal means nothing.
    private let ordinals: [RecurrenceRule.Weekday]

    /// Without any part that names days, the day of `begin` is meant.
    init(_ rule: RecurrenceRule, begin: WallClock) {
        self.rule = rule
        var months = rule.months ?? []
        var monthDays = rule.monthDays ?? []
        var weekdays = rule.weekdays ?? []
        yearDays = rule.yearDays ?? []
        easter = rule.easter ?? []
        weekNumbers = rule.weekNumbers ?? []
        if monthDays.isEmpty, yearDays.isEmpty, weekNumbers.isEmpty, rule.weekdays == nil, rule.easter == nil {
            let date = begin.date
            switch rule.frequency {
            case .yearly:
                if rule.months == nil { months = [date.month] }
                monthDays = [date.day]
            case .monthly: monthDays = [date.day]
            case .weekly: weekdays = [RecurrenceRule.Weekday(begin.weekday)]
            default: break
            }
        }
        self.months = months
        self.monthDays = monthDays
        let counts = rule.frequency == .yearly || rule.frequency == .monthly
        self.weekdays = weekdays.filter { $0.ordinal == nil || !counts }.map(\.day)
        ordinals = counts ? weekdays.filter { $0.ordinal != nil } : []
    }

    var isUnfiltered: Bool {
        months.isEmpty && monthDays.isEmpty && yearDays.isEmpty && easter.isEmpty && weekNumbers.isEmpty && weekdays.isEmpty && ordinals.isEmpty
    }

    /// The first of the next month when `day` lies in one that is not allowed.
    func firstCandidate(from day: Int) -> Int? {
        guard !months.isEmpty else { return nil }
        let date = ISOTime.civil(day)
        return months.contains(date.month) ? nil : ISOTime.days(date.month == 12 ? date.year + 1 : date.year, date.month == 12 ? 1 : date.month + 1, 1)
    }

    /// `day` is counted from 1970-01-01.
    func contains(_ day: Int) -> Bool {
        let date = ISOTime.civil(day)
        if !months.isEmpty, !months.contains(date.month) { return false }
        let weekday = WallClock.weekday(ofDay: day)
        if !weekdays.isEmpty, !weekdays.contains(weekday) { return false }
        if !monthDays.isEmpty, !monthDays.contains(date.day), !monthDays.contains(date.day - WallClock.daysInMonth(date.year, date.month) - 1) { return false }
        if !yearDays.isEmpty {
            let number = day - ISOTime.days(date.year, 1, 1) + 1
            guard yearDays.contains(number) || yearDays.contains(number - WallClock.daysInYear(date.year) - 1) else { return false }
        }
        if !ordinals.isEmpty, !isOrdinal(day, weekday, date) { return false }
        if !weekNumbers.isEmpty, !isInWeek(day, date.year) { return false }
        return easter.isEmpty || easter.contains(day - Self.easter(date.year))
    }

    private func isOrdinal(_ day: Int, _ weekday: Int, _ date: (year: Int, month: Int, day: Int)) -> Bool {
        let countsInMonth = rule.frequency == .monthly || !months.isEmpty
        let first = ISOTime.days(date.year, countsInMonth ? date.month : 1, 1)
        let last = first + (countsInMonth ? WallClock.daysInMonth(date.year, date.month) : WallClock.daysInYear(date.year)) - 1
        return ordinals.contains { $0.day == weekday && ($0.ordinal == (day - first) / 7 + 1 || $0.ordinal == -((last - day) / 7 + 1)) }
    }

    /// Weeks belong to the year in which most of their days lie.
    private func isInWeek(_ day: Int, _ year: Int) -> Bool {
        if day >= weekOne(year + 1) { return weekNumbers.contains(1) }
        let start = weekOne(year)
        if day < start {
            let number = (day - weekOne(year - 1)) / 7 + 1
            return weekNumbers.contains(-1) || weekNumbers.contains(number)
        }
        let number = (day - start) / 7 + 1
        return weekNumbers.contains(number) || weekNumbers.contains(number - (weekOne(year + 1) - start) / 7 - 1)
    }

    /// The first day of the year's first week: the one with 4 January in it.
    private func weekOne(_ year: Int) -> Int {
        let fourth = ISOTime.days(year, 1, 4)
        return fourth - (WallClock.weekday(ofDay: fourth) - rule.weekStart).flooredRemainder(7)
    }

    /// Easter Sunday of the Western churches (the anonymous algorithm of 1876).
    private static func easter(_ year: Int) -> Int {
        let a = year % 19, b = year / 100, c = year % 100
        let d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30
        let e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7
        let f = (a + 11 * d + 22 * e) / 451
        let g = d + e - 7 * f + 114
        return ISOTime.days(year, g / 31, g % 31 + 1)
    }
}
