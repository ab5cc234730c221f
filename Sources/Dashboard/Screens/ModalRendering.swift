import CeleriacCore

extension DashboardState {
    /// Draws what lies over the view, the innermost last.
    func renderModals(_ context: DrawContext, _ keymap: Keymap, into grid: inout Grid) {
        for modal in modals {
            switch modal {
            case .confirmation(let question): render(question, into: &grid)
            case .menu(let menu): render(menu, into: &grid)
            case .form(let form): render(form, into: &grid)
            case .entry(let form): render(form, context, into: &grid)
            case .message(let form): render(form, context, into: &grid)
            case .palette(let palette): render(palette, keymap, Picture(now: context.now, header: header), into: &grid)
            case .help(let help): render(help, keymap, into: &grid)
            case .line(let line): render(line, into: &grid)
            }
        }
    }

    /// A frame in the middle of the body, as large as its text where there is room; answers with its inside.
    private func window(_ title: String, rows wanted: Int, columns width: Int, into grid: inout Grid) -> Rect {
        let height = min(rows, wanted + 2), width = max(min(columns, 20), min(columns - 2, width + 4))
        let frame = Rect(row: max(0, (rows - height) / 2), column: max(0, (columns - width) / 2), rows: height, columns: width)
        grid.fill(frame, Cell(" ", Style(.dialog)))
        grid.box(frame, title: title, style: Style(.dialog), titleStyle: Style(.dialog, .bold))
        guard height > 2 else { return frame }
        return Rect(row: frame.row + 1, column: frame.column + 2, rows: frame.rows - 2, columns: frame.columns - 4)
    }

    private func render(_ question: Confirmation, into grid: inout Grid) {
        let room = max(16, min(columns - 6, 76))
        var lines = question.facts.flatMap { DisplayWidth.wrap($0, to: room).prefix(4) }
        let ending: [String] = switch question.need {
        case .yes: ["", "y  \(question.verb)        \(question.form == nil ? "" : "e  edit first        ")Enter, Esc  cancel"]
        case .text(let wanted, let kind):
            ["", "To \(question.verb), type \(kind): \(safe(wanted))", "> " + safe(question.typed) + "_", "", (question.form == nil ? "" : "Ctrl-e  edit first    ") + "Enter alone, Esc  cancel"]
        }
        // What must be typed stays in sight however long the facts are.
        let most = max(1, rows - 4 - ending.count)
        if lines.count > most { lines = lines.prefix(max(0, most - 1)) + ["…"] }
        lines = rows > 12 ? [""] + lines + ending + [""] : lines + ending.filter { !$0.isEmpty }
        let width = ([question.title] + lines).map { DisplayWidth.columns(of: $0) }.max() ?? room
        let area = window(question.title, rows: lines.count, columns: width, into: &grid)
        for (offset, line) in lines.prefix(area.rows).enumerated() {
            let isKeys = offset >= lines.count - ending.count
            grid.write(line, row: area.row + offset, column: area.column, width: area.columns, style: Style(.dialog, isKeys ? .bold : []), ellipsis: "…")
        }
    }

    private func render(_ menu: Menu, into grid: inout Grid) {
        let widest = menu.items.map { DisplayWidth.columns(of: $0.title) }.max() ?? 0
        let noteWidth = menu.items.map { DisplayWidth.columns(of: $0.whyNot ?? $0.note) }.max() ?? 0
        let area = window(menu.title, rows: menu.items.count, columns: max(menu.title.count + 2, widest + (noteWidth > 0 ? noteWidth + 3 : 0)), into: &grid)
        let first = max(0, min(menu.selected - area.rows + 1, menu.items.count - area.rows))
        for (offset, item) in menu.items.dropFirst(first).prefix(area.rows).enumerated() {
            let row = area.row + offset, isSelected = first + offset == menu.selected
            let style = isSelected ? Style(.selection) : item.whyNot == nil ? Style(.dialog) : Style(.stale)
            if isSelected { grid.fill(Rect(row: row, column: area.column - 1, rows: 1, columns: area.columns + 2), Cell(" ", style)) }
            if isSelected { grid.write(Glyphs.unicode.pointer, row: row, column: area.column - 1, style: style) }
            grid.write(item.title, row: row, column: area.column, width: area.columns, style: style, ellipsis: "…")
            let room = area.columns - widest - 3
            if room > 0 { grid.write(item.whyNot ?? item.note, row: row, column: area.column + widest + 3, width: room, style: isSelected ? style : Style(.dim), ellipsis: "…") }
        }
    }

    private func render(_ form: ConsumerForm, into grid: inout Grid) {
        let consumed = form.consumed.map { $0.isEmpty ? "nothing" : safe($0.map(\.rawValue).joined(separator: " ")) } ?? "?"
        let lines: [(String, Style)] = [
            ("Worker   " + safe(form.worker.rawValue), Style(.dialog)), ("Now      " + consumed, Style(.dialog)),
            ("", Style(.dialog)),
            ((form.field == .action ? "▶ " : "  ") + "Action   " + (form.adds ? "[start]  stop " : " start  [stop]"), Style(.dialog, form.field == .action ? .bold : [])),
            ((form.field == .queue ? "▶ " : "  ") + "Queue    " + safe(form.queue.text) + (form.field == .queue ? "_" : ""), Style(.dialog, form.field == .queue ? .bold : [])),
            (form.problem ?? "", Style(.bad)), ("Tab next field   Ctrl-s check   Esc leave", Style(.dialog)),
        ]
        let width = max(50, lines.map { DisplayWidth.columns(of: $0.0) }.max() ?? 0)
        let area = window("Consume a queue", rows: lines.count, columns: width, into: &grid)
        for (offset, line) in lines.prefix(area.rows).enumerated() {
            grid.write(line.0, row: area.row + offset, column: area.column, width: area.columns, style: line.1, ellipsis: "…")
        }
    }

    private func render(_ palette: Palette, _ keymap: Keymap, _ picture: Picture, into grid: inout Grid) {
        let entries = paletteEntries(palette, picture, keymap)
        let area = window("Commands", rows: min(18, rows - 4), columns: 66, into: &grid)
        grid.write("> " + safe(palette.input.text) + "_", row: area.row, column: area.column, width: area.columns, style: Style(.dialog, .bold), ellipsis: "…")
        let height = max(0, area.rows - 1)
        let first = max(0, min(palette.selected - height + 1, entries.count - height))
        if entries.isEmpty { grid.write("nothing fits", row: area.row + 1, column: area.column, width: area.columns, style: Style(.dim)) }
        for (offset, entry) in entries.dropFirst(first).prefix(height).enumerated() {
            let row = area.row + 1 + offset, isSelected = first + offset == palette.selected
            let style = isSelected ? Style(.selection) : entry.whyNot == nil ? Style(.dialog) : Style(.stale)
            if isSelected { grid.fill(Rect(row: row, column: area.column - 1, rows: 1, columns: area.columns + 2), Cell(" ", style)) }
            let note = DisplayWidth.cut(entry.note, to: 24, ellipsis: "…"), noteWidth = DisplayWidth.columns(of: note)
            grid.write(entry.title, row: row, column: area.column, width: max(0, area.columns - noteWidth - 2), style: style, ellipsis: "…")
            grid.write(note, row: row, column: area.column + area.columns - noteWidth, width: noteWidth, style: isSelected ? style : Style(.dim))
        }
    }

    private func render(_ line: LineEdit, into grid: inout Grid) {
        let place = layout.outcome ?? layout.hints ?? Rect(rows: min(1, rows), columns: columns)
        grid.fill(place, Cell(" ", Style(.input)))
        let sign = switch line.purpose {
        case .command: ":"
        case .target: "move to the queue: "
        case .filter, .search: "/"
        }
        let problem = line.problem.map { safe($0) } ?? ""
        let problemWidth = min(DisplayWidth.columns(of: problem), place.columns / 2)
        let room = max(1, place.columns - problemWidth - 3 - DisplayWidth.columns(of: sign))
        // The end of a long line is what is being typed.
        let before = safe(String(line.input.text.prefix(line.input.cursor))), after = safe(String(line.input.text.dropFirst(line.input.cursor)))
        var shown = before
        while DisplayWidth.columns(of: shown) >= room, !shown.isEmpty { shown.removeFirst() }
        var column = place.column + 1
        column += grid.write(sign + shown, row: place.row, column: column, style: Style(.input))
        grid.write(after.isEmpty ? " " : String(after), row: place.row, column: column, width: max(1, place.columns - column - problemWidth - 1), style: Style(.input))
        grid[place.row, column].style = Style(.input, .reverse)
        grid.write(problem, row: place.row, column: place.columns - problemWidth - 1, width: problemWidth, style: Style(.bad), ellipsis: "…")
    }
}
