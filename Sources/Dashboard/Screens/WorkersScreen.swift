import CeleriacCore

/// The workers that were heard of, with their signs of life and their load.
enum WorkersScreen {
    static let table = Table<WorkerRow>(id: { $0.name.rawValue }, [
        name,
        Column("♥", field: "heartbeat_age", 6, 9, drop: 0) { worker, _ in life(worker) },
        Column("ACTIVE", field: "active", 6, 7, right: true, drop: 0) { worker, context in active(worker, context) },
        Column("RESV", 4, 5, right: true, drop: 4) { worker, context in CellText(count: worker.reserved, context) },
        Column("SCHED", 5, 5, right: true, drop: 6) { worker, context in CellText(count: worker.scheduled, context) },
        Column("DONE", field: "processed", 7, 9, right: true, drop: 2) { worker, context in CellText(count: worker.processed, context) },
        Column("LOAD", field: "load", 4, 16, right: true, drop: 3) { worker, _ in load(worker) },
        Column("MEMORY", 8, 8, right: true, drop: 5) { worker, context in CellText(worker.memory, context, format: Formats.bytes) },
        Column("POOL", field: "pool", 7, 8, drop: 7) { worker, context in CellText(worker.pool, context) { safe($0) } },
        Column("EVENTS", 6, 6, drop: 8) { worker, context in events(worker, context) },
        Column("DRIFT", 7, 8, right: true, drop: 10) { worker, _ in drift(worker) },
        Column("VERSION", field: "version", 8, 16, most: 24, drop: 9) { worker, _ in CellText(foreign: worker.version, .dim) },
        Column("QUEUES", field: "queues", 12, 16, most: 40, flexible: true, drop: 3) { worker, context in
            CellText(worker.queues, context) { safe($0.map(\.rawValue).joined(separator: " ")) }
        },
        Column("PROBLEM", 18, 18, most: 80, flexible: true, drop: 1) { worker, _ in problem(worker) ?? .empty },
    ])

    /// For the overview: a worker in trouble says so instead of showing figures.
    static let pane = Table<WorkerRow>(id: { $0.name.rawValue }, note: { worker, _ in worker.state == .late ? nil : note(worker) }, [
        name, table.columns[1], table.columns[2], table.columns[5], table.columns[6],
    ])

    private static let name = Column<WorkerRow>("WORKER", field: "name", 8, 18, most: 40, flexible: true, drop: 0) { worker, _ in CellText(foreign: worker.name.short) }

    /// Sign and word for how alive it is; the sign alone tells the states apart.
    static func life(_ worker: WorkerRow) -> CellText {
        let age = worker.heartbeatAge.map { " " + Formats.age($0) } ?? ""
        return switch worker.state {
        case .online where worker.problem != nil: CellText("!" + age, .warning)
        case .online: CellText("●" + age, .good)
        case .late: CellText("◐" + age, .warning)
        case .lost: CellText("✖" + age, .bad)
        case .offline: CellText(["○ offline", "○ off"], .dim)
        case .unknown: CellText(["? no word", "?"], .dim)
        }
    }

    private static func active(_ worker: WorkerRow, _ context: DrawContext) -> CellText {
        guard let active = worker.active.value, let slots = worker.concurrency.value else { return CellText(count: worker.active, context) }
        return CellText("\(active)/\(slots)", active == 0 ? .dim : active >= slots ? .info : .text)
    }

    private static func load(_ worker: WorkerRow) -> CellText {
        guard let load = worker.load, let first = load.first else { return .notApplicable }
        return CellText([load.map { DisplayWidth.pad(Formats.decimal($0, places: 1), to: 4, .right) }.joined(separator: " "), Formats.decimal(first, places: 1)])
    }

    private static func events(_ worker: WorkerRow, _ context: DrawContext) -> CellText {
        CellText(worker.sendsTaskEvents, context, worker.sendsTaskEvents.value == false ? .warning : .text) { $0 ? "on" : "off" }
    }

    private static func drift(_ worker: WorkerRow) -> CellText {
        guard let drift = worker.drift else { return .notApplicable }
        return CellText(Formats.duration(drift), drift.magnitude > 5 ? .warning : .dim)
    }

    private static func problem(_ worker: WorkerRow) -> CellText? {
        if let problem = worker.problem { return CellText(safe(problem), worker.state == .lost ? .bad : .warning) }
        if worker.state == .lost, worker.heldTasks > 0 { return CellText("held " + Formats.plural(worker.heldTasks, "task"), .bad) }
        return nil
    }

    private static func note(_ worker: WorkerRow) -> CellText? {
        let age = worker.heartbeatAge.map { " " + Formats.age($0) } ?? ""
        switch worker.state {
        case .lost: return CellText("✖ lost\(age)" + (worker.heldTasks > 0 ? ", held " + Formats.plural(worker.heldTasks, "task") : ""), .bad)
        case .offline: return CellText("○ offline\(age)", .dim)
        default: return worker.problem.map { CellText("! " + safe($0), .warning) }
        }
    }
}
