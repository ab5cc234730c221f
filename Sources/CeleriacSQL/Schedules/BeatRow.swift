import CeleriacBroker
import CeleriacCore
import GRDB
import OrderedCollections

/// A task of `BeatTables.tasks`, as an entry.
struct BeatRow {
    private let values: [DatabaseValue]
    private var problem: String?

    init(_ row: Row) { values = Array(row.databaseValues) }

    private static let runColumns = 16..<18

    /// `nil` when not even the name can be read.
    static func stored(_ row: Row) -> StoredEntry? {
        var task = BeatRow(row)
        guard task.values.count == 30, let entry = task.entry() else { return nil }
        let runs = Array(task.values[runColumns])
        let definition = Array(task.values[..<runColumns.lowerBound]) + Array(task.values[runColumns.upperBound...])
        let version = EntryVersion(definition: definition.fingerprint, runs: runs.fingerprint)
        return StoredEntry(entry, version: version.text, problem: task.problem)
    }

    private mutating func entry() -> ScheduleEntry? {
        guard let name = values[1].text else { return nil }
        var entry = ScheduleEntry(name, task: values[2].text ?? "", schedule: schedule())
        if entry.task.isEmpty { fault("it names no task") }
        if let args = json(3, "args") {
            if let items = args.array { entry.args = items } else { fault("args is no list") }
        }
        if let kwargs = json(4, "kwargs") {
            if let members = kwargs.object { entry.kwargs = members } else { fault("kwargs is no object") }
        }
        entry.options = options()
        entry.isOneOff = (values[12].integer ?? 0) != 0
        entry.start = time(13, "start_time")
        entry.end = time(10, "expires")
        entry.isEnabled = (values[14].integer ?? 0) != 0
        entry.note = values[15].text ?? ""
        entry.lastRun = time(16, "last_run_at")
        entry.runs = max(0, values[17].integer ?? 0)
        if case .crontab = entry.schedule { entry.zone = values[25].text.flatMap { $0.isEmpty ? nil : $0 } }
        return entry
    }

    /// The first one counts.
    private mutating func fault(_ words: String) { problem = problem ?? words }

    private mutating func time(_ column: Int, _ name: String) -> Double? {
        if values[column].isNull { return nil }
        let time = values[column].time
        if time == nil { fault("\(name) is no time") }
        return time
    }

    /// `nil` when nothing is there, or nothing readable.
    private mutating func json(_ column: Int, _ name: String) -> Value? {
        guard let text = values[column].text, !text.isEmpty else { return nil }
        do throws(JSONError) { return try JSON.decode(text) } catch {
            fault("\(name) is no JSON: \(error)")
            return nil
        }
    }

    private mutating func options() -> OrderedDictionary<String, Value> {
        var options: OrderedDictionary<String, Value> = [:]
        for (column, name) in [(5, "queue"), (6, "exchange"), (7, "routing_key")] {
            if let text = values[column].text, !text.isEmpty { options[name] = .string(text) }
        }
        if let priority = values[9].integer { options["priority"] = .integer(priority) }
        if let headers = json(8, "headers"), !headers.isNull {
            if headers.object == nil { fault("headers is no object") } else if headers != [:] { options["headers"] = headers }
        }
        if let expires = values[11].integer { options["expires"] = .integer(expires) }
        return options
    }

    // MARK: - Schedules

    private mutating func schedule() -> Schedule {
        do throws(Fault) {
            if let every = values[18].number { return .interval(IntervalSchedule(every: try Self.interval(every, period: values[19].text))) }
            if values[20...24].contains(where: { !$0.isNull }) { return .crontab(try crontab()) }
            if let event = values[26].text { return .solar(try Self.solar(event, values[27].number, values[28].number)) }
            if !values[29].isNull {
                guard let time = values[29].time else { throw Fault(words: "clocked_time is no time") }
                return .clocked(time)
            }
            throw Fault(words: "its schedule is missing")
        } catch {
            fault(error.words)
            return .interval(IntervalSchedule(every: 0))
        }
    }

    private struct Fault: Error { let words: String }

    private static func interval(_ every: Double, period: String?) throws(Fault) -> Double {
        guard let period = period.flatMap({ BeatPeriod(rawValue: $0.lowercased()) }) else { throw Fault(words: "the interval's period is unknown") }
        guard every > 0 else { throw Fault(words: "the interval is no positive number") }
        return period == .microseconds ? every / 1e6 : every * period.seconds
    }

    private func crontab() throws(Fault) -> CrontabSchedule {
        do throws(CrontabError) {
            return try CrontabSchedule(
                minute: values[20].text ?? "*", hour: values[21].text ?? "*", dayOfMonth: values[22].text ?? "*", monthOfYear: values[23].text ?? "*",
                dayOfWeek: values[24].text ?? "*")
        } catch {
            throw Fault(words: "the crontab cannot be read: \(error)")
        }
    }

    private static func solar(_ event: String, _ latitude: Double?, _ longitude: Double?) throws(Fault) -> SolarSchedule {
        guard let event = SolarSchedule.Event(rawValue: event) else { throw Fault(words: "the solar event is unknown") }
        guard let latitude, let longitude, let solar = SolarSchedule(event, latitude: latitude, longitude: longitude) else {
            throw Fault(words: "the solar schedule's place is not on Earth")
        }
        return solar
    }
}

/// Units of an interval, as both packages name them.
enum BeatPeriod: String {
    case days, hours, minutes, seconds, microseconds

    var seconds: Double {
        switch self {
        case .days: 86_400
        case .hours: 3600
        case .minutes: 60
        case .seconds: 1
        case .microseconds: 1e-6
        }
    }
}
