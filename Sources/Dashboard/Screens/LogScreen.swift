import CeleriacCore

/// Every action with its target, outcome and replies.
enum LogScreen {
    static let table = Table<LogEntry>(id: { String($0.id) }, [
        Column("WHEN", 8, 10, right: true, drop: 0) { entry, context in CellText(context.time(entry.at), .dim) },
        Column("ACTION", 14, 20, most: 60, flexible: true, drop: 0) { entry, _ in CellText(foreign: entry.title) },
        Column("TARGET", 12, 24, most: 80, flexible: true, drop: 2) { entry, _ in CellText(foreign: entry.target, .accent) },
        Column("OUTCOME", 18, 34, most: 80, flexible: true, drop: 1) { entry, _ in outcome(entry) },
        Column("REPLIES", 7, 7, right: true, drop: 4) { entry, _ in CellText(String(entry.replies.count), entry.replies.isEmpty ? .dim : .text) },
        Column("WHO", 10, 18, most: 40, drop: 3) { entry, _ in CellText(foreign: entry.who) },
        Column("SAME AS", 16, 40, most: 120, flexible: true, drop: 5) { entry, _ in CellText(foreign: entry.command, .dim) },
    ])

    private static func outcome(_ entry: LogEntry) -> CellText {
        guard let summary = entry.summary else { return CellText("…", .dim) }
        return CellText(safe(summary), entry.isError ? .bad : .good)
    }
}

extension DashboardState {
    /// Entries that match the log's filter, newest first. Fields: `name` what was done, `id` to what, `client` by whom, `args` the same as a command, `result` how it
    /// ended, `state` done, failed or running, `worker` who replied.
    var logRows: [LogEntry] {
        guard let filter = self[.log].filter else { return log.reversed() }
        return log.reversed().filter { entry in
            filter.matches { field in
                switch field {
                case "name": .text(entry.title)
                case "id": .text(entry.target)
                case "client": .text(entry.who)
                case "args": .text(entry.command)
                case "result": entry.summary.map { .text($0) } ?? .none
                case "state": .text(entry.summary == nil ? "running" : entry.isError ? "failed" : "done")
                case "worker": .texts(entry.replies.map(\.worker.rawValue))
                default: .none
                }
            }
        }
    }

    var logPage: ListPage<LogEntry> {
        let rows = logRows
        return ListPage(rows: rows, matching: rows.count, total: log.count)
    }
}
