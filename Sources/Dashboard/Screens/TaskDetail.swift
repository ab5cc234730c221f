import CeleriacCore

extension DashboardState {
    func taskLines(_ id: TaskID, _ tab: TaskTab, _ picture: Picture, _ context: DrawContext, width: Int) -> [Line] {
        guard let detail = picture.detail, detail.task.id == id else {
            if tab == .message { return messageLines(of: id, context) }
            return tab == .result || tab == .args ? storedLines(id, tab) : [Line("no event of this task is held; the result may be stored: tab Result", .dim)]
        }
        switch tab {
        case .summary: return summary(detail, context, width: width)
        case .args: return arguments(detail.task)
        case .result: return result(detail.task)
        case .traceback: return traceback(detail.task)
        case .attempts: return attemptLines(detail, context, width: width)
        case .family: return family(detail)
        case .message: return messageLines(of: id, context)
        }
    }

    private func summary(_ detail: TaskDetail, _ context: DrawContext, width: Int) -> [Line] {
        let task = detail.task
        var lines = [
            field("Name", CellText(name: task)), field("State", CellText(state: task)), field("Worker", CellText(foreign: task.worker?.rawValue), target: task.worker.map(Target.worker)),
            field("Queue", CellText(task.queue, context) { safe($0.rawValue) }, target: task.queue.value.map(Target.queue)),
            field("Retries", String(task.retries), task.retries == 0 ? .dim : .retry),
        ]
        if let eta = task.eta { lines.append(field("ETA", context.exactTime(eta) + ", " + relative(eta, context))) }
        if let expires = task.expires { lines.append(field("Expires", context.exactTime(expires) + ", " + relative(expires, context), task.isExpired ? .warning : .text)) }
        if let client = task.client { lines.append(field("Sent by", safe(client))) }
        if let key = task.routingKey { lines.append(field("Routing key", safe(key))) }
        // Of a retry Celery says that it is its own parent.
        if let parent = task.parent, parent != task.id { lines.append(field("Parent", safe(parent.rawValue), target: .task(parent))) }
        if let root = task.root, root != task.id, root != task.parent { lines.append(field("Root", safe(root.rawValue), target: .task(root))) }
        if !task.children.isEmpty { lines.append(field("Children", Formats.plural(task.children.count, "task"))) }
        if task.isOrphaned { lines.append(field("Orphaned", "its worker was lost before it ended", .bad)) }
        if task.isTerminated { lines.append(field("Terminated", "by a signal", .warning)) }
        if let exception = task.exception { lines.append(field("Exception", safe(exception), .failure)) }
        if let result = task.result { lines.append(field("Result", safe(result))) }
        lines += [.empty, heading("Timeline")] + Timeline(task, now: context.now).lines(context, width: width)
        return lines
    }

    private func relative(_ instant: Double, _ context: DrawContext) -> String {
        instant > context.now ? "in " + Formats.duration((instant - context.now).rounded()) : Formats.age(context.now - instant) + " ago"
    }

    private func arguments(_ task: TaskRow) -> [Line] {
        if case .record(let record) = results[task.id], record.args != nil || record.kwargs != nil { return storedLines(task.id, .args) }
        guard task.args != nil || task.kwargs != nil else { return [Line("no event told the arguments; they are in task-sent and task-received", .dim)] }
        return [heading("Positional")] + shown(task.args) + [.empty, heading("Keyword")] + shown(task.kwargs)
            + [.empty, Line("Python repr texts, as the events carried them; long ones are cut by the sender", .dim)]
    }

    private func shown(_ text: String?) -> [Line] {
        text.map { safeLines($0).map { Line($0) } } ?? [Line("-", .dim)]
    }

    private func result(_ task: TaskRow) -> [Line] {
        var lines: [Line] = []
        if let result = task.result { lines += [heading("As the event carried it")] + shown(result) + [.empty] }
        if let exception = task.exception { lines += [heading("Exception")] + safeLines(exception).map { Line($0, .failure) } + [.empty] }
        if lines.isEmpty, !task.state.isFinal { lines += [Line("the task has not ended yet", .dim), .empty] }
        return lines + storedLines(task.id, .result)
    }

    /// What the result backend keeps.
    private func storedLines(_ id: TaskID, _ tab: TaskTab) -> [Line] {
        switch results[id] {
        case nil: return [heading("In the result backend"), Line("not asked yet: Ctrl-r asks", .dim)]
        case .asking: return [heading("In the result backend"), Line("…", .dim)]
        case .some(.none): return [heading("In the result backend"), Line("- no record of this task", .dim)]
        case .failed(let reason): return [heading("In the result backend"), Line("? " + safe(reason), .bad)]
        case .record(let record):
            if tab == .args {
                return [heading("Positional")] + json(record.args) + [.empty, heading("Keyword")] + json(record.kwargs) + [.empty, Line("from the result backend", .dim)]
            }
            return [heading("In the result backend"), field("State", safe(record.state.rawValue), record.state.role), field("Done", safe(record.dateDone ?? "-"))] + [.empty] + json(record.result)
        }
    }

    private func traceback(_ task: TaskRow) -> [Line] {
        var text = task.traceback
        if case .record(let record) = results[task.id], let stored = record.traceback { text = stored }
        guard let text else { return [Line(task.state == .failure || task.state == .retry ? "no event carried a traceback" : "- the task has not failed", .dim)] }
        let lines = safeLines(text)
        return lines.enumerated().map { index, line in
            // Frames stand out from the code under them; the last line names the exception.
            if index == lines.count - 1 { return Line(line, .failure, .bold) }
            return Line(line, line.hasPrefix("  File ") ? .accent : .text)
        }
    }

    private func family(_ detail: TaskDetail) -> [Line] {
        guard detail.family.count > 1 else { return [Line("- it has no parent and no children that were seen", .dim)] }
        return detail.family.map { relative in
            let isSelf = relative.task.id == detail.task.id
            let indent = relative.depth == 0 ? "" : String(repeating: "   ", count: min(relative.depth, 20) - 1) + Glyphs.unicode.lastBranch
            let id = DisplayWidth.pad(relative.task.shortID, to: 8), name = safe(relative.task.name ?? "?", limit: 80)
            let run = relative.task.runtime.map { "  " + Formats.duration($0) } ?? ""
            return Line(
                [
                    Span(indent, .border), Span(id + "  ", .dim), Span(name + "  ", isSelf ? .accent : .text, isSelf ? .bold : []),
                    Span(safe(relative.task.state.rawValue), relative.task.state.role), Span(run, .dim),
                ], target: .task(relative.task.id))
        }
    }
}

/// JSON on several lines, safe to show; `-` for none.
func json(_ value: Value?) -> [Line] {
    value.map { safeLines(pretty($0)).map { Line($0) } } ?? [Line("-", .dim)]
}
