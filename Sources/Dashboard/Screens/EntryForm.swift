public import CeleriacCore

/// A schedule entry being edited, or a new one. Read after each key: what is wrong stands at its field, what it will do beneath.
public struct EntryForm: Hashable, Sendable {
    /// As it was read; `nil`: a new one.
    public internal(set) var base: StoredEntry?
    /// Masked endpoint of its store.
    let store: String
    let features: ScheduleFeatures
    public internal(set) var draft: EntryDraft
    public internal(set) var form: Form
    /// What somebody else made of it since it was read.
    public internal(set) var conflict: Conflict?
    public internal(set) var isSaving = false
    var question: Question?
    /// What the store said when it would not save it.
    var refusal: String?
    /// Seconds since 1970; keys right after it are ignored.
    let openedAt: Double
    private(set) var preview = Preview()
    private(set) var reading: EntryDraft.Reading
    /// Fields at which faults are told: those that were edited; all once it was checked.
    private var touched: Set<EntryDraft.Field> = []
    /// What was learnt of zones, by their names; `nil`: there is no such zone.
    private var zones: [String: ZoneRules?]

    public enum Conflict: Hashable, Sendable {
        case changed(StoredEntry)
        case removed
    }

    /// What is asked within the form; `y` answers.
    enum Question: Hashable { case leave, loadTheirs }

    /// What the draft would do.
    struct Preview: Hashable {
        /// The schedule in words; `nil` while it cannot be read.
        var words: String?
        /// Seconds since 1970.
        var runs: [Double] = []
        var warnings: [ClockWarning] = []
        var zone = ZoneRules.utc
        /// The first of them is due already.
        var isDue = false
    }

    /// - Parameter beatZone: that of entries which name none.
    init(_ base: StoredEntry?, features: ScheduleFeatures, store: String, beatZone: ZoneRules = .utc, now: Double) {
        zones = ["": beatZone]
        self.base = base
        self.features = features
        self.store = store
        openedAt = now
        draft = base.map { EntryDraft($0.entry) } ?? EntryDraft()
        form = Form([])
        reading = draft.read(features)
        // Of a broken entry all that is wrong is to be seen at once.
        if base?.problem != nil { touched = Set(EntryDraft.Field.allCases) }
        form.fields = fields
        form.focus(on: fields.first?.id ?? "")
        refresh(now)
    }

    static let runsShown = 5

    var title: String { base.map { "Entry \(safe($0.entry.name, limit: 60))" } ?? "New entry" }

    /// The zone whose rules it needs and has not got.
    var unknownZone: String? { zones.keys.contains(zoneName) ? nil : zoneName }
    private var zoneName: String { draft[.zone].trimmed }

    /// Takes a key that edits or moves.
    mutating func take(_ key: Key, now: Double) {
        guard case .edited(let id) = form.take(key), let field = EntryDraft.Field(rawValue: id), let new = form.fields.first(where: { $0.id == id }) else { return }
        draft[field] = new.value
        touched.insert(field)
        refusal = nil
        refresh(now)
    }

    /// Tells every fault from now on, and goes to the first.
    /// - Returns: what is to be saved; `nil` when there is a fault.
    mutating func check(now: Double) -> ScheduleEntry? {
        touched = Set(EntryDraft.Field.allCases)
        refresh(now)
        if let faulty = form.fields.first(where: { $0.problem != nil }) { form.focus(on: faulty.id) }
        return faults.isEmpty && unknownZone == nil ? reading.entry : nil
    }

    mutating func learn(_ zone: String, _ rules: ZoneRules?, now: Double) {
        zones[zone] = .some(rules)
        refresh(now)
    }

    /// Takes the store's own state for what is edited; what was typed is gone.
    mutating func load(_ stored: StoredEntry, now: Double) {
        base = stored
        draft = EntryDraft(stored.entry)
        conflict = nil
        touched = []
        refresh(now)
    }

    /// Time goes on, runs with it.
    mutating func pass(to now: Double) { if let first = preview.runs.first, first <= now { refresh(now) } }

    /// What became of saving it.
    /// - Returns: `false` when it has served.
    mutating func take(_ write: ScheduleWrite, now: Double) -> Bool {
        guard isSaving else { return true }
        isSaving = false
        switch write {
        case .done: return false
        case .conflict(let theirs?): conflict = .changed(theirs)
        case .conflict(nil): conflict = .removed
        }
        refresh(now)
        return true
    }

    /// What saving would replace.
    var replaced: StoredEntry? {
        guard let conflict else { return base }
        switch conflict {
        case .removed: return nil
        // Under another name it is no longer in the way.
        case .changed(let theirs): return base == nil && theirs.entry.name != draft[.name] ? nil : theirs
        }
    }

    // MARK: - Reading

    private var faults: [EntryDraft.Field: String] {
        var faults = reading.faults
        if case .some(.none) = zones[zoneName] { faults[.zone] = "no such time zone is known here" }
        if case .changed(let theirs) = conflict, let base, theirs.entry.name != base.entry.name, theirs.entry.name == draft[.name] { faults[.name] = "this name is taken" }
        return faults
    }

    private mutating func refresh(_ now: Double) {
        reading = draft.read(features)
        form.fields = fields
        look(now)
    }

    private var fields: [Form.Field] {
        let faults = faults
        return draft.fields(features).map { field in
            var new: Form.Field
            switch field {
            case .kind: new = Form.Field(field.rawValue, label: field.label, choice(draft.kinds(features).map(\.rawValue), field))
            case .solar: new = Form.Field(field.rawValue, label: field.label, choice(SolarSchedule.Event.allCases.map(\.rawValue), field))
            case .enabled, .oneOff, .relative: new = Form.Field(field.rawValue, label: field.label, hint: field.hint, .flag(draft[field] == "yes"))
            default:
                // The cursor stays where it is.
                if let old = form.fields.first(where: { $0.id == field.rawValue }), old.value == draft[field] {
                    new = old
                } else {
                    new = .text(field.rawValue, label: field.label, hint: field.hint, draft[field])
                }
            }
            new.problem = touched.contains(field) ? faults[field].map { safe($0) } : nil
            return new
        }
    }

    private func choice(_ words: [String], _ field: EntryDraft.Field) -> Form.Field.Content {
        .choice(words, selected: words.firstIndex(of: draft[field]) ?? 0)
    }

    private mutating func look(_ now: Double) {
        preview = Preview()
        guard var plan = reading.plan, let zone = zones[zoneName] ?? nil else { return }
        // As if it were enabled: what would happen is asked for here.
        plan.isEnabled = true
        // Stores count a new entry from the moment at which it is added.
        if plan.lastRun == nil, plan.start == nil { plan.lastRun = now }
        if case .clocked = plan.schedule, base == nil { plan.lastRun = nil }
        preview.zone = zone
        preview.words = plan.schedule.words(zone: zone)
        preview.isDue = plan.next(now: now, zone: zone).map { $0 <= now } ?? false
        preview.runs = plan.runs(now: now, count: Self.runsShown, zone: zone)
        preview.warnings = plan.clockWarnings(now: now, zone: zone)
    }
}
