import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// An entry as a table `[entries.NAME]`:
///
/// ```toml
/// [entries."send the report"]
/// task = "shop.report"
/// crontab = "30 4 * * mon-fri"        # or every = 60; or solar = "sunset" with latitude, longitude; or at = 2027-01-01T00:00:00Z; or rrule = { … }
/// timezone = "Europe/Berlin"
/// args = ["weekly", 2]                # args_json = '["weekly", null]' for what TOML has no words for
/// options = { queue = "reports", priority = 3 }
/// ```
enum EntryTable {
    static let keys: Set<String> = [
        "task", "every", "relative", "crontab", "solar", "latitude", "longitude", "at", "rrule", "timezone", "args", "args_json", "kwargs", "kwargs_json",
        "options", "options_json", "enabled", "one_off", "start", "end", "note",
    ]
    private static let kinds = ["every", "crontab", "solar", "at", "rrule"]

    // MARK: - Reading

    static func entry(_ name: String, _ table: Value) -> (entry: ScheduleEntry, problem: String?) {
        var entry = ScheduleEntry(name, task: "", schedule: .interval(IntervalSchedule(every: 0)))
        guard let members = table.object else { return (entry, "it is no table") }
        var problem: String?
        func part<Part>(_ key: String, _ word: String, _ read: (Value) -> Part?) -> Part? {
            guard let value = members[key] else { return nil }
            let part = read(value)
            if part == nil { problem = problem ?? "\(key) must be \(word)" }
            return part
        }
        func content<Part>(_ key: String, _ word: String, _ read: (Value) -> Part?) -> Part? {
            part(key + "_json", "JSON, \(word)") { $0.string.flatMap { try? JSON.decode($0) }.flatMap(read) } ?? part(key, word, read)
        }
        if let stranger = members.keys.first(where: { !keys.contains($0) }) {
            problem = "unknown key \(stranger)" + (Nearest.match(for: stranger, in: Array(keys)).map { "; did you mean \($0)?" } ?? "")
        }
        entry.task = part("task", "a text") { $0.string } ?? ""
        entry.args = content("args", "a list") { $0.array } ?? []
        entry.kwargs = content("kwargs", "a table") { $0.object } ?? [:]
        entry.options = content("options", "a table") { $0.object } ?? [:]
        entry.zone = part("timezone", "a text") { $0.string }
        entry.isEnabled = part("enabled", "true or false") { $0.bool } ?? true
        entry.isOneOff = part("one_off", "true or false") { $0.bool } ?? false
        entry.start = part("start", "a time") { time($0) }
        entry.end = part("end", "a time") { time($0) }
        entry.note = part("note", "a text") { $0.string } ?? ""
        do throws(DefinitionFault) { entry.schedule = try schedule(members) } catch { problem = problem ?? error.words }
        if entry.task.isEmpty { problem = problem ?? "it names no task" }
        return (entry, problem)
    }

    private static func time(_ value: Value) -> Double? { value.string.flatMap(ISOTime.parse) }

    private static func schedule(_ members: OrderedDictionary<String, Value>) throws(DefinitionFault) -> Schedule {
        let kinds = kinds.filter { members[$0] != nil }
        guard kinds.count == 1, let kind = kinds.first, let value = members[kind] else {
            throw DefinitionFault(kinds.isEmpty ? "it has no schedule: one of \(Self.kinds.joined(separator: ", "))" : "it has several schedules: \(kinds.joined(separator: ", "))")
        }
        switch kind {
        case "every":
            guard let seconds = value.double, seconds > 0, seconds.isFinite else { throw DefinitionFault("every must be seconds, more than 0") }
            return .interval(IntervalSchedule(every: seconds, isRelative: members["relative"] == true))
        case "crontab":
            guard let text = value.string else { throw DefinitionFault("crontab must be a text of five fields") }
            do throws(CrontabError) { return .crontab(try CrontabSchedule(text)) } catch { throw DefinitionFault("the crontab cannot be read: \(error)") }
        case "solar":
            guard let event = value.string.flatMap(SolarSchedule.Event.init) else { throw DefinitionFault("the solar event is unknown") }
            guard let latitude = members["latitude"]?.double, let longitude = members["longitude"]?.double,
                let solar = SolarSchedule(event, latitude: latitude, longitude: longitude)
            else { throw DefinitionFault("solar needs latitude and longitude") }
            return .solar(solar)
        case "at":
            guard let time = time(value) else { throw DefinitionFault("at must be a time") }
            return .clocked(time)
        default:
            guard var rule = value.object else { throw DefinitionFault("rrule must be a table") }
            rule["__type__"] = "rrule"
            do throws(ScheduleFormatError) { return try Schedule(redBeat: .object(rule)) } catch { throw DefinitionFault(error.description) }
        }
    }

    // MARK: - Writing

    /// The lines of an entry; `nil` for what TOML cannot hold.
    static func block(_ entry: ScheduleEntry) -> String? {
        guard [entry.name, entry.task, entry.note, entry.zone ?? ""].allSatisfy(TOMLWriting.canHold) else { return nil }
        var lines = ["[entries.\(TOMLWriting.key(entry.name))]"]
        func add(_ key: String, _ value: Value) { lines.append("\(key) = \(TOMLWriting.text(value))") }
        func addTime(_ key: String, _ seconds: Double) -> Bool {
            guard let text = ISOTime.text(seconds) else { return false }
            lines.append("\(key) = \(text)")
            return true
        }
        func addContent(_ key: String, _ value: Value) {
            TOMLWriting.canHold(value) ? add(key, value) : add(key + "_json", .string(String(decoding: JSON.encode(value), as: UTF8.self)))
        }
        add("task", .string(entry.task))
        switch entry.schedule {
        case .interval(let interval):
            add("every", Int(exactly: interval.every).map { .integer($0) } ?? .number(interval.every))
            if interval.isRelative { add("relative", true) }
        case .crontab(let crontab): 
            // A field with blanks would be several.
            guard (try? CrontabSchedule(crontab.text)) == crontab, TOMLWriting.canHold(crontab.text) else { return nil }
            add("crontab", .string(crontab.text))
        case .solar(let solar):
            add("solar", .string(solar.event.rawValue))
            add("latitude", .number(solar.latitude))
            add("longitude", .number(solar.longitude))
        case .clocked(let time): if !addTime("at", time) { return nil }
        case .recurrence:
            guard var rule = entry.schedule.redBeatValue?.object else { return nil }
            rule["__type__"] = nil as Value?
            rule = rule.filter { !$0.value.isNull }
            guard TOMLWriting.canHold(.object(rule)) else { return nil }
            add("rrule", .object(rule))
        }
        if let zone = entry.zone { add("timezone", .string(zone)) }
        if !entry.args.isEmpty { addContent("args", .array(entry.args)) }
        if !entry.kwargs.isEmpty { addContent("kwargs", .object(entry.kwargs)) }
        if !entry.options.isEmpty { addContent("options", .object(entry.options)) }
        if !entry.isEnabled { add("enabled", false) }
        if entry.isOneOff { add("one_off", true) }
        if let start = entry.start, !addTime("start", start) { return nil }
        if let end = entry.end, !addTime("end", end) { return nil }
        if !entry.note.isEmpty { add("note", .string(entry.note)) }
        return lines.joined(separator: "\n") + "\n"
    }
}
