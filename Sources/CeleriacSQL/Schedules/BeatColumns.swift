import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// What an entry says, as the columns of its task and of its schedule.
struct BeatColumns {
    /// In the order in which they are written.
    private(set) var task: OrderedDictionary<String, BeatColumn> = [:]
    let sort: BeatTables.Sort
    private(set) var schedule: OrderedDictionary<String, BeatColumn> = [:]

    /// - Throws: what the columns cannot hold.
    init(_ entry: ScheduleEntry, _ tables: BeatTables) throws(Refusal) {
        switch entry.schedule {
        case .interval(let interval):
            sort = .interval
            let (every, period) = try Self.interval(interval.every)
            schedule = ["every": .integer(every), "period": .text(period.rawValue)]
        case .crontab(let crontab):
            sort = .crontab
            schedule = [
                "minute": .text(crontab.minute), "hour": .text(crontab.hour), "day_of_week": .text(crontab.dayOfWeek),
                "day_of_month": .text(crontab.dayOfMonth), "month_of_year": .text(crontab.monthOfYear), "timezone": .text(entry.zone ?? "UTC"),
            ]
        case .solar(let solar):
            sort = .solar
            // Six decimals are what the columns hold.
            schedule = [
                "event": .text(solar.event.rawValue), "latitude": .number((solar.latitude * 1e6).rounded() / 1e6),
                "longitude": .number((solar.longitude * 1e6).rounded() / 1e6),
            ]
        case .clocked(let time):
            sort = .clocked
            schedule = ["clocked_time": try Self.time(time, tables)]
        case .recurrence: throw Refusal(words: "recurrence rules")
        }
        let options = entry.options
        task["name"] = .text(entry.name)
        task["task"] = .text(entry.task)
        task["args"] = Self.json(.array(entry.args))
        task["kwargs"] = Self.json(.object(entry.kwargs))
        for name in ["queue", "exchange", "routing_key"] { task[name] = try Self.text(options, name) }
        task["headers"] = Self.json(options["headers"]?.ifNotNull ?? [:])
        task["priority"] = try Self.integer(options, "priority", 0...255)
        task["expires"] = try Self.time(entry.end, tables)
        task["expire_seconds"] = try Self.integer(options, "expires", 0...Int(Int32.max))
        if entry.end != nil, task["expire_seconds"] != .null { throw Refusal(words: "both an end and the option expires") }
        // What runs at one time runs once: both packages insist.
        task["one_off"] = .integer(entry.isOneOff || sort == .clocked ? 1 : 0)
        task["start_time"] = try Self.time(entry.start, tables)
        task["enabled"] = .integer(entry.isEnabled ? 1 : 0)
        task["description"] = .text(entry.note)
    }

    struct Refusal: Error { let words: String }

    /// `every` is a whole number of a unit: of seconds, as both packages write what they are given in code, unless only a smaller one is exact.
    private static func interval(_ seconds: Double) throws(Refusal) -> (Int, BeatPeriod) {
        let isWhole = seconds.rounded() == seconds
        let every = isWhole ? seconds : (seconds * 1e6).rounded()
        guard 1...Double(Int32.max) ~= every, isWhole || abs(every / 1e6 - seconds) < 1e-9 else { throw Refusal(words: "an interval of \(seconds) s") }
        return (Int(every), isWhole ? .seconds : .microseconds)
    }

    private static func time(_ seconds: Double?, _ tables: BeatTables) throws(Refusal) -> BeatColumn {
        guard let seconds else { return .null }
        guard let text = tables.text(seconds) else { throw Refusal(words: "that time") }
        return .text(text)
    }

    private static func json(_ value: Value) -> BeatColumn { .text(String(decoding: JSON.encode(value), as: UTF8.self)) }

    private static func text(_ options: OrderedDictionary<String, Value>, _ name: String) throws(Refusal) -> BeatColumn {
        guard let value = options[name]?.ifNotNull else { return .null }
        guard let text = value.string else { throw Refusal(words: "a \(name) that is no text") }
        return text.isEmpty ? .null : .text(text)
    }

    private static func integer(_ options: OrderedDictionary<String, Value>, _ name: String, _ range: ClosedRange<Int>) throws(Refusal) -> BeatColumn {
        guard let value = options[name]?.ifNotNull else { return .null }
        guard let number = value.integer, range ~= number else { throw Refusal(words: "the option \(name) that is no whole number, or out of range") }
        return .integer(number)
    }
}
