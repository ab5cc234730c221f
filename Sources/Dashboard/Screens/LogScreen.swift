import CeleriacCore

/// Every action with its target, outcome and replies.
enum LogScreen {
    static let table = Table<LogEntry>(id: { String($0.id) }, [
        Column("WHEN", 8, 10, right: true, drop: 0) { entry, context in CellText(context.time(entry.at), .dim) },
        Column("ACTION", 14, 34, most: 60, flexible: true, drop: 0) { entry, _ in CellText(foreign: entry.title) },
        Column("REPLIES", 7, 7, right: true, drop: 3) { entry, _ in CellText(String(entry.replies.count), entry.replies.isEmpty ? .dim : .text) },
        Column("OUTCOME", 12, 34, most: 80, flexible: true, drop: 1) { entry, _ in outcome(entry) },
        Column("SAME AS", 16, 40, most: 120, flexible: true, drop: 2) { entry, _ in CellText(foreign: entry.command, .dim) },
    ])

    private static func outcome(_ entry: LogEntry) -> CellText {
        guard let summary = entry.summary else { return CellText("…", .dim) }
        return CellText(safe(summary), entry.isError ? .bad : .good)
    }
}

extension DashboardState {
    /// Entries that match the log's filter, newest first.
    var logRows: [LogEntry] {
        guard let wanted = self[.log].filter?.text.lowercased(), !wanted.isEmpty else { return log.reversed() }
        return log.reversed().filter { entry in
            ([entry.title, entry.command, entry.summary ?? ""] + entry.replies.map(\.worker.rawValue)).contains { $0.lowercased().contains(wanted) }
        }
    }

    var logPage: ListPage<LogEntry> {
        let rows = logRows
        return ListPage(rows: rows, matching: rows.count, total: log.count)
    }
}
