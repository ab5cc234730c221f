import CeleriacCore

extension DashboardState {
    /// Draws the open detail: its frame, its tabs, its text.
    func render(_ detail: OpenDetail, _ picture: Picture, _ context: DrawContext, into grid: inout Grid) {
        let layout = layout, area = documentArea
        if let queue = listedQueue {
            if layout.hasFrames { grid.box(layout.body, title: messagesTitle(queue, now: context.now), titleStyle: Style(.accent, .bold)) }
            tabs(of: detail).render(into: &grid, at: Rect(row: area.row - 1, column: area.column, rows: 1, columns: area.columns))
            return renderMessages(queue, picture, context, into: &grid, at: area)
        }
        let lines = document(detail, picture, width: area.columns)
        if layout.hasFrames {
            grid.box(layout.body, title: title(of: detail.subject, picture), titleStyle: Style(.accent, .bold))
            renderPosition(detail.text, of: lines.count, area, layout.body, into: &grid)
        }
        if !detail.tabs.isEmpty {
            tabs(of: detail).render(into: &grid, at: Rect(row: area.row - 1, column: area.column, rows: 1, columns: area.columns))
        }
        TextView.render(lines, detail.text, isStale: staleness(of: detail.subject, picture) && !isRecord, into: &grid, at: area)
    }

    func tabs(of detail: OpenDetail) -> TabStrip {
        // Where looking at messages leaves a mark, the first tab is one that looks at none; round and round the order is the same.
        let isTurned = if case .queue = detail.subject { peekingMarks } else { false }
        let titles = isTurned ? detail.tabs.suffix(1) + detail.tabs.dropLast() : detail.tabs
        return TabStrip(tabs: titles.map { TabStrip.Tab(key: "", title: $0, isActive: $0 == detail.tabTitle) })
    }

    /// Lines of the open detail as they are shown, wrapped when that is wanted.
    func document(_ detail: OpenDetail, _ picture: Picture, width: Int) -> [Line] {
        let picture = shown(picture), context = context(picture)
        let lines: [Line] = switch detail.subject {
        case .task(let id, let tab): taskLines(id, tab, picture, context, width: width - 2)
        case .worker(let name, let tab): workerLines(name, tab, picture, context)
        case .queue(let name, let tab): queueLines(name, tab, picture, context, width: width - 2)
        case .message(let message): messageLines(message, context)
        case .trash: trashLines(context)
        case .workflow: workflowLines(picture, context, width: width - 2)
        case .periodic(let name, let tab): periodicLines(name, tab, picture, self.context(picture, of: .beat), width: width - 2)
        case .entry(let id): entryLines(id, context)
        case .record(_, let text): safeLines(text).map { Line($0) }
        }
        return detail.text.wraps ? TextView.wrapped(lines, width: width - 2) : lines
    }

    private func title(of subject: Subject, _ picture: Picture) -> String {
        switch subject {
        case .task(let id, _):
            let name = picture.detail.flatMap { $0.task.id == id ? $0.task.name : nil }
            return "Task \(safe(id.rawValue, limit: 40))" + (name.map { "  " + safe($0, limit: 80) } ?? "")
        case .worker(let name, _): return "Worker \(safe(name.rawValue, limit: 80))"
        case .queue(let name, _): return "Queue \(safe(name.rawValue, limit: 80))"
        case .message(let message): return "Message" + (message.task.map { " \(safe($0.id.rawValue, limit: 40))  \(safe($0.name, limit: 80))" } ?? "")
        case .trash: return "Trash"
        case .workflow(let id): return "Workflow of \(safe(id.rawValue, limit: 40))"
        case .periodic(let name, _): return "Entry \(safe(name, limit: 80))"
        case .entry: return "Action and its replies"
        case .record(let title, _): return "Record \(title)"
        }
    }

    /// "12–40 of 210" in the frame, when there is more than fits.
    private func renderPosition(_ text: TextState, of count: Int, _ area: Rect, _ frame: Rect, into grid: inout Grid) {
        guard count > area.rows, area.rows > 0 else { return }
        let top = max(0, min(text.top, count - area.rows))
        let words = " \(top + 1)–\(min(count, top + area.rows)) of \(Formats.grouped(count)) "
        let width = DisplayWidth.columns(of: words)
        guard width + 4 < frame.columns else { return }
        grid.write(words, row: frame.row + frame.rows - 1, column: frame.column + frame.columns - width - 2, style: Style(.dim))
    }
}

/// Label and value, in two columns.
func field(_ label: String, _ value: CellText, target: Target? = nil) -> Line {
    var span = Span(value.variants.first ?? "")
    span.style = value.style
    return Line([Span(DisplayWidth.pad(label, to: 12) + " ", .dim), span], target: target)
}

func field(_ label: String, _ value: String, _ role: Role = .text, target: Target? = nil) -> Line {
    field(label, CellText(value, role), target: target)
}

func heading(_ text: String) -> Line { Line(text, .heading, .bold) }
