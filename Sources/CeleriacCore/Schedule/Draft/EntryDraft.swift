import OrderedCollections

/// A schedule entry as it is typed: each field a text, right or not yet.
///
/// Made from an entry and read into one again; what no text can say, and was not touched, is kept as it was.
public struct EntryDraft: Hashable, Sendable {
    /// The kinds of schedules, by the names that a draft gives them.
    public enum Kind: String, CaseIterable, Hashable, Sendable { case interval, crontab, solar, clocked, rrule }

    /// In the order in which people think of them; the raw value is the name in documents.
    public enum Field: String, CaseIterable, Hashable, Sendable {
        case name, task, kind, every, relative, crontab, solar, place, time, rrule, zone, args, kwargs, queue, priority, expires, options, enabled
        case oneOff = "one_off", start, end, note
    }

    var texts: [Field: String]
    /// What it was made from, and the texts that this gave.
    let origin: ScheduleEntry?
    let first: [Field: String]

    /// An entry that is not yet: each minute, enabled, without arguments.
    public init(name: String = "") {
        origin = nil
        texts = [.name: name, .kind: Kind.interval.rawValue, .every: "1m", .args: "[]", .kwargs: "{}", .options: "{}", .enabled: Self.flag(true)]
        first = texts
    }

    public init(_ entry: ScheduleEntry) {
        origin = entry
        texts = Self.texts(entry)
        first = texts
    }

    /// Empty where nothing was typed.
    public subscript(field: Field) -> String {
        get { texts[field] ?? Self.defaults[field] ?? "" }
        set { texts[field] = newValue }
    }

    /// `nil` for a word that is none.
    public var kind: Kind? { Kind(rawValue: self[.kind]) }

    /// Whether it says something else than at first.
    public var isChanged: Bool { Field.allCases.contains(where: isChanged) }

    func isChanged(_ field: Field) -> Bool { self[field] != first[field] ?? Self.defaults[field] ?? "" }

    static let defaults: [Field: String] = [
        .relative: flag(false), .oneOff: flag(false), .enabled: flag(true), .args: "[]", .kwargs: "{}", .options: "{}", .solar: SolarSchedule.Event.sunrise.rawValue,
    ]

    static func flag(_ isTrue: Bool) -> String { isTrue ? "yes" : "no" }

    /// Options that have fields of their own, by Celery's names.
    static let optionFields: [(field: Field, name: String)] = [(.queue, "queue"), (.priority, "priority"), (.expires, "expires")]

    private static func texts(_ entry: ScheduleEntry) -> [Field: String] {
        var texts = texts(entry.schedule)
        texts[.name] = entry.name
        texts[.task] = entry.task
        texts[.zone] = entry.zone
        texts[.args] = JSON.text(.array(entry.args))
        texts[.kwargs] = JSON.text(.object(entry.kwargs))
        var options = entry.options
        for (field, name) in optionFields {
            guard let text = options[name].flatMap({ optionText($0, field) }) else { continue }
            texts[field] = text
            options[name] = nil
        }
        texts[.options] = JSON.text(.object(options))
        texts[.enabled] = flag(entry.isEnabled)
        texts[.oneOff] = flag(entry.isOneOff)
        texts[.start] = entry.start.map(TypedTime.text)
        texts[.end] = entry.end.map(TypedTime.text)
        texts[.note] = entry.note
        return texts
    }

    /// `nil` for what its field would not read.
    private static func optionText(_ value: Value, _ field: Field) -> String? {
        switch (field, value) {
        case (.queue, .string(let text)) where !text.isEmpty: text
        case (.priority, .integer(let number)): String(number)
        case (.expires, .integer(let seconds)) where seconds > 0: TypedDuration.text(Double(seconds))
        case (.expires, .number(let seconds)) where seconds > 0 && seconds.isFinite: TypedDuration.text(seconds)
        case (.expires, .string(let text)) where ISOTime.parse(text) != nil: text
        default: nil
        }
    }

    private static func texts(_ schedule: Schedule) -> [Field: String] {
        switch schedule {
        case .interval(let interval):
            [.kind: Kind.interval.rawValue, .every: interval.every > 0 ? TypedDuration.text(interval.every) : "", .relative: flag(interval.isRelative)]
        case .crontab(let crontab):
            // A blank within a field says nothing, and would end it here.
            [.kind: Kind.crontab.rawValue, .crontab: CrontabField.allCases.map { crontab[$0].filter { !$0.isWhitespace } }.joined(separator: " ")]
        case .solar(let solar):
            [.kind: Kind.solar.rawValue, .solar: solar.event.rawValue, .place: "\(plain(solar.latitude)), \(plain(solar.longitude))"]
        case .clocked(let time): [.kind: Kind.clocked.rawValue, .time: TypedTime.text(time)]
        case .recurrence(let rule): [.kind: Kind.rrule.rawValue, .rrule: rule.text]
        }
    }
}

extension EntryDraft.Field {
    /// What stands before it in a form.
    public var label: String {
        switch self {
        case .name: "Name"
        case .task: "Task"
        case .kind: "Kind"
        case .every: "Every"
        case .relative: "Aligned"
        case .crontab: "Crontab"
        case .solar: "Event"
        case .place: "Place"
        case .time: "Time"
        case .rrule: "Rule"
        case .zone: "Time zone"
        case .args: "Args"
        case .kwargs: "Kwargs"
        case .queue: "Queue"
        case .priority: "Priority"
        case .expires: "Expires"
        case .options: "Options"
        case .enabled: "Enabled"
        case .oneOff: "One-off"
        case .start: "Start"
        case .end: "End"
        case .note: "Note"
        }
    }

    /// What may be typed.
    public var hint: String {
        switch self {
        case .name: "unique in this store"
        case .task: "as workers know it: shop.charge"
        case .kind: ""
        case .every: "90, 5m or 1h30m"
        case .relative: "at full days, hours or minutes"
        case .crontab: "minute hour day-of-month month day-of-week"
        case .solar: ""
        case .place: "degrees north and east: 52.5, 13.4"
        case .time: "2030-01-31T12:00+01:00, or UNIX seconds"
        case .rrule: "FREQ=WEEKLY;BYDAY=MO;DTSTART=2030-01-31T12:00"
        case .zone: "Europe/Berlin; empty: beat's own"
        case .args: "a list in JSON: [1, \"two\"]"
        case .kwargs: "an object in JSON: {\"order\": 7}"
        case .queue: "empty: as routed"
        case .priority: "0 to 255"
        case .expires: "after 90, 5m or 1h30m, or at a time"
        case .options: "further options in JSON: {\"headers\": {}}"
        case .enabled: ""
        case .oneOff: "disabled after its first run"
        case .start: "not before: 2030-01-31T12:00+01:00"
        case .end: "never after"
        case .note: ""
        }
    }
}
