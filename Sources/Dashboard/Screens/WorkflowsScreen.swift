public import CeleriacCore

/// Chains, groups and chords, one a row, newest first; what failed in them stands at the row.
enum WorkflowsScreen {
    static let table = Table<WorkflowRow>(id: { $0.id.rawValue }, [
        Column("FIRST", 8, 8, most: 36, drop: 0) { row, _ in CellText(identity: row.id) },
        Column("KIND", 6, 6, drop: 4) { row, context in CellText(row.kind, context, .dim) { $0.rawValue } },
        Column("STEPS", 16, 20, most: 70, flexible: true, drop: 0) { row, _ in CellText(row.stepsText) },
        Column("STATE", 8, 8, drop: 0) { row, _ in state(row) },
        Column("DONE", 5, 7, right: true, drop: 2) { row, _ in done(row) },
        Column("FAIL", 4, 4, right: true, drop: 3) { row, _ in count(row.counts.failed, .failure) },
        Column("RUN", 3, 3, right: true, drop: 5) { row, _ in count(row.counts.running, .started) },
        Column("WAIT", 4, 4, right: true, drop: 6) { row, _ in count(row.counts.waiting, .received) },
        Column("BEGUN", 8, 8, right: true, drop: 8) { row, context in CellText(context.time(row.startedAt), .dim) },
        Column("TOOK", 7, 7, right: true, drop: 7) { row, _ in CellText(seconds: row.elapsed, row.isFinished ? .text : .dim) },
        Column("WHY", 24, 36, most: 160, flexible: true, drop: 1) { row, _ in why(row) },
    ])

    /// Why there are no rows, and which key helps; what keeps groups from being known.
    static func emptiness(_ page: ListPage<WorkflowRow>, _ list: ListState, _ header: HeaderFacts) -> [String] {
        if page.total > 0 { return ["no workflow has a task that matches \(safe(list.filter?.text ?? ""))", "Esc clears the filter"] }
        var words = ["no tasks that belong together have been seen yet"]
        if header.workersWithoutEvents > 0 {
            words.append("task events are off on \(header.workersWithoutEvents) of \(header.workersKnown) workers: E switches them on")
        }
        if let problem = header.groupProblem { words += ["the result backend does not tell of groups:", safe(problem)] }
        return words
    }

    private static func state(_ row: WorkflowRow) -> CellText {
        if row.isStuck { return CellText(["STUCK", "!"], .bad) }
        if let worst = row.worst { return CellText(state: worst) }
        return CellText(safe(row.state.rawValue), row.state.role)
    }

    private static func done(_ row: WorkflowRow) -> CellText {
        let total = max(row.counts.total, row.expected ?? 0)
        let done = Formats.count(row.counts.done)
        return CellText(["\(done)/\(Formats.count(total))", done], row.counts.done == total ? .good : .text)
    }

    private static func count(_ count: Int, _ role: Role) -> CellText {
        CellText(Formats.count(count), count == 0 ? .dim : role)
    }

    private static func why(_ row: WorkflowRow) -> CellText {
        WorkflowReason(row).map { CellText($0.texts, $0.role) } ?? .empty
    }
}

extension WorkflowRow {
    /// `shop.add ×6 → shop.total`, made safe to show.
    public var stepsText: String {
        let names = steps.map { step in
            safe(step.name, limit: 80) + (step.isMixed ? " …" : "") + (step.count > 1 ? " ×\(Formats.grouped(step.count))" : "")
        }
        return names.joined(separator: " → ") + (hasMoreSteps ? " → …" : "")
    }
}

extension ChordVerdict {
    /// One sentence for an operator, made safe to show.
    public var words: String {
        switch self {
        case .fired: return "the chord's body was sent"
        case .firing(let size): return "chord: all \(Formats.grouped(size)) are counted, the body is being sent"
        case .stuck(let counted, let size): return "chord stuck: the counter says \(Formats.grouped(counted)) of \(Formats.grouped(size)) but the body was never sent"
        case .failed(let id): return "chord failed: \(String(safe(id.rawValue).prefix(8))) did, so its body is not run"
        case .lostCounter(let done, let known): return "chord: the counter is gone, \(Formats.grouped(done)) of \(Formats.grouped(known)) known members have ended"
        case .waits(let counted, let size, let missing, let unseen, let failed):
            let listed = missing.map(\.words).joined(separator: ", ")
            let known = max(0, size - counted - unseen)
            let more = known > missing.count ? ["\(Formats.grouped(known - missing.count)) more"] : []
            let hidden = unseen > 0 ? ["\(Formats.grouped(unseen)) not seen"] : []
            let absent = ([listed].filter { !$0.isEmpty } + more + hidden).joined(separator: ", ")
            let doom = failed > 0 ? "; \(Formats.grouped(failed)) failed, so it will end in ChordError" : ""
            return "chord waits: \(Formats.grouped(counted)) of \(Formats.grouped(size)) members done; missing \(absent)\(doom)"
        }
    }

    /// What the row of a table has room for.
    var brief: String {
        switch self {
        case .waits(let counted, let size, let missing, _, _):
            "waits for \(Formats.grouped(size - counted)) of \(Formats.grouped(size))" + (missing.first.map { ": " + $0.words } ?? "")
        case .stuck(let counted, let size): "\(Formats.grouped(counted)) of \(Formats.grouped(size)) counted, body never sent"
        default: words
        }
    }

    var role: Role {
        switch self {
        case .fired: .good
        case .firing: .info
        case .waits(_, _, _, _, let failed): failed > 0 ? .bad : .info
        case .stuck, .failed, .lostCounter: .bad
        }
    }
}

extension ChordVerdict.Missing {
    /// `8a1f0c22 (running on web-1, 12 s)`.
    fileprivate var words: String {
        let place = worker.map { " on " + safe($0.short, limit: 40) } ?? ""
        let doing = switch state {
        case .pending, .received: "waiting\(place), \(Formats.age(age))"
        case .started: "running\(place), \(Formats.age(age))"
        // It has ended, and the counter does not know.
        case .success, .failure, .revoked, .rejected: "\(safe(state.rawValue)) but not counted"
        default: "\(safe(state.rawValue))\(place), \(Formats.age(age))"
        }
        return "\(String(safe(id.rawValue).prefix(8))) (\(doing))"
    }
}
