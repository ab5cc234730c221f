import CeleriacCore

extension DashboardState {
    func factLines(_ name: QueueName, _ picture: Picture, _ context: DrawContext, width: Int) -> [Line] {
        guard let queue = picture.queues?.rows.first(where: { $0.name == name }) else { return [Line("this queue is not known", .dim)] }
        var lines = queue.problem.map { [Line("! " + safe($0), .bad), .empty] } ?? []
        lines += [
            field("Ready", CellText(count: queue.ready, context, .accent)), field("Unacked", CellText(count: queue.unacked, context)),
            heldForETA(queue, picture.header.standing, context), field("Consumers", CellText(count: queue.consumers, context)),
            field("In", CellText(queue.inRate, context) { Formats.rate($0) + " /s" }), field("Out", CellText(queue.outRate, context) { Formats.rate($0) + " /s" }),
            field("Empty in", CellText(queue.drain, context) { $0.isFinite ? Formats.duration($0.rounded()) : QueuesScreen.grows(queue) ? "never: it grows" : "never: it does not shrink" }),
            oldest(queue, picture.header.standing, context),
        ]
        if let at = queue.updatedAt { lines.append(field("Looked at", context.time(at), .dim)) }
        lines += traitLines(queue, picture.header.standing)
        lines += [.empty, heading("Ready, last 5 min")]
        lines.append(queue.history.isEmpty ? Line("…", .dim) : Line(Charts.sparkline(queue.history, width: max(10, min(60, width))), .spark))
        if let most = queue.history.max(), let least = queue.history.min() {
            lines.append(Line("least \(Formats.rate(least)), most \(Formats.rate(most))", .dim))
        }
        return lines + [.empty, heading("Consumed by")] + consumers(of: name, picture)
    }

    private func heldForETA(_ queue: QueueRow, _ standing: BrokerStanding?, _ context: DrawContext) -> Line {
        standing == nil ? field("Held for ETA", CellText(count: queue.eta, context)) : field("Held for ETA", "- counted in Unacked: workers hold them", .dim)
    }

    private func oldest(_ queue: QueueRow, _ standing: BrokerStanding?, _ context: DrawContext) -> Line {
        if standing != nil, case .noAnswer(nil, _) = queue.oldestAge { return field("Oldest", "? told only where senders set a timestamp", .stale) }
        return field("Oldest", CellText(queue.oldestAge, context) { Formats.duration($0) })
    }

    private func consumers(of name: QueueName, _ picture: Picture) -> [Line] {
        let workers = picture.workers?.rows ?? []
        let consuming = workers.filter { $0.queues.value?.contains(name) == true }
        let silent = workers.filter { $0.queues.value == nil && $0.state != .offline }.count
        var lines = consuming.map { worker in
            let life = WorkersScreen.life(worker)
            var sign = Span(DisplayWidth.pad(life.variants.first ?? "", to: 10))
            sign.style = life.style
            return Line([sign, Span(safe(worker.name.rawValue))], target: .worker(worker.name))
        }
        if lines.isEmpty { lines.append(Line("- no worker that answered", .dim)) }
        if silent > 0 { lines.append(Line("? \(Formats.plural(silent, "worker")) did not tell which queues they consume", .dim)) }
        return lines
    }

    func entryLines(_ id: Int, _ context: DrawContext) -> [Line] {
        guard let entry = log.first(where: { $0.id == id }) else { return [Line("this entry is not kept any more", .dim)] }
        var lines = [
            field("Action", safe(entry.title)), field("Target", CellText(foreign: entry.target)), field("When", context.exactTime(entry.at)),
            field("Who", CellText(foreign: entry.who)), field("Same as", entry.command.isEmpty ? .notApplicable : CellText(safe(entry.command, limit: 2000))),
        ]
        lines.append(entry.summary.map { field("Outcome", safe($0), entry.isError ? .bad : .good) } ?? field("Outcome", "…", .dim))
        lines += [.empty, heading("Replies")]
        if entry.replies.isEmpty { lines.append(Line(entry.summary == nil ? "…" : "- none", .dim)) }
        for reply in entry.replies {
            let words = reply.error.map { Span(safe($0), .bad) } ?? Span(reply.value["ok"]?.string.map { safe($0) } ?? "", .good)
            lines.append(Line([Span(safe(reply.worker.rawValue) + "  ", .accent), words], target: .worker(reply.worker)))
            if words.text.isEmpty { lines += json(reply.value).map { Line([Span("  ")] + $0.spans) } }
        }
        return lines
    }
}
