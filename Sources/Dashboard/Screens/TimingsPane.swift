import CeleriacCore

/// How long tasks wait and run, by name, busiest first.
enum TimingsPane {
    static let title = "Timings, last 15 min"

    static let table = Table<TimingRow>(id: \.name, [
        Column("TASK", 10, 24, most: 50, flexible: true, drop: 0) { row, _ in CellText(foreign: row.name) },
        Column("RATE", 6, 8, right: true, drop: 1) { row, _ in CellText(Formats.frequency(row.rate)) },
        Column("OK %", 4, 5, right: true, drop: 1) { row, _ in success(row) },
        Column("WAIT p50", 8, 8, right: true, drop: 4) { row, _ in CellText(seconds: row.waitP50) },
        Column("p95", 7, 7, right: true, drop: 6) { row, _ in CellText(seconds: row.waitP95) },
        Column("RUN p50", 7, 8, right: true, drop: 2) { row, _ in CellText(seconds: row.runP50) },
        Column("p95", 7, 7, right: true, drop: 3) { row, _ in CellText(seconds: row.runP95) },
        Column("p99", 7, 7, right: true, drop: 7) { row, _ in CellText(seconds: row.runP99) },
        Column("max", 7, 7, right: true, drop: 5) { row, _ in CellText(seconds: row.runMax) },
        Column("1 ms…10 s", 9, 9, drop: 5) { row, _ in CellText(Charts.histogram(row.histogram), .spark) },
    ])

    private static func success(_ row: TimingRow) -> CellText {
        guard row.count > 0 else { return .notApplicable }
        let role: Role = row.failed == 0 ? .good : Double(row.failed) > 0.05 * Double(row.count) ? .bad : .warning
        return CellText(Formats.percent(row.ok, of: row.count), role)
    }
}

/// What failed lately, by exception and task.
enum FailuresPane {
    static let title = "Failures, last 15 min"

    static let table = Table<FailureRow>(id: \.id, [
        Column("FAILED", 6, 8, right: true, drop: 0) { row, _ in CellText(count: row.count, unit: " ×", .failure) },
        Column("EXCEPTION", 12, 28, most: 60, flexible: true, drop: 0) { row, _ in CellText(foreign: row.exception) },
        Column("TASK", 10, 28, most: 50, flexible: true, drop: 1) { row, _ in CellText(foreign: row.task) },
        Column("NEWEST", 8, 10, right: true, drop: 2) { row, context in CellText(context.time(row.newestAt), .dim) },
    ])
}
