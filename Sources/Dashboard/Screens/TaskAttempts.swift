import CeleriacCore

extension DashboardState {
    /// Each try of a task, the newest last.
    func attemptLines(_ detail: TaskDetail, _ context: DrawContext, width: Int) -> [Line] {
        guard !detail.attempts.isEmpty else { return [Line("- no try of it was seen", .dim)] }
        // Where it is narrow, when a worker began says more than when it had the message.
        let tellsReceived = width >= 92
        let titles = ["TRY", "WORKER"] + (tellsReceived ? ["RECEIVED"] : []) + ["STARTED", "TOOK", "OUTCOME"]
        var widths = [3, 8] + (tellsReceived ? [13] : []) + [13, 9, 10]
        widths[1] += max(0, min(12, width - 16 - widths.reduce(0) { $0 + $1 + 2 }))
        let room = max(0, width - widths.reduce(0) { $0 + $1 + 2 })
        let zone = context.timeMode == .utc ? Zone.utc : context.zone
        func clock(_ instant: Double?) -> String { instant.map { Formats.fineClock($0, zone) } ?? "-" }
        let rows = detail.attempts.map { attempt -> Line in
            let end = attempt.endedAt ?? (attempt.state.isFinal || attempt.isLost ? nil : context.now)
            let took = attempt.startedAt.flatMap { start in end.map { Formats.duration(max(0, $0 - start)) } } ?? "-"
            let cells: [(String, Role)] = [(Formats.grouped(attempt.retries + 1), .dim), (safe(attempt.worker?.short ?? "?"), .text)] + (tellsReceived ? [(clock(attempt.receivedAt), .dim)] : [])
                + [(clock(attempt.startedAt), .text), (took, .text), attempt.isLost ? ("lost", .bad) : (safe(attempt.state.rawValue), attempt.state.role)]
            let words = attempt.isLost ? "no end was told" : safe(attempt.exception ?? "")
            return Line(
                zip(cells, widths).map { Span(DisplayWidth.pad($0.0, to: $1, ellipsis: Glyphs.unicode.ellipsis) + "  ", $0.1) }
                    + [Span(DisplayWidth.cut(words, to: room, ellipsis: Glyphs.unicode.ellipsis), attempt.isLost ? .dim : .failure)], target: attempt.worker.map(Target.worker))
        }
        let heading = zip(titles, widths).map { DisplayWidth.pad($0, to: $1) }.joined(separator: "  ")
        return [Line(heading, .heading)] + rows + [.empty, Line("as far as events told; TRY counts Celery's retries", .dim)]
    }

    /// The message of a task, where it was found.
    func messageLines(of id: TaskID, _ context: DrawContext) -> [Line] {
        switch foundMessages[id] {
        case nil, .asking: return [Line("looking through the queues …", .dim)]
        case .missing(let reason): return [Line("? " + safe(reason), .dim), Line("a message is gone once its worker has acknowledged it; Ctrl-r looks again", .dim)]
        case .found(let seen): return lines(of: seen, context)
        }
    }

    private func lines(of seen: SeenMessage, _ context: DrawContext) -> [Line] {
        let message = seen.message
        let place = switch seen.standing {
        case .waiting(let position): "waits, \(Formats.grouped(position)) before it"
        case .held: "held by a worker, not acknowledged"
        case .past(let at): "as it was seen \(Formats.age(max(0, context.now - at))) ago; it is there no more"
        }
        var lines = [
            field("Queue", safe(seen.queue.rawValue), target: .queue(seen.queue)), field("Place", place), field("Task", safe(message.name)), field("Priority", String(message.priority)),
            field("Retries", String(message.retries), message.retries == 0 ? .dim : .retry),
        ]
        if let eta = message.eta { lines.append(field("ETA", context.exactTime(eta))) }
        if let expires = message.expires { lines.append(field("Expires", context.exactTime(expires))) }
        if message.isRedelivered { lines.append(field("Redelivered", "somebody had it before, or looked at it", .warning)) }
        lines += message.problems.map { field("Problem", safe($0), .bad) }
        switch message.arguments {
        case .known(let args, let kwargs): lines += [.empty, heading("Positional")] + json(.array(args)) + [.empty, heading("Keyword")] + json(.object(kwargs))
        case .opaque(let reason): lines += [.empty, Line("its body cannot be read: " + safe(reason), .warning)]
        }
        let links: [(String, Value?)] = [
            ("After success", message.callbacks.isEmpty ? nil : .array(message.callbacks)), ("After failure", message.errbacks.isEmpty ? nil : .array(message.errbacks)),
            ("Rest of the chain, the next one last", message.chain.isEmpty ? nil : .array(message.chain)), ("Chord", message.chord),
        ]
        for (title, value) in links { if let value { lines += [.empty, heading(title)] + json(value) } }
        return lines + [.empty, heading("Headers")] + json(.object(message.headers)) + [.empty, heading("Properties")] + json(.object(message.properties))
    }
}
