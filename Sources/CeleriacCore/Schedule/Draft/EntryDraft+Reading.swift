import OrderedCollections

extension EntryDraft {
    /// What a draft says.
    public struct Reading: Hashable, Sendable {
        /// `nil` as long as there are faults.
        public var entry: ScheduleEntry?
        /// When it runs, whatever the rest says: no name, no task. `nil` while that part is at fault.
        public var plan: ScheduleEntry?
        /// In plain words, by the field at fault.
        public var faults: [Field: String]
    }

    /// - Parameter features: what its store can hold; the rest is a fault.
    public func read(_ features: ScheduleFeatures = .everything) -> Reading {
        var reader = DraftReader(draft: self)
        return reader.read(features)
    }

    /// The kinds of schedule that a store can hold, and the one that the draft is of.
    public func kinds(_ features: ScheduleFeatures) -> [Kind] { Kind.allCases.filter { features.holds($0) || $0 == kind } }

    /// The fields that make sense for its kind and that a store can hold, and those that say something nevertheless.
    public func fields(_ features: ScheduleFeatures) -> [Field] {
        Field.allCases.filter { field in
            switch field {
            case .every: kind == .interval
            case .relative: kind == .interval && (features.contains(.relativeInterval) || says(.relative))
            case .crontab: kind == .crontab
            case .solar, .place: kind == .solar
            case .time: kind == .clocked
            case .rrule: kind == .rrule
            case .zone: features.contains(.zones) && (kind == .crontab || (kind == .interval && features.contains(.relativeInterval))) || says(.zone)
            case .oneOff: features.contains(.oneOff) || says(.oneOff)
            case .start: features.contains(.start) || says(.start)
            case .end: features.contains(.end) || says(.end)
            case .note: features.contains(.note) || says(.note)
            default: true
            }
        }
    }

    private func says(_ field: Field) -> Bool { self[field] != Self.defaults[field] ?? "" }
}

extension ScheduleFeatures {
    public static let everything: Self = [
        .interval, .relativeInterval, .crontab, .solar, .clocked, .recurrence, .zones, .oneOff, .start, .end, .note, .leadership, .anyOption,
    ]

    func holds(_ kind: EntryDraft.Kind) -> Bool {
        switch kind {
        case .interval: contains(.interval) || contains(.relativeInterval)
        case .crontab: contains(.crontab)
        case .solar: contains(.solar)
        case .clocked: contains(.clocked)
        case .rrule: contains(.recurrence)
        }
    }
}

/// Reads field by field and goes on after a fault.
private struct DraftReader {
    let draft: EntryDraft
    var faults: [EntryDraft.Field: String] = [:]

    private var origin: ScheduleEntry? { draft.origin }

    mutating func read(_ features: ScheduleFeatures) -> EntryDraft.Reading {
        let schedule = schedule()
        var plan = ScheduleEntry("", task: "", schedule: schedule ?? .clocked(0))
        let zone = draft[.zone].trimmingBlanks
        plan.zone = if let origin, !draft.isChanged(.zone) { origin.zone } else { zone.isEmpty ? nil : zone }
        plan.isEnabled = flag(.enabled)
        plan.isOneOff = flag(.oneOff)
        plan.start = time(.start, origin?.start)
        plan.end = time(.end, origin?.end)
        if let start = plan.start, let end = plan.end, end < start { faults[.end] = "before the start" }
        plan.lastRun = origin?.lastRun
        plan.runs = origin?.runs ?? 0
        let whenIsRight = faults.isEmpty
        var entry = plan
        entry.name = draft[.name]
        if entry.name.isEmpty { faults[.name] = "the name is missing" }
        entry.task = if let origin, !draft.isChanged(.task) { origin.task } else { draft[.task].trimmingBlanks }
        if entry.task.isEmpty { faults[.task] = "the task's name is missing" }
        entry.args = args()
        entry.kwargs = object(.kwargs, origin?.kwargs) ?? [:]
        entry.options = options()
        entry.note = draft[.note]
        if faults.isEmpty, let (field, words) = features.lacking(entry) { faults[field] = "this store cannot hold \(words)" }
        return EntryDraft.Reading(entry: faults.isEmpty ? entry : nil, plan: whenIsRight && schedule != nil ? plan : nil, faults: faults)
    }

    // MARK: When

    private mutating func schedule() -> Schedule? {
        let fields: [EntryDraft.Field]
        switch draft.kind {
        case .interval: fields = [.every, .relative]
        case .crontab: fields = [.crontab]
        case .solar: fields = [.solar, .place]
        case .clocked: fields = [.time]
        case .rrule: fields = [.rrule]
        case nil:
            let nearest = Nearest.match(for: draft[.kind], in: EntryDraft.Kind.allCases.map(\.rawValue)).map { "; did you mean \($0)?" } ?? ""
            faults[.kind] = "one of " + EntryDraft.Kind.allCases.map(\.rawValue).joined(separator: ", ") + nearest
            return nil
        }
        if let origin, !draft[fields[0]].isEmpty, !([.kind] + fields).contains(where: draft.isChanged) { return origin.schedule }
        switch draft.kind {
        case .interval: return interval()
        case .crontab: return crontab()
        case .solar: return solar()
        case .clocked: return time(.time, nil, isNeeded: true).map { .clocked($0) }
        case .rrule, nil:
            do throws(RecurrenceTextError) { return .recurrence(try RecurrenceRule(draft[.rrule])) } catch { return fault(.rrule, error.description) }
        }
    }

    private mutating func interval() -> Schedule? {
        let isRelative = flag(.relative)
        guard let every = TypedDuration.seconds(draft[.every]), every > 0, every < 1e11 else {
            return fault(.every, "a time above 0 is wanted, as 90, 5m or 1h30m")
        }
        return .interval(IntervalSchedule(every: every, isRelative: isRelative))
    }

    private mutating func crontab() -> Schedule? {
        do throws(CrontabError) { return .crontab(try CrontabSchedule(draft[.crontab])) } catch { return fault(.crontab, error.description) }
    }

    private mutating func solar() -> Schedule? {
        let event = SolarSchedule.Event(rawValue: draft[.solar].trimmingBlanks)
        if event == nil { faults[.solar] = "one of \(SolarSchedule.Event.allCases.map(\.rawValue).joined(separator: ", "))" }
        let place = draft[.place].split(separator: ",", omittingEmptySubsequences: false).map { Double(String($0).trimmingBlanks) }
        guard place.count == 2, let north = place[0], let east = place[1], let solar = SolarSchedule(event ?? .sunrise, latitude: north, longitude: east) else {
            return fault(.place, "degrees north and east are wanted, from -90 to 90 and from -180 to 180: 52.5,13.4")
        }
        return event == nil ? nil : .solar(solar)
    }

    private mutating func time(_ field: EntryDraft.Field, _ old: Double?, isNeeded: Bool = false) -> Double? {
        if let old, !draft.isChanged(field) { return old }
        if draft[field].trimmingBlanks.isEmpty, !isNeeded { return nil }
        return TypedTime.seconds(draft[field]) ?? fault(field, "a time is wanted, as 2030-01-31T12:00+01:00, or UNIX seconds")
    }

    private mutating func flag(_ field: EntryDraft.Field) -> Bool {
        switch draft[field].trimmingBlanks.lowercased() {
        case "yes", "true", "on", "1": return true
        case "no", "false", "off", "0", "": return false
        default: return fault(field, "yes or no is wanted") ?? false
        }
    }

    // MARK: What

    private mutating func args() -> [Value] {
        if let origin, !draft.isChanged(.args) { return origin.args }
        guard let value = json(.args, "a list in JSON is wanted, as [1, \"two\"]") else { return [] }
        return value.array ?? fault(.args, "a list in JSON is wanted, as [1, \"two\"]") ?? []
    }

    private mutating func object(_ field: EntryDraft.Field, _ old: OrderedDictionary<String, Value>?) -> OrderedDictionary<String, Value>? {
        if let old, !draft.isChanged(field) { return old }
        guard let value = json(field, "an object in JSON is wanted, as {\"order\": 7}") else { return nil }
        return value.object ?? fault(field, "an object in JSON is wanted, as {\"order\": 7}")
    }

    /// Blank is `null`: nothing.
    private mutating func json(_ field: EntryDraft.Field, _ wanted: String) -> Value? {
        if draft[field].trimmingBlanks.isEmpty { return fault(field, wanted) }
        do throws(JSONError) { return try JSON.decode(draft[field]) } catch { return fault(field, error.description) }
    }

    private mutating func options() -> OrderedDictionary<String, Value> {
        let old = origin?.options ?? [:]
        if origin != nil, !([.queue, .priority, .expires, .options] as [EntryDraft.Field]).contains(where: draft.isChanged) { return old }
        // Those of the old ones that have no field.
        var others = old
        for (field, name) in EntryDraft.optionFields where !(draft.first[field] ?? "").isEmpty { others[name] = nil }
        guard let rest = object(.options, origin == nil ? nil : others) else { return [:] }
        var new = rest
        for (field, name) in EntryDraft.optionFields where !draft[field].trimmingBlanks.isEmpty {
            guard rest[name] == nil else { faults[.options] = "\(name) has a field of its own"; continue }
            new[name] = draft.isChanged(field) ? option(field) : old[name]
        }
        // In the old order, what is new last.
        var ordered: OrderedDictionary<String, Value> = [:]
        for name in old.keys { ordered[name] = new[name] }
        for (name, value) in new where ordered[name] == nil { ordered[name] = value }
        return ordered
    }

    private mutating func option(_ field: EntryDraft.Field) -> Value? {
        let text = draft[field].trimmingBlanks
        switch field {
        case .priority:
            guard let number = Int(text), 0...255 ~= number else { return fault(field, "a whole number from 0 to 255 is wanted") }
            return .integer(number)
        case .expires:
            if let seconds = TypedDuration.seconds(text), seconds > 0, seconds < 1e9 { return Int(exactly: seconds).map { .integer($0) } ?? .number(seconds) }
            guard let time = ISOTime.parse(text).flatMap({ ISOTime.text($0) }) else {
                return fault(field, "a time above 0 is wanted, as 90, 5m or 1h30m, or a date as 2030-01-31T12:00+01:00")
            }
            return .string(time)
        default: return .string(text)
        }
    }

    private mutating func fault<Answer>(_ field: EntryDraft.Field, _ words: String) -> Answer? {
        faults[field] = words
        return nil
    }
}
