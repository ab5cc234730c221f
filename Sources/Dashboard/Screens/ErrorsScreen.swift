import CeleriacCore

/// What has failed since watching began, by exception and task, the largest group first.
enum ErrorsScreen {
    static let table = Table<FailureRow>(id: \.id, [
        Column("COUNT", field: "count", 6, 8, right: true, drop: 0) { row, _ in CellText(count: row.total, .failure) },
        Column("EXCEPTION", field: "exception", 14, 28, most: 80, flexible: true, drop: 0) { row, _ in CellText(foreign: row.exception) },
        Column("TASK", field: "name", 12, 26, most: 60, flexible: true, drop: 0) { row, _ in CellText(foreign: row.task) },
        Column("FIRST", field: "first", 8, 9, most: 16, right: true, drop: 3) { row, context in CellText(context.time(row.firstAt), .dim) },
        Column("LAST", field: "last", 8, 9, most: 16, right: true, drop: 1) { row, context in CellText(context.time(row.newestAt)) },
        Column("LAST 15 MIN", 15, 15, drop: 2) { row, _ in CellText(row.count == 0 ? "-" : Charts.sparkline(row.history, width: 15), row.count == 0 ? .dim : .spark) },
    ])
}

extension FailureRow {
    /// The filter that lists its tasks.
    var memberFilter: String { "state:failure name=\(task.quotedForFilter) error=\(exception.quotedForFilter)" }
}
