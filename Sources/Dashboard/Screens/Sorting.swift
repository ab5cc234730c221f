import CeleriacCore

extension DashboardState {
    /// Fields that the list can be sorted by, in the order of its columns, with their titles.
    var sortFields: [(field: String, title: String)] {
        func fields<Row>(_ table: Table<Row>) -> [(field: String, title: String)] {
            table.columns.compactMap { column in column.field.map { ($0, column.title) } }
        }
        switch list {
        case .tasks: return fields(TasksScreen.table)
        case .queues: return fields(QueuesScreen.table(header.standing))
        case .queuesPane: return fields(QueuesScreen.pane(header.standing))
        case .workers: return fields(WorkersScreen.table)
        case .workersPane: return fields(WorkersScreen.pane)
        case .beat: return fields(BeatScreen.table)
        case .beatPane: return fields(BeatScreen.pane)
        case .messages: return fields(MessagesScreen.table)
        case .errors: return fields(ErrorsScreen.table)
        case .workflows, .log, .timingsPane, .failuresPane: return []
        }
    }

    mutating func sort(by field: String?, ascending: Bool) {
        self[list].sort = field
        self[list].ascending = ascending
        thaw(list)
        let title = sortFields.first { $0.field == field }?.title
        tell(title.map { "sorted by \($0), \(ascending ? "smallest" : "largest") first" } ?? "sorted \(naturalOrder)")
    }

    /// In which rows stand when no other order is asked for.
    private var naturalOrder: String {
        switch list {
        case .tasks: "newest first"
        case .errors: "largest first"
        case .messages: "as they are served"
        default: "by name"
        }
    }

    /// Names read from a to z; figures are looked at from the largest down.
    static func startsAscending(_ field: String?) -> Bool {
        ["id", "name", "state", "worker", "queue", "pool", "version", "queues", "type", "task", "schedule", "zone", "next_run", "last_state", "position", "eta", "exception", nil].contains(field)
    }

    /// Sorts by the neighbouring column; the natural order lies before the first one.
    mutating func turnSort(_ step: Int) {
        let fields: [String?] = [nil] + sortFields.map(\.field)
        let here = fields.firstIndex(of: self[list].sort) ?? 0
        let field = fields[(here + step + fields.count) % fields.count]
        sort(by: field, ascending: Self.startsAscending(field))
    }

    mutating func openSortMenu(_ now: Double) {
        var menu = Menu("Sort by", [Menu.Item(naturalOrder, .sort(nil))] + sortFields.map { Menu.Item($0.title, note: $0.field, .sort($0.field)) }, openedAt: now)
        menu.selected = menu.items.firstIndex { $0.choice == .sort(self[list].sort) } ?? 0
        modals.append(.menu(menu))
    }
}
