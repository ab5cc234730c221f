import CeleriacCore
import OrderedCollections

extension DashboardState {
    func workerLines(_ name: WorkerName, _ tab: WorkerTab, _ picture: Picture, _ context: DrawContext) -> [Line] {
        let worker = picture.worker.flatMap { $0.name == name ? $0 : nil }
        let head = worker.map { headLines($0, context) } ?? [Line("this worker is not known any more", .dim)]
        if permission == .passive {
            let tasks = tab == .active || tab == .reserved ? eventTasks(tab, picture, context) : []
            return head + [.empty] + tasks + [Line("passive: the worker is not asked; this is what its events tell", .dim)]
        }
        guard let inspection = inspections[name] else { return head + [.empty, Line("not asked yet: Ctrl-r asks", .dim)] }
        guard let value = inspection.values[tab.method] else {
            if let problem = inspection.problem { return head + [.empty, Line("? no answer: " + safe(problem), .bad), Line("Ctrl-r asks again", .dim)] }
            return head + [.empty, Line("…", .dim)]
        }
        var lines = head + [.empty] + content(tab, value, context)
        if let problem = inspection.problem { lines += [.empty, Line("? no answer lately: " + safe(problem), .warning)] }
        if let at = inspection.at { lines += [.empty, Line("answered \(Formats.age(max(0, context.now - at))) ago; Ctrl-r asks again", .dim)] }
        return lines
    }

    /// Two lines that every tab shows.
    private func headLines(_ worker: WorkerRow, _ context: DrawContext) -> [Line] {
        func span(_ text: CellText) -> Span {
            var span = Span(text.variants.first ?? "")
            span.style = text.style
            return span
        }
        var first = [span(WorkersScreen.life(worker)), Span("  " + worker.state.rawValue)]
        if let problem = worker.problem { first.append(Span("  " + safe(problem), .warning)) }
        var second: [Span] = []
        func add(_ label: String, _ text: CellText) { second += [Span(second.isEmpty ? label + " " : "   " + label + " ", .dim), span(text)] }
        add("pool", CellText(worker.pool, context) { safe($0) })
        add("slots", CellText(count: worker.concurrency, context))
        add("active", CellText(count: worker.active, context))
        if let active = worker.active.value, let slots = worker.concurrency.value, slots > 0 {
            second.append(Span(" " + Charts.gauge(Double(active) / Double(slots), width: 8), .gauge))
        }
        add("done", CellText(count: worker.processed, context))
        add("memory", CellText(worker.memory, context, format: Formats.bytes))
        add("queues", CellText(worker.queues, context) { safe($0.map(\.rawValue).joined(separator: " ")) })
        if let version = worker.version { add("version", CellText(safe(version))) }
        if let pid = worker.pid { add("pid", CellText(String(pid))) }
        return [Line(first), Line(second)]
    }

    private func content(_ tab: WorkerTab, _ value: Value, _ context: DrawContext) -> [Line] {
        switch tab {
        case .active: taskLines(value, "no task is running", context)
        case .reserved: taskLines(value, "no task is waiting in it", context)
        case .scheduled: scheduledLines(value, context)
        case .revoked: identityLines(value)
        case .stats, .conf: tableLines(value)
        }
    }

    private func taskLines(_ value: Value, _ none: String, _ context: DrawContext) -> [Line] {
        guard let tasks = value.array else { return json(value) }
        return tasks.isEmpty ? [Line("- " + none, .dim)] : [taskHeading] + tasks.map { taskLine($0, when: started($0, context)) }
    }

    private func scheduledLines(_ value: Value, _ context: DrawContext) -> [Line] {
        guard let tasks = value.array else { return json(value) }
        if tasks.isEmpty { return [Line("- no task waits for its time", .dim)] }
        return [taskHeading] + tasks.map { entry in taskLine(entry["request"] ?? entry, when: safe(entry["eta"]?.string ?? "-", limit: 40)) }
    }

    private var taskHeading: Line { Line(DisplayWidth.pad("ID", to: 8) + "  " + DisplayWidth.pad("NAME", to: 28) + "  " + DisplayWidth.pad("RUN, ETA", to: 12) + "  ARGS", .heading) }

    private func started(_ task: Value, _ context: DrawContext) -> String {
        task["time_start"]?.double.map { Formats.duration(max(0, context.now - $0)) } ?? "-"
    }

    private func taskLine(_ task: Value, when: String) -> Line {
        let id = task["id"]?.string ?? "?"
        let arguments = [task["args"], task["kwargs"]].compactMap { $0 }.filter { $0 != .array([]) && $0 != [:] && $0 != "()" && $0 != "{}" }
        let shown = arguments.map { $0.string ?? JSON.text($0) }.joined(separator: " ")
        return Line(
            [
                Span(DisplayWidth.pad(String(safe(id).prefix(8)), to: 8) + "  ", .dim), Span(DisplayWidth.pad(safe(task["name"]?.string ?? "?"), to: 28, ellipsis: "…") + "  "),
                Span(DisplayWidth.pad(when, to: 12) + "  "), Span(safe(shown), .dim),
            ], target: .task(TaskID(id)))
    }

    /// What events tell of its unfinished tasks, when nobody asks the worker.
    private func eventTasks(_ tab: WorkerTab, _ picture: Picture, _ context: DrawContext) -> [Line] {
        let wanted: TaskState = tab == .active ? .started : .received
        let tasks = (picture.workerTasks ?? []).filter { $0.state == wanted }
        if tasks.isEmpty { return [Line("- none", .dim)] }
        return [taskHeading] + tasks.map { task in
            let name = DisplayWidth.pad(safe(task.name ?? "?"), to: 28, ellipsis: "…"), run = DisplayWidth.pad(task.runtime.map(Formats.duration) ?? "-", to: 12)
            return Line([Span(DisplayWidth.pad(task.shortID, to: 8) + "  ", .dim), Span(name + "  "), Span(run + "  "), Span(safe(task.args ?? ""), .dim)], target: .task(task.id))
        }
    }

    private func identityLines(_ value: Value) -> [Line] {
        guard let ids = value.array else { return json(value) }
        if ids.isEmpty { return [Line("- it remembers no revoked task", .dim)] }
        return ids.reversed().map { id in
            let text = id.string ?? JSON.text(id)
            return Line(safe(text), target: .task(TaskID(text)))
        }
    }

    /// One line a leaf: path and value, sorted by path.
    private func tableLines(_ value: Value) -> [Line] {
        guard let members = value.object, !members.isEmpty else { return json(value) }
        let leaves = members.sorted { $0.key < $1.key }.flatMap { flattened($0.key, $0.value, depth: 0) }
        let width = min(56, leaves.map { DisplayWidth.columns(of: $0.path) }.max() ?? 0)
        return leaves.map { Line([Span(DisplayWidth.pad($0.path, to: width, ellipsis: "…") + "  ", .dim), Span($0.value)]) }
    }

    private func flattened(_ path: String, _ value: Value, depth: Int) -> [(path: String, value: String)] {
        if depth < 4, let members = value.object, !members.isEmpty { return members.flatMap { flattened(path + "." + $0.key, $0.value, depth: depth + 1) } }
        return [(safe(path), safe(value.string ?? JSON.text(value), limit: 2000))]
    }
}

extension WorkerTab {
    /// The inspect method that fills it.
    var method: String {
        switch self {
        case .active: "active"
        case .reserved: "reserved"
        case .scheduled: "scheduled"
        case .revoked: "revoked"
        case .stats: "stats"
        case .conf: "conf"
        }
    }
}
