import CeleriacCore

extension DashboardState {
    /// Moves cursor or text; `false` when the command is no movement.
    mutating func move(_ command: Command, _ picture: Picture) -> Bool {
        if !isOnList { return moveText(command, picture) }
        let list = list, window = window(of: list)
        switch command {
        case .up: step(-1, picture)
        case .down: step(1, picture)
        case .pageUp: step(-window, isPage: true, picture)
        case .pageDown: step(window, isPage: true, picture)
        case .halfUp: step(-max(1, window / 2), isPage: true, picture)
        case .halfDown: step(max(1, window / 2), isPage: true, picture)
        case .top where !list.selectsFirst: self[list].unselect()
        case .top: step(-ListState.farthest, picture)
        case .bottom: step(ListState.farthest, picture)
        case .left: self[list].scroll = max(0, self[list].scroll - 1)
        case .right: self[list].scroll = min(max(0, columnCount(of: list) - 2), self[list].scroll + 1)
        default: return false
        }
        return true
    }

    /// Moves the cursor of the list that has the keys; the first step selects the row that is shown first.
    mutating func step(_ rows: Int, isPage: Bool = false, _ picture: Picture) {
        let list = list, window = window(of: list)
        guard let page = ids(of: list, in: picture), !page.rows.isEmpty else { return tell("there is no \(list.noun) to select") }
        if self[list].cursor == nil {
            self[list].select(page.rows[0], index: page.first, row: 0)
            if rows.magnitude > 1 { self[list].moveCursor(by: rows, window: window) }
        } else if self[list].isGone {
            // The row that took its place is the next one.
            let here = min(max(0, self[list].index - page.first - (rows < 0 ? 1 : 0)), page.rows.count - 1)
            self[list].select(page.rows[here], index: page.first + here, row: max(0, min(window - 1, page.first + here - self[list].top)))
        } else {
            if self[list].isRanging { markPassed(rows, page) }
            if isPage { self[list].moveWindow(by: rows) } else { self[list].moveCursor(by: rows, window: window) }
        }
    }

    /// Marks the rows that a movement passes, as far as they are on screen.
    private mutating func markPassed(_ rows: Int, _ page: ListPage<String>) {
        guard let cursor = self[list].cursor, let here = page.rows.firstIndex(of: cursor) else { return }
        let there = max(0, min(page.rows.count - 1, here + max(-page.rows.count, min(page.rows.count, rows))))
        self[list].marks.formUnion(page.rows[min(here, there)...max(here, there)])
    }

    private mutating func moveText(_ command: Command, _ picture: Picture) -> Bool {
        guard var detail = details.last else { return false }
        let area = documentArea, window = max(1, area.rows)
        let lines = document(detail, picture, width: area.columns)
        switch command {
        case .up: detail.text.step(-1, lines: lines, window: window)
        case .down: detail.text.step(1, lines: lines, window: window)
        case .pageUp: detail.text.scroll(by: -window, of: lines.count, window: window)
        case .pageDown: detail.text.scroll(by: window, of: lines.count, window: window)
        case .halfUp: detail.text.scroll(by: -window / 2, of: lines.count, window: window)
        case .halfDown: detail.text.scroll(by: window / 2, of: lines.count, window: window)
        case .top: detail.text.scroll(by: -lines.count, of: lines.count, window: window)
        case .bottom, .follow: detail.text.scroll(by: lines.count, of: lines.count, window: window)
        case .left, .right:
            let step = command == .left ? -1 : 1
            if detail.tabs.isEmpty || !detail.text.wraps {
                detail.text.column = max(0, detail.text.column + 8 * step)
            } else {
                return false
            }
        case .nextMatch, .previousMatch:
            if detail.text.search.isEmpty {
                tell("nothing is searched for: / searches")
            } else if !detail.text.find(forward: command == .nextMatch, lines: lines, window: window) {
                tell("\(safe(detail.text.search)) does not occur here")
            }
        default: return false
        }
        details[details.count - 1] = detail
        return true
    }

    func columnCount(of list: ListName) -> Int {
        switch list {
        case .tasks: TasksScreen.table.columns.count
        case .queues: QueuesScreen.table(header.standing).columns.count
        case .workers: WorkersScreen.table.columns.count
        case .beat: BeatScreen.table.columns.count
        case .beatPane: BeatScreen.pane.columns.count
        case .workflows: WorkflowsScreen.table.columns.count
        case .errors: ErrorsScreen.table.columns.count
        case .log: LogScreen.table.columns.count
        case .messages: MessagesScreen.table.columns.count
        case .queuesPane: QueuesScreen.pane(header.standing).columns.count
        case .workersPane: WorkersScreen.pane.columns.count
        case .timingsPane: TimingsPane.table.columns.count
        case .failuresPane: FailuresPane.table.columns.count
        }
    }
}
