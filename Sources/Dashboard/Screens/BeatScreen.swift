public import CeleriacCore
import OrderedCollections

/// Beat's entries: what runs when, how the last run went, and what is wrong.
enum BeatScreen {
    static let table = Table<EntryRow>(id: \.name, note: broken, [
        name,
        Column("TASK", field: "task", 14, 18, most: 60, flexible: true, drop: 6) { row, _ in CellText(foreign: row.entry.task) },
        Column("SCHEDULE", field: "schedule", 20, 34, most: 60, flexible: true, drop: 3) { row, _ in CellText(foreign: row.words) },
        last, outcome, next, state,
        Column("RUNS", field: "total_runs", 5, 8, right: true, drop: 9) { row, _ in CellText(count: row.entry.runs, row.entry.runs == 0 ? .dim : .text) },
        Column("ZONE", field: "zone", 13, 13, most: 24, drop: 7) { row, _ in CellText(safe(row.zoneName), row.entry.zone == nil ? .dim : .text) },
        Column("ARGS", 14, 20, most: 80, flexible: true, drop: 8) { row, _ in arguments(row) },
    ])

    /// For the overview: what is next comes first.
    static let pane = Table<EntryRow>(id: \.name, note: broken, [name, next, last, outcome, state])

    private static let name = Column<EntryRow>("ENTRY", field: "name", 12, 22, most: 60, flexible: true, drop: 0) { row, _ in CellText(foreign: row.name) }
    private static let last = Column<EntryRow>("LAST", field: "last_run", 8, 9, most: 16, right: true, drop: 4) { row, context in
        row.lastRun.map { CellText(time($0, context), .dim) } ?? .notApplicable
    }
    private static let outcome = Column<EntryRow>("OUTCOME", field: "last_state", 8, 16, most: 24, drop: 2) { row, context in outcome(row, context) }
    private static let next = Column<EntryRow>("NEXT", field: "next_run", 8, 12, most: 16, right: true, drop: 0) { row, context in next(row, context) }
    private static let state = Column<EntryRow>("STATE", field: "state", 9, 15, most: 40, drop: 1) { row, _ in CellText(row.state.texts, row.state.role) }

    /// Of a broken entry the figures mean nothing.
    @Sendable private static func broken(_ row: EntryRow, _ context: DrawContext) -> CellText? {
        guard case .broken(let reason) = row.state else { return nil }
        return CellText("! \(safe(row.entry.task, limit: 60).isEmpty ? "broken" : safe(row.entry.task, limit: 60)): \(safe(reason))", .bad)
    }

    /// Word and duration; the letter alone where there is no room.
    static func outcome(_ row: EntryRow, _ context: DrawContext) -> CellText {
        if row.lastRun == nil { return .notApplicable }
        guard let outcome = row.outcome.value else { return CellText(row.outcome, context) { safe($0.state.rawValue) } }
        let mark = if case .inferred = row.outcome { Glyphs.unicode.about } else { "" }
        let word = safe(outcome.state.rawValue), run = outcome.runtime.map { " " + Formats.duration($0) } ?? ""
        return CellText([mark + word + run, mark + word, mark + outcome.state.letter + run, mark + outcome.state.letter], outcome.state.role)
    }

    static func next(_ row: EntryRow, _ context: DrawContext) -> CellText {
        guard let due = row.next.value else { return .notApplicable }
        if due <= context.now, context.timeMode == .relative { return CellText("due", row.state.isTrouble ? row.state.role : .info) }
        let role: Role = due - context.now < 60 ? .accent : .text, mark = if case .inferred = row.next { Glyphs.unicode.about } else { "" }
        guard context.timeMode == .relative else { return CellText(mark + time(due, context), role) }
        return CellText(["in \(mark)\(countdown(due, context.now))", mark + countdown(due, context.now), mark + Formats.age(due - context.now)], role)
    }

    /// Whole seconds that are left.
    static func countdown(_ due: Double, _ now: Double) -> String {
        let left = (due - now).rounded(.up)
        return left < 60 ? Formats.age(left) : Formats.duration(left)
    }

    /// As elsewhere, but with the date of what is more than half a day away.
    static func time(_ instant: Double, _ context: DrawContext) -> String {
        guard context.timeMode != .relative, (instant - context.now).magnitude > 43_200 else { return context.time(instant) }
        return String(Formats.date(instant, context.timeMode == .utc ? .utc : context.zone).dropFirst(5).dropLast(3))
    }

    private static func arguments(_ row: EntryRow) -> CellText {
        let parts = [row.entry.args.isEmpty ? nil : JSON.text(.array(row.entry.args)), row.entry.kwargs.isEmpty ? nil : JSON.text(.object(row.entry.kwargs))]
        return CellText(foreign: parts.compactMap { $0 }.joined(separator: " "), .dim)
    }

    // MARK: - The title

    /// What is wrong and who leads, for the title.
    static func standing(_ facts: BeatFacts, now: Double) -> String {
        guard facts.hasStore else { return "" }
        var words = ""
        if facts.total > 0, facts.enabled == 0 { words += ", all suspended" }
        if facts.inTrouble > 0 { words += ", \(Formats.count(facts.inTrouble)) in trouble" }
        switch facts.lead {
        case .held(let leader): words += ", led by \(safe(leader.owner, limit: 12))"
        case .nobody: words += ", no beat leads"
        case .unknown, .notKept: break
        }
        return words + age(facts, now: now)
    }

    static func age(_ facts: BeatFacts, now: Double) -> String {
        guard case .lost(let since, _) = facts.link else { return "" }
        return ", \(Formats.age(max(0, now - (facts.heardAt ?? since)))) old"
    }

    // MARK: - Nothing to show

    static func emptiness(_ page: ListPage<EntryRow>, _ list: ListState, _ facts: BeatFacts) -> [String] {
        if page.total > 0 { return ["no entry matches \(safe(list.filter?.text ?? ""))", "Esc clears the filter"] }
        switch facts.link {
        case .none:
            return [
                "no schedule store: beat's entries are not known", "start with -S URL:", "redbeat+redis://host:6379/0  django+sqlite:///db.sqlite3", "sqlalchemy+sqlite:///schedule.db  sqlite:///celeriac.db  file:schedule.toml",
            ]
        case .reading: return ["reading the schedule …"]
        case .lost(_, let reason): return ["the schedule store cannot be reached", safe(reason)]
        case .live: return ["the schedule has no entries", "a adds one"]
        }
    }
}

extension EntryState {
    /// The longest first; one letter and sign at the end tells the states apart without colour.
    var texts: [String] {
        switch self {
        case .broken(let reason): ["broken: \(safe(reason))", "broken", "!"]
        case .storm(let runs, let seconds): ["storm: \(runs) runs in \(Formats.duration(seconds))", "storm ×\(runs)", "storm"]
        case .missed(let count): ["missed \(count == Self.missedLimit ? "≥" : "")\(Formats.plural(count, "run"))", "missed \(count)", "missed"]
        case .late(let seconds): ["late \(Formats.duration(seconds.rounded()))", "late"]
        case .neverRan: ["never ran", "never"]
        case .skipping: ["skips one"]
        case .scheduled: ["on"]
        case .ended: ["ended"]
        case .disabled: ["off"]
        }
    }

    var role: Role {
        switch self {
        case .broken, .storm: .bad
        case .missed, .late: .warning
        case .neverRan, .skipping: .info
        case .scheduled: .good
        case .ended, .disabled: .dim
        }
    }
}

extension EditVerdict {
    /// One sentence about the last edit. `zone` of the terminal's user.
    public func words(_ zone: Zone) -> String {
        switch self {
        case .waiting(let due?): "whether beat took the edit up shows at the next run, \(Formats.date(due, zone)) \(zone.name)"
        case .listening(let due): "beat took the edit up if no run is recorded for \(Formats.date(due, zone)) \(zone.name)"
        case .waiting(nil): "no run is to come that could show whether beat took the edit up"
        case .taken(let run): "taken up by beat at \(Formats.clock(run, zone))"
        case .ignored(let run): "beat ran it at \(Formats.clock(run, zone)), against the edit"
        case .silent(let due, let seconds): "beat has not reacted for \(Formats.duration(seconds.rounded())): due at \(Formats.clock(due, zone)), no run recorded"
        case .quiet(let due): "taken up by beat: it was to run at \(Formats.clock(due, zone)) and did not"
        }
    }

    public var isError: Bool {
        switch self {
        case .ignored, .silent: true
        default: false
        }
    }
}
