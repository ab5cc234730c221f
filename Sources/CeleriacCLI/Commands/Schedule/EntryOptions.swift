import ArgumentParser
import CeleriacCore

/// When an entry runs, as options; each is the text of a field of a draft.
struct WhenOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Minute, hour, day of month, month, day of week, as Celery reads them.", valueName: "fields")) var crontab: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Interval: 90, 5m, 1h30m.", valueName: "time")) var every: String?
    @Option(help: ArgumentHelp("Event of the sun (sunrise, solar_noon, sunset, dawn_civil, …).", valueName: "event")) var solar: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Where the sun is seen, in degrees north and east: 52.5,13.4", valueName: "place")) var at: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Once, at this time: ISO 8601 or UNIX seconds.", valueName: "time")) var clocked: String?
    @Option(help: ArgumentHelp("Rule of RFC 5545: FREQ=WEEKLY;BYDAY=MO;DTSTART=2030-01-31T12:00", valueName: "rule")) var rrule: String?
    @Option(help: ArgumentHelp("Time zone of the schedule.", valueName: "name")) var timezone: String?

    private var kinds: [(kind: EntryDraft.Kind, field: EntryDraft.Field, text: String?)] {
        [(.crontab, .crontab, crontab), (.interval, .every, every), (.solar, .solar, solar), (.clocked, .time, clocked), (.rrule, .rrule, rrule)]
    }

    /// Whether it names a schedule.
    var isGiven: Bool { kinds.contains { $0.text != nil } }

    func apply(to draft: inout EntryDraft) throws(Failure) {
        let given = kinds.filter { $0.text != nil }
        if given.count > 1 { throw Failure(.wrongUsage, "give one of --crontab, --every, --solar, --clocked and --rrule") }
        if let (kind, field, text) = given.first {
            draft[.kind] = kind.rawValue
            draft[field] = text ?? ""
        }
        if let at {
            if draft.kind != .solar { throw Failure(.wrongUsage, "--at belongs to --solar") }
            draft[.place] = at
        }
        if let timezone { draft[.zone] = timezone }
    }
}

/// What an entry is, as options; those that are not given leave it as it is.
struct EntryOptions: ParsableArguments {
    @Option(help: "The task's name.") var task: String?
    @OptionGroup var when: WhenOptions
    @Flag(inversion: .prefixedNo, help: "With --every: at full days, hours or minutes.") var relative: Bool?
    @Option(name: [.short, .long], help: ArgumentHelp("Positional arguments.", valueName: "json array")) var args: String?
    @Option(name: [.short, .long], help: ArgumentHelp("Keyword arguments.", valueName: "json object")) var kwargs: String?
    @Option(help: ArgumentHelp("Options of publication beside --queue, --priority and --expires.", valueName: "json object")) var options: String?
    @Option(name: [.customShort("Q"), .long], help: "Queue.") var queue: String?
    @Option(help: ArgumentHelp("Priority, 0-255.", valueName: "number")) var priority: String?
    @Option(help: ArgumentHelp("When a run is of no use any more: after 90, 5m, 1h30m, or ISO 8601.", valueName: "time")) var expires: String?
    @Flag(inversion: .prefixedNo, help: "Disable it after its first run.") var oneOff: Bool?
    @Option(parsing: .unconditional, help: ArgumentHelp("Not before: ISO 8601 or UNIX seconds.", valueName: "time")) var start: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Never after.", valueName: "time")) var end: String?
    @Option(help: "A note for people.") var note: String?
    @Flag(help: "It does not run.") var disabled = false
    @Flag(help: "It runs.") var enabled = false

    private var texts: [(EntryDraft.Field, String?)] {
        [
            (.task, task), (.args, args), (.kwargs, kwargs), (.options, options), (.queue, queue), (.priority, priority), (.expires, expires), (.start, start), (.end, end),
            (.note, note), (.relative, relative.map { $0 ? "yes" : "no" }), (.oneOff, oneOff.map { $0 ? "yes" : "no" }), (.enabled, disabled ? "no" : enabled ? "yes" : nil),
        ]
    }

    var isGiven: Bool { when.isGiven || when.at != nil || when.timezone != nil || texts.contains { $0.1 != nil } }

    func apply(to draft: inout EntryDraft) throws(Failure) {
        if disabled, enabled { throw Failure(.wrongUsage, "--enabled and --disabled exclude each other") }
        try when.apply(to: &draft)
        for (field, text) in texts { if let text { draft[field] = text } }
    }
}

/// The entry that a draft is.
/// - Throws: wrong usage, with the option of each field at fault.
func checked(_ draft: EntryDraft, _ features: ScheduleFeatures) throws(Failure) -> ScheduleEntry {
    let reading = draft.read(features)
    try refuse(reading.faults)
    guard let entry = reading.entry else { throw Failure(.wrongUsage, "this is no entry") }
    _ = try rules(of: entry)
    return entry
}

func refuse(_ faults: [EntryDraft.Field: String]) throws(Failure) {
    let lines = EntryDraft.Field.allCases.compactMap { field in faults[field].map { "\(field.option): \(ForeignText.safe($0))" } }
    if !lines.isEmpty { throw Failure(.wrongUsage, lines.joined(separator: "\n          ")) }
}

extension EntryDraft.Field {
    /// Those that say when it runs.
    static let when: Set<Self> = [.kind, .every, .relative, .crontab, .solar, .place, .time, .rrule, .zone, .start, .end]

    /// The option of the command line that gives it.
    var option: String {
        switch self {
        case .name: "NAME"
        case .kind: "--every, --crontab, --solar, --clocked, --rrule"
        case .place: "--at"
        case .time: "--clocked"
        case .zone: "--timezone"
        case .enabled: "--disabled"
        case .oneOff: "--one-off"
        default: "--\(rawValue)"
        }
    }
}
