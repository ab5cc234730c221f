public import CeleriacCore

extension DashboardState {
    /// The whole screen; parts that the picture has no answer for say so.
    public func render(_ picture: Picture, keymap: Keymap, glyphs: Glyphs = .unicode) -> Grid {
        var grid = Grid(rows: rows, columns: columns)
        let layout = layout, context = context(picture, glyphs)
        if layout.isOneLine {
            renderOneLine(shown(picture), into: &grid)
        } else {
            if let line = layout.header { HeaderLine(self, picture).render(into: &grid, at: line) }
            if let line = layout.tabs { viewTabs.render(into: &grid, at: line) }
            renderBody(shown(picture), context, into: &grid)
            if let area = layout.jobs { renderJobs(keymap, now: picture.now, into: &grid, at: area) }
            if let line = layout.outcome { renderOutcome(picture.header, into: &grid, at: line) }
            if let line = layout.hints { renderHints(shown(picture), keymap, into: &grid, at: line) }
        }
        renderModals(context, keymap, into: &grid)
        return glyphs == .ascii ? grid.inASCII() : grid
    }

    func context(_ picture: Picture, _ glyphs: Glyphs = .unicode) -> DrawContext {
        var isStale = false
        if case .reconnecting = picture.header.link { isStale = true }
        return DrawContext(now: picture.now, timeMode: timeMode, zone: zone, isStale: isStale, glyphs: glyphs)
    }

    /// What entries say is as old as what their store said last, whatever the broker does.
    func context(_ picture: Picture, of list: ListName, _ glyphs: Glyphs = .unicode) -> DrawContext {
        var context = context(picture, glyphs)
        if list.isOfEntries { context.isStale = picture.beatFacts.isLost }
        return context
    }

    func staleness(of subject: Subject, _ picture: Picture) -> Bool {
        if case .periodic = subject { return context(picture, of: .beat).isStale }
        return context(picture).isStale
    }

    private func renderBody(_ picture: Picture, _ context: DrawContext, into grid: inout Grid) {
        if let detail = details.last { return render(detail, picture, context, into: &grid) }
        if view == .overview { return renderOverview(picture, context, into: &grid) }
        renderList(list, picture, context, into: &grid)
    }

    /// One list with its frame, or the reason why there is nothing in it.
    func renderList(_ list: ListName, _ picture: Picture, _ context: DrawContext, into grid: inout Grid) {
        guard let frame = frame(of: list), let area = tableArea(of: list) else { return }
        let state = self[list], context = self.context(picture, of: list, context.glyphs)
        let hasFocus = list == self.list
        if hasFrame(list) { grid.box(frame, title: title(of: list, now: picture.now), titleStyle: Style(hasFocus ? .accent : .title, hasFocus ? .bold : [])) }
        func draw<Row>(_ table: Table<Row>, _ page: ListPage<Row>?, empty: (ListPage<Row>) -> [String]) {
            guard let page else { return say(["…"], into: &grid, at: area) }
            table.render(page, state, hasFocus: hasFocus, context, into: &grid, at: area)
            if let line = brokerLine(of: list), let standing = header.standing { BrokerLine.render(standing, now: picture.now, isStale: context.isStale, into: &grid, at: line) }
            if page.rows.isEmpty { say(list == .log || list.isOfEntries ? empty(page) : silence(picture.header) ?? empty(page), into: &grid, at: area) }
        }
        let noMatch = ["nothing matches \(safe(state.filter?.text ?? ""))", "Esc clears the filter"]
        switch list {
        case .tasks: draw(TasksScreen.table, picture.tasks) { TasksScreen.emptiness($0, state, picture.header) }
        case .queues: draw(QueuesScreen.table(header.standing), picture.queues) { $0.total > 0 ? noMatch : ["no queue is known yet"] }
        case .workers: draw(WorkersScreen.table, picture.workers) { $0.total > 0 ? noMatch : noWorkers }
        case .beat: draw(BeatScreen.table, entries(picture)) { BeatScreen.emptiness($0, state, picture.beatFacts) }
        case .beatPane: draw(BeatScreen.pane, entries(picture)) { BeatScreen.emptiness($0, state, picture.beatFacts) }
        case .workflows: draw(WorkflowsScreen.table, picture.workflows) { WorkflowsScreen.emptiness($0, state, picture.header) }
        case .errors: draw(ErrorsScreen.table, picture.errors) { page in page.total > 0 ? noMatch : idle(picture.header, "nothing has failed since this began to watch") }
        case .log: draw(LogScreen.table, logPage) { $0.total > 0 ? noMatch : ["nothing has been done yet"] }
        case .messages: break
        case .queuesPane: draw(QueuesScreen.pane(header.standing), picture.queues) { _ in ["no queue is known yet"] }
        case .workersPane: draw(WorkersScreen.pane, picture.workers) { _ in noWorkers }
        case .timingsPane: draw(TimingsPane.table, picture.timings.map { ListPage($0) }) { _ in idle(picture.header, "no task has ended in the last 15 minutes") }
        case .failuresPane: draw(FailuresPane.table, picture.failures.map { ListPage($0) }) { _ in idle(picture.header, "nothing has failed in the last 15 minutes") }
        }
    }

    /// Without a store there is nothing to wait for.
    private func entries(_ picture: Picture) -> ListPage<EntryRow>? { picture.beatFacts.hasStore ? picture.beat : ListPage() }

    /// Why nothing can have been heard.
    private func silence(_ header: HeaderFacts) -> [String]? {
        switch header.link {
        case .live: nil
        case .connecting: ["connecting to the broker …"]
        case .reconnecting(_, _, let reason): ["the broker cannot be reached", safe(reason)]
        }
    }

    private var noWorkers: [String] {
        permission == .passive ? ["no worker has been heard of yet", "passive: workers are not asked, only listened to"] : ["no worker has been heard of yet"]
    }

    /// Silence means little while workers do not report their tasks.
    private func idle(_ header: HeaderFacts, _ words: String) -> [String] {
        guard header.workersWithoutEvents > 0 else { return [words] }
        return [words, "task events are off on \(header.workersWithoutEvents) of \(header.workersKnown) workers: E switches them on"]
    }

    func title(of list: ListName, now: Double) -> String {
        let state = self[list]
        func counted(_ name: String) -> String {
            let shown = state.filter == nil ? Formats.count(state.total) : "\(Formats.count(state.matching)) of \(Formats.count(state.total))"
            let marked = state.marksAllMatching ? ", all marked" : state.marks.isEmpty ? "" : ", \(Formats.count(state.marks.count)) marked"
            return "\(name) \(shown)\(marked)"
        }
        switch list {
        case .tasks: return counted("Tasks") + (state.sort == nil ? state.cursor == nil ? ", newest first" : "" : "")
        case .queues, .queuesPane: return counted("Queues")
        case .workers, .workersPane: return counted("Workers")
        case .beat: return counted("Beat") + BeatScreen.standing(beat, now: now)
        case .beatPane: return "Beat: next and last" + BeatScreen.age(beat, now: now)
        case .workflows: return counted("Workflows") + (state.cursor == nil ? ", newest first" : "")
        case .errors: return counted("Errors") + ", by exception and task"
        case .log: return counted("Log")
        case .messages: return counted("Messages")
        case .timingsPane: return TimingsPane.title
        case .failuresPane: return FailuresPane.title
        }
    }

    /// Lines in the middle of an area whose rows are missing.
    func say(_ lines: [String], into grid: inout Grid, at area: Rect) {
        let top = area.row + max(min(1, area.rows - 1), (area.rows - lines.count) / 2)
        for (offset, text) in lines.enumerated() where top + offset < area.row + area.rows {
            let width = min(DisplayWidth.columns(of: text), area.columns)
            let column = area.column + max(0, (area.columns - width) / 2)
            grid.write(text, row: top + offset, column: column, width: width, style: Style(.dim), ellipsis: Glyphs.unicode.ellipsis)
        }
    }

    /// The answer to the last key, else what is wrong with the link, else how the last action ended, else why groups are not told where they are shown, else
    /// what is wrong with the broker, else the newest event that could not be read.
    private func lastWords(_ header: HeaderFacts) -> Outcome? {
        if let notice { return notice }
        if case .reconnecting(_, _, let reason) = header.link { return Outcome(text: "the broker cannot be reached: \(reason)", isError: true) }
        if let reason = lostStore { return Outcome(text: "the schedule store cannot be reached: \(reason)", isError: true) }
        if let outcome { return outcome }
        if showsWorkflows, let problem = header.groupProblem { return Outcome(text: "the result backend does not tell of groups: \(problem)", isError: true) }
        let isTold = details.isEmpty && brokerLine(of: list) != nil
        if let problem = (isTold ? nil : header.standing?.problems.first) ?? header.queueProblem { return Outcome(text: problem, isError: true) }
        return header.newestProblem.map { Outcome(text: "an event could not be read: \($0)", isError: false) }
    }

    /// Why the store of what is shown does not answer.
    private var lostStore: String? {
        guard case .lost(_, let reason) = beat.link else { return nil }
        if case .periodic = details.last?.subject { return reason }
        return details.isEmpty && list.isOfEntries ? reason : nil
    }

    private var showsWorkflows: Bool {
        guard let detail = details.last else { return view == .workflows }
        if case .workflow = detail.subject { return true }
        return false
    }

    private func renderOutcome(_ header: HeaderFacts, into grid: inout Grid, at line: Rect) {
        let filter = isOnList ? self[list].filter.map { "filter: " + safe($0.text) } ?? "" : ""
        let filterWidth = min(DisplayWidth.columns(of: filter), line.columns / 2)
        if let outcome = lastWords(header) {
            let width = line.columns - 2 - (filterWidth > 0 ? filterWidth + 2 : 0)
            grid.write(safe(outcome.text), row: line.row, column: 1, width: width, style: Style(outcome.isError ? .bad : .text), ellipsis: Glyphs.unicode.ellipsis)
        }
        grid.write(filter, row: line.row, column: line.columns - filterWidth - 1, width: filterWidth, style: Style(.accent), ellipsis: Glyphs.unicode.ellipsis)
    }

    private func renderHints(_ picture: Picture, _ keymap: Keymap, into grid: inout Grid, at line: Rect) {
        hintLine(picture, keymap).render(into: &grid, at: line)
    }

    /// All that fits in one line, most important first.
    private func renderOneLine(_ picture: Picture, into grid: inout Grid) {
        let header = picture.header
        let sign: Span = switch header.link {
        case .live: Span("●", .good)
        case .connecting: Span("◐", .warning)
        case .reconnecting: Span("○", .bad)
        }
        let ready = picture.queues?.rows.reduce(0) { $0 + ($1.ready.value ?? 0) }
        let failed = picture.failures?.reduce(0) { $0 + $1.count } ?? 0
        var parts = [sign, Span(" \(header.workersAlive)/\(header.workersKnown)w", header.workersAlive < header.workersKnown ? .warning : .text)]
        parts.append(Span(" \(Formats.rate(header.eventsPerSecond))/s", .text))
        if let ready { parts.append(Span(" \(Formats.count(ready))q", .text)) }
        if failed > 0 { parts.append(Span(" \(Formats.count(failed))!", .failure)) }
        var column = 0
        for part in parts where column + DisplayWidth.columns(of: part.text) <= columns {
            column += grid.write(part.text, row: 0, column: column, style: part.style)
        }
    }
}

extension ListPage {
    /// A list that was handed over whole.
    init(_ rows: [Row]) {
        self.init(rows: rows, first: 0, matching: rows.count, total: rows.count)
    }
}
