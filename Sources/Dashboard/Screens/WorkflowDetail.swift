import CeleriacCore

extension DashboardState {
    /// The tree of a workflow: how it stands, then its tasks with box lines before them.
    func workflowLines(_ picture: Picture, _ context: DrawContext, width: Int) -> [Line] {
        guard let workflow = picture.workflow else { return [Line("no event of this task is held", .dim)] }
        return head(workflow.row, context, width: width) + [.empty] + tree(workflow.nodes, context, width: width)
    }

    private func head(_ row: WorkflowRow, _ context: DrawContext, width: Int) -> [Line] {
        let kind = row.kind == .notApplicable ? "alone" : CellText(row.kind, context) { $0.rawValue }.variants.first ?? ""
        var lines = [
            Line([Span(kind + "  ", .accent, .bold), Span(row.stepsText)]),
            Line(counted(row.counts, of: row.expected) + [Span("   begun \(context.time(row.startedAt)), \(row.isFinished ? "took" : "so far") \(Formats.duration(row.elapsed))", .dim)]),
        ]
        if let worst = row.worst, row.state == .failure {
            let words = [worst.name.map { safe($0, limit: 80) }, worst.exception.map { safe($0) }].compactMap { $0 }.joined(separator: ": ")
            lines += DisplayWidth.wrap("failed first: " + words, to: max(20, width)).prefix(3).map { Line($0, .failure, .bold) }
        }
        return lines
    }

    private func counted(_ counts: WorkflowCounts, of expected: Int? = nil) -> [Span] {
        let total = expected.map { $0 > counts.total ? "\(Formats.grouped(counts.total)) of \(Formats.grouped($0)) tasks seen" : nil } ?? nil
        var spans = [Span(total ?? Formats.plural(counts.total, "task"))]
        for (count, word, role) in [(counts.done, "done", Role.success), (counts.failed, "failed", .failure), (counts.running, "running", .started), (counts.waiting, "waiting", .received)]
        where count > 0 {
            spans += [Span(spans.count == 1 ? ": " : ", "), Span("\(Formats.grouped(count)) \(word)", role)]
        }
        return spans
    }

    // MARK: Nodes

    private func tree(_ nodes: [WorkflowNode], _ context: DrawContext, width: Int) -> [Line] {
        // Names and what follows them stand in columns; deep levels push to the right only where there is room.
        let names = nodes.compactMap { node in node.task.map { node.trail.count * 3 + 2 + DisplayWidth.columns(of: name($0, of: node)) } }
        let column = max(18, min(names.max() ?? 0, width - 34))
        return nodes.flatMap { lines($0, column: column, context) }
    }

    private func lines(_ node: WorkflowNode, column: Int, _ context: DrawContext) -> [Line] {
        let branch = Span(branches(node.trail), .border)
        switch node.content {
        case .task(let task), .body(let task): return [Line([branch] + spans(task, name(task, of: node), column - node.trail.count * 3), target: .task(task.id))]
        case .unseen(let id): return [Line([branch, Span("? \(String(safe(id.rawValue).prefix(8)))  not seen, but named as the parent", .dim)], target: .task(id))]
        case .more(let counts):
            return [Line([branch, Span("\(context.glyphs.ellipsis) ", .dim)] + counted(counts).enumerated().map { $0.offset == 0 ? Span("\(Formats.grouped(counts.total)) more", .dim) : $0.element })]
        case .group(let group):
            let size: [Span] = if case .noAnswer = group.size, !group.isChord { [Span("  counter ?", .stale)] } else { [] }
            let title = Span((group.isChord ? "chord " : "group ") + String(safe(group.id).prefix(8)) + "  ", .accent, .bold)
            let line = Line([branch, title] + counted(group.counts, of: group.size.value) + size)
            guard let verdict = group.verdict, !verdict.isFired else { return [line] }
            // Beneath the group's own line the trunk goes on to its members.
            let trunk = Span(continuation(node.trail) + Glyphs.unicode.trunk, .border)
            return [line] + DisplayWidth.wrap(verdict.words, to: max(30, documentArea.columns - 8 - node.trail.count * 3)).map { Line([trunk, Span($0, verdict.role)]) }
        }
    }

    /// Letter, name, id, run time, worker, and what went wrong.
    private func spans(_ task: TaskRow, _ name: String, _ column: Int) -> [Span] {
        let letter = task.isOrphaned ? "O" : task.state.letter
        let run = task.runtime.map { Formats.duration($0) } ?? "-"
        var spans = [
            Span(letter + " ", task.isOrphaned ? .bad : task.state.role, .bold), Span(DisplayWidth.pad(name, to: max(8, column - 2), ellipsis: Glyphs.unicode.ellipsis) + "  "),
            Span(DisplayWidth.pad(task.shortID, to: 8) + "  ", .dim), Span(DisplayWidth.pad(run, to: 8, .right) + "  ", task.state.isFinal ? .text : .dim),
            Span(DisplayWidth.pad(task.worker.map { safe($0.short, limit: 40) } ?? "-", to: 10, ellipsis: Glyphs.unicode.ellipsis) + "  ", .dim),
        ]
        if let exception = task.exception, task.state != .success { spans.append(Span(safe(exception, limit: 300), task.state.role)) }
        if task.isOrphaned { spans.append(Span("its worker was lost", .bad)) }
        return spans
    }

    private func name(_ task: TaskRow, of node: WorkflowNode) -> String {
        let isBody = if case .body = node.content { true } else { false }
        return safe(task.name ?? "?", limit: 80) + (isBody ? " (body)" : "")
    }

    private func branches(_ trail: [Bool]) -> String {
        guard let last = trail.last else { return "" }
        return continuation(Array(trail.dropLast())) + (last ? Glyphs.unicode.branch : Glyphs.unicode.lastBranch)
    }

    private func continuation(_ trail: [Bool]) -> String {
        trail.map { $0 ? Glyphs.unicode.trunk : Glyphs.unicode.noTrunk }.joined()
    }
}
