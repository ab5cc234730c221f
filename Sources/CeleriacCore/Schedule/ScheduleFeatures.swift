import OrderedCollections

/// What a store can hold; an editor offers nothing else.
public struct ScheduleFeatures: OptionSet, Hashable, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let interval = Self(rawValue: 1), relativeInterval = Self(rawValue: 2), crontab = Self(rawValue: 4), solar = Self(rawValue: 8)
    public static let clocked = Self(rawValue: 16), recurrence = Self(rawValue: 32)
    /// An entry may name its own time zone.
    public static let zones = Self(rawValue: 64)
    public static let oneOff = Self(rawValue: 128), start = Self(rawValue: 256), end = Self(rawValue: 512), note = Self(rawValue: 1024)
    /// Only one beat at a time leads.
    public static let leadership = Self(rawValue: 2048)
    /// Any option of publication, not only the columns of Django's table.
    public static let anyOption = Self(rawValue: 4096)
    /// An entry that never ran is due at once, as RedBeat has it; elsewhere it is counted from when beat first sees it.
    public static let startsAtOnce = Self(rawValue: 8192)
    /// Beat itself writes down when it ran minutes later (tables of django-celery-beat and sqlalchemy-celery-beat).
    public static let lateRecords = Self(rawValue: 16384)
}

extension ScheduleFeatures {
    /// Options of publication that have columns in the tables of django-celery-beat.
    package static let tabledOptions: Set<String> = ["queue", "exchange", "routing_key", "priority", "expires", "headers"]

    /// What of `entry` such a store would not give back as it is, in words; `nil`: nothing.
    public func lack(of entry: ScheduleEntry) -> String? { lacking(entry)?.words }

    /// The same, with the field that says it.
    func lacking(_ entry: ScheduleEntry) -> (field: EntryDraft.Field, words: String)? {
        if entry.name.isEmpty { return (.name, "an entry without a name") }
        switch entry.schedule {
        case .interval(let interval):
            guard interval.every > 0, interval.every.isFinite else { return (.every, "an interval that is no positive number of seconds") }
            if interval.isRelative, !contains(.relativeInterval) { return (.relative, "relative intervals") }
            if !interval.isRelative, !contains(.interval) { return (.kind, "intervals") }
        case .crontab: if !contains(.crontab) { return (.kind, "crontabs") }
        case .solar: if !contains(.solar) { return (.kind, "solar schedules") }
        case .clocked(let time):
            if !contains(.clocked) { return (.kind, "clocked schedules") }
            if ISOTime.text(time) == nil { return (.time, "that time") }
        case .recurrence: if !contains(.recurrence) { return (.kind, "recurrence rules") }
        }
        if entry.zone != nil, !contains(.zones) { return (.zone, "time zones") }
        if entry.isOneOff, !contains(.oneOff) { return (.oneOff, "one-off entries") }
        if entry.start != nil, !contains(.start) { return (.start, "a start") }
        if entry.end != nil, !contains(.end) { return (.end, "an end") }
        for (field, time) in [(EntryDraft.Field.start, entry.start), (.end, entry.end), (.name, entry.lastRun)] {
            if let time, ISOTime.text(time) == nil { return (field, "that time") }
        }
        if !entry.note.isEmpty, !contains(.note) { return (.note, "notes") }
        if !contains(.anyOption), let option = entry.options.keys.first(where: { !Self.tabledOptions.contains($0) }) { return (.options, "the option \(option)") }
        return entry.runs < 0 ? (.name, "a negative number of runs") : nil
    }
}
