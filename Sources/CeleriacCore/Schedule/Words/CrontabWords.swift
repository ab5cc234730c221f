/// Says a crontab in words, but only where they mean exactly the same runs.
struct CrontabWords {
    private let crontab: CrontabSchedule
    private let zone: String

    init(_ crontab: CrontabSchedule, _ zone: String) {
        self.crontab = crontab
        self.zone = zone
    }

    /// Else the five fields.
    var text: String { spoken ?? "\(crontab.text) \(zone)" }

    private enum Time {
        /// `at 09:30`.
        case at(String)
        /// `every 5 min`, with the hours it is limited to.
        case often(String)
        /// Holds in every zone alike.
        case always(String)
    }

    private var spoken: String? {
        guard let time, let days, let months else { return nil }
        switch time {
        case .at(let time): return (days.isEmpty ? "every day" : days) + " \(time)\(months) \(zone)"
        case .often(let often): return often + (days.isEmpty ? "" : " " + plural(days)) + months + " " + zone
        case .always(let often): return days.isEmpty && months.isEmpty ? often : often + (days.isEmpty ? "" : " " + plural(days)) + months + " " + zone
        }
    }

    // MARK: Time of day

    private var time: Time? {
        let minutes = crontab.minutes.numbers, hours = crontab.hours.numbers
        guard let firstMinute = minutes.first, let lastMinute = minutes.last, let firstHour = hours.first, let lastHour = hours.last else { return nil }
        let isAllHours = hours.count == 24, isBlock = lastHour - firstHour + 1 == hours.count
        if minutes.count == 1 {
            if isAllHours { return .often(firstMinute == 0 ? "every hour" : "every hour at minute \(firstMinute)") }
            if hours.count > 2, isBlock { return .often("every hour from \(clock(firstHour, firstMinute)) to \(clock(lastHour, firstMinute))") }
            if hours.count <= 4 { return .at("at " + list(hours.map { clock($0, firstMinute) })) }
            guard let step = step(hours, 24) else { return nil }
            return .often("every \(step) h from \(clock(0, firstMinute)) to \(clock(lastHour, firstMinute))")
        }
        if minutes.count * hours.count <= 4 { return .at("at " + list(hours.flatMap { hour in minutes.map { clock(hour, $0) } })) }
        guard let step = step(minutes, 60) else { return nil }
        let often = step == 1 ? "every minute" : "every \(step) min"
        if isAllHours { return .always(often) }
        return isBlock ? .often("\(often) from \(clock(firstHour, 0)) to \(clock(lastHour, lastMinute))") : nil
    }

    /// The even step, from 0 on, in which numbers go through the whole of `range`.
    private func step(_ numbers: [Int], _ range: Int) -> Int? {
        guard numbers.count > 1, range % numbers.count == 0 else { return nil }
        let step = range / numbers.count
        return numbers == Array(stride(from: 0, to: range, by: step)) ? step : nil
    }

    private func clock(_ hour: Int, _ minute: Int) -> String { "\(twoDigits(hour)):\(twoDigits(minute))" }

    // MARK: Days

    /// Empty for every day; `nil` for what is hard to say: both kinds of days at once.
    private var days: String? {
        let isEveryWeekday = crontab.weekdays.count == 7, isEveryMonthDay = crontab.monthDays.count == 31
        if isEveryWeekday, isEveryMonthDay { return "" }
        if isEveryMonthDay {
            let weekdays = crontab.weekdays.numbers
            if weekdays == [1, 2, 3, 4, 5] { return "every weekday" }
            // The week begins on Monday.
            return "every " + list(weekdays.sorted { ($0 + 6) % 7 < ($1 + 6) % 7 }.map { Self.weekdays[$0] })
        }
        guard isEveryWeekday, crontab.monthDays.count <= 5 else { return nil }
        return "on day " + list(crontab.monthDays.numbers.map(String.init)) + " of the month"
    }

    private func plural(_ days: String) -> String {
        guard days.hasPrefix("every ") else { return days }
        if days == "every weekday" { return "on weekdays" }
        return "on " + days.dropFirst(6)
    }

    /// Empty for all.
    private var months: String? {
        let months = crontab.months.numbers
        if months.count == 12 { return "" }
        return " in " + list(months.map { Self.months[$0 - 1] })
    }

    private func list(_ words: [String]) -> String {
        words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " and " + words[words.count - 1]
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
}
