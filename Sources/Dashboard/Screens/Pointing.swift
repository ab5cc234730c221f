import CeleriacCore

extension DashboardState {
    /// The mouse: click selects, double click opens, the wheel scrolls, headings sort, tabs switch, hints run.
    mutating func point(_ event: Key.MouseEvent, row: Int, column: Int, _ keymap: Keymap, _ picture: Picture, _ now: Double) -> [Effect] {
        switch event {
        case .wheelUp, .wheelDown: return turnWheel(event == .wheelUp ? -3 : 3, keymap, picture)
        case .click, .doubleClick:
            // What lies over the view is answered by keys: a slip of the mouse decides nothing.
            guard modals.isEmpty else { return [] }
            let layout = layout
            if let line = layout.tabs, line.contains(row: row, column: column), let tab = viewTabs.tab(at: column, width: line.columns),
                let view = ViewName.allCases.first(where: { $0.title == tab.title })
            {
                show(view)
                return []
            }
            if let line = layout.hints, line.contains(row: row, column: column) {
                guard let command = hintLine(picture, keymap).hint(at: column, width: line.columns)?.command else { return [] }
                return reduce(command, picture, now)
            }
            if details.last != nil, isOnList, row == documentArea.row - 1 { return pointAtText(event, row, column, picture) }
            return isOnList ? pointAtList(event, row, column, picture, now) : pointAtText(event, row, column, picture)
        }
    }

    private mutating func turnWheel(_ rows: Int, _ keymap: Keymap, _ picture: Picture) -> [Effect] {
        if case .help(var help) = modals.last {
            help.text.scroll(by: rows, of: helpLines(keymap).count, window: max(1, helpArea.inner.rows))
            modals[modals.count - 1] = .help(help)
        } else if !modals.isEmpty {
            return []
        } else if var detail = details.last, !isOnList {
            let area = documentArea
            detail.text.scroll(by: rows, of: document(detail, picture, width: area.columns).count, window: max(1, area.rows))
            details[details.count - 1] = detail
        } else {
            step(rows, picture)
        }
        return []
    }

    private mutating func pointAtList(_ event: Key.MouseEvent, _ row: Int, _ column: Int, _ picture: Picture, _ now: Double) -> [Effect] {
        let candidates = view == .overview && details.isEmpty ? panes : [list]
        guard let list = candidates.first(where: { frame(of: $0)?.contains(row: row, column: column) == true }), let area = tableArea(of: list) else { return [] }
        if view == .overview, details.isEmpty { pane = list }
        if row == area.row {
            sortByHeading(at: column - area.column, of: area)
            return []
        }
        guard area.contains(row: row, column: column), let page = ids(of: list, in: picture) else { return [] }
        let state = self[list]
        let start = state.cursor == nil ? 0 : max(0, state.top - page.first)
        let index = start + row - area.row - 1
        guard page.rows.indices.contains(index) else { return [] }
        self[list].select(page.rows[index], index: page.first + index, row: row - area.row - 1)
        return event == .doubleClick ? reduce(.open, picture, now) : []
    }

    private mutating func sortByHeading(at x: Int, of area: Rect) {
        let state = self[list]
        let field: String? = switch list {
        case .tasks: TasksScreen.table.column(at: x, width: area.columns, state)?.field
        case .queues: QueuesScreen.table(header.standing).column(at: x, width: area.columns, state)?.field
        case .queuesPane: QueuesScreen.pane(header.standing).column(at: x, width: area.columns, state)?.field
        case .workers: WorkersScreen.table.column(at: x, width: area.columns, state)?.field
        case .workersPane: WorkersScreen.pane.column(at: x, width: area.columns, state)?.field
        case .beat: BeatScreen.table.column(at: x, width: area.columns, state)?.field
        case .beatPane: BeatScreen.pane.column(at: x, width: area.columns, state)?.field
        case .messages: MessagesScreen.table.column(at: x, width: area.columns, state)?.field
        case .errors: ErrorsScreen.table.column(at: x, width: area.columns, state)?.field
        case .workflows, .log, .timingsPane, .failuresPane: nil
        }
        guard let field else { return tell("this column does not sort") }
        sort(by: field, ascending: state.sort == field ? !state.ascending : Self.startsAscending(field))
    }

    private mutating func pointAtText(_ event: Key.MouseEvent, _ row: Int, _ column: Int, _ picture: Picture) -> [Effect] {
        guard var detail = details.last else { return [] }
        let area = documentArea
        if row == area.row - 1, !detail.tabs.isEmpty {
            guard let tab = tabs(of: detail).tab(at: column - area.column, width: area.columns) else { return [] }
            detail.show(tab: tab.title)
            details[details.count - 1] = detail
            return questions(about: detail.subject)
        }
        let lines = document(detail, picture, width: area.columns)
        let index = max(0, min(detail.text.top, max(0, lines.count - area.rows))) + row - area.row
        guard area.contains(row: row, column: column), lines.indices.contains(index), let target = lines[index].target else { return [] }
        details[details.count - 1].text.selected = target
        return event == .doubleClick ? open(target) : []
    }
}
