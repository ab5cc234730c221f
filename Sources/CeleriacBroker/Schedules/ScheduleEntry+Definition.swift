package import CeleriacCore
import OrderedCollections

/// Why a definition is none that beat could run, in words for the entry's `problem`.
package struct DefinitionFault: Error, Hashable {
    package var words: String
    package init(_ words: String) { self.words = words }
}

// RedBeat's `definition`, which our own stores use too, with members of our own for what RedBeat does not know.
extension ScheduleEntry {
    private enum Member {
        static let oneOff = "one_off", start = "start", end = "end", note = "note", zone = "timezone"
        /// Those that RedBeat has.
        static let known = ["task", "args", "kwargs", "options", "schedule", "enabled"]
    }

    /// What of `definition` can be read, and the first thing that cannot. `lastRun` and `runs` are not in it.
    /// - Parameter isOurs: members of our own count.
    package static func read(_ definition: Value, name: String, isOurs: Bool) -> (entry: ScheduleEntry, problem: String?) {
        var entry = ScheduleEntry(name, task: "", schedule: .interval(IntervalSchedule(every: 0)))
        guard definition.object != nil else { return (entry, "the definition is no object") }
        var problem: String?
        func fault(_ words: String) { problem = problem ?? words }
        entry.task = definition["task"]?.string ?? ""
        if entry.task.isEmpty { fault("it names no task") }
        if let args = definition["args"]?.ifNotNull {
            if let items = args.array { entry.args = items } else { fault("args is no list") }
        }
        if let kwargs = definition["kwargs"]?.ifNotNull {
            if let members = kwargs.object { entry.kwargs = members } else { fault("kwargs is no object") }
        }
        if let options = definition["options"]?.ifNotNull {
            if let members = options.object { entry.options = members } else { fault("options is no object") }
        }
        // As Python takes it.
        entry.isEnabled = definition["enabled"].map { $0 != false && $0 != 0 && !$0.isNull } ?? true
        do throws(DefinitionFault) { entry.schedule = try Schedule(definition: definition["schedule"] ?? .null) } catch { fault(error.words) }
        if isOurs {
            entry.isOneOff = definition[Member.oneOff] == true
            entry.start = definition[Member.start]?.double
            entry.end = definition[Member.end]?.double
            entry.note = definition[Member.note]?.string ?? ""
            entry.zone = definition[Member.zone]?.string
        }
        return (entry, problem)
    }

    /// The definition of this entry; `nil` when its schedule has no such form.
    /// - Parameters:
    ///   - old: what it replaces: members that nobody knows are kept, and those that say the same in other words.
    ///   - isOurs: with members of our own.
    package func definition(over old: Value?, isOurs: Bool) -> Value? {
        var members = old?.object ?? [:]
        let before = old.map { Self.read($0, name: name, isOurs: isOurs) }
        let known = before?.problem == nil ? before?.entry : nil
        members["name"] = .string(name)
        members["task"] = .string(task)
        if known?.args != args || members["args"] == nil { members["args"] = .array(args) }
        if known?.kwargs != kwargs || members["kwargs"] == nil { members["kwargs"] = .object(kwargs) }
        if known?.options != options || members["options"] == nil { members["options"] = .object(options) }
        if known?.schedule != schedule {
            guard let value = schedule.definition else { return nil }
            members["schedule"] = value
        }
        members["enabled"] = .bool(isEnabled)
        if isOurs {
            members[Member.oneOff] = isOneOff ? true : nil as Value?
            members[Member.start] = start.map(Value.number)
            members[Member.end] = end.map(Value.number)
            members[Member.note] = note.isEmpty ? nil as Value? : .string(note)
            members[Member.zone] = zone.map(Value.string)
        }
        return .object(members)
    }
}

extension Schedule {
    init(definition: Value) throws(DefinitionFault) {
        switch definition["__type__"]?.string {
        case "solar":
            guard let event = definition["event"]?.string.flatMap(SolarSchedule.Event.init), let latitude = definition["lat"]?.double,
                let longitude = definition["lon"]?.double, let solar = SolarSchedule(event, latitude: latitude, longitude: longitude)
            else { throw DefinitionFault("the solar schedule cannot be read") }
            self = .solar(solar)
        case "clocked":
            guard let time = definition["time"]?.double, ISOTime.text(time) != nil else { throw DefinitionFault("the clocked schedule names no time") }
            self = .clocked(time)
        default:
            do throws(ScheduleFormatError) { self = try Schedule(redBeat: definition) } catch { throw DefinitionFault(error.description) }
        }
    }

    /// `nil` for what has no such form.
    var definition: Value? {
        switch self {
        case .solar(let solar):
            ["__type__": "solar", "event": .string(solar.event.rawValue), "lat": .number(solar.latitude), "lon": .number(solar.longitude)]
        case .clocked(let time): ["__type__": "clocked", "time": .number(time)]
        default: redBeatValue
        }
    }
}
