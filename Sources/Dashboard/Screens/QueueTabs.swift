import CeleriacCore
import OrderedCollections

/// The tabs of a queue beside its messages.
extension DashboardState {
    static let heldShown = 200

    func queueLines(_ name: QueueName, _ tab: QueueTab, _ picture: Picture, _ context: DrawContext, width: Int) -> [Line] {
        switch tab {
        case .messages: []
        case .names: nameLines(name, context, width: width)
        case .held: heldLines(name, picture, context, width: width)
        case .dead: deadLines(name, picture, context)
        case .facts: factLines(name, picture, context, width: width)
        }
    }

    // MARK: - By task

    private func nameLines(_ queue: QueueName, _ context: DrawContext, width: Int) -> [Line] {
        let look = looks[queue]
        if let problem = look?.problem { return [Line("? " + safe(problem), .bad)] }
        var counts = look?.counts
        if peekingMarks, let look, let at = look.at { counts = TaskCounts(look.rows.map(\.message), total: look.total, at: at) }
        guard let counts else { return [Line(peekingMarks ? "- no message was looked at: p takes a sample" : context.glyphs.asking, .dim)] }
        guard counts.looked > 0 else { return [Line("- no message waits", .dim)] }
        let isAll = counts.looked >= counts.total
        let told = isAll ? "all \(Formats.grouped(counts.total))" : "the first \(Formats.grouped(counts.looked)) of \(Formats.grouped(counts.total))"
        let widest = max(14, min(40, width - 36))
        func cells(_ count: String, _ share: String, _ oldest: String, _ name: String) -> String {
            DisplayWidth.pad(count, to: 9, .right) + "  " + DisplayWidth.pad(share, to: 5, .right) + "  " + DisplayWidth.pad(oldest, to: 8, .right) + "  " + name
        }
        let rows = counts.rows.map { row in
            let oldest = row.oldest.map { Formats.age(max(0, context.now - $0)) } ?? "?"
            let name = row.name.map { DisplayWidth.cut(safe($0), to: max(widest, width - 30), ellipsis: Glyphs.unicode.ellipsis) } ?? "of no task"
            return Line([Span(cells(Formats.grouped(row.count), Formats.percent(row.count, of: counts.looked), oldest, "")), Span(name, row.name == nil ? .warning : .accent)], target: .named(row.name, queue))
        }
        return [Line("\(told) looked at, \(Formats.age(max(0, context.now - counts.at))) ago", .dim), Line("Enter lists the messages of one task", .dim), .empty, Line(cells("MESSAGES", "%", "OLDEST", "TASK"), .heading)] + rows
    }

    /// Filters the messages by their task.
    mutating func openMessages(of queue: QueueName, ofTask name: String?) -> [Effect] {
        details[details.count - 1] = OpenDetail(.queue(queue, .messages))
        narrow(.messages, to: try? Filter(name.map { "name=\($0.quotedForFilter)" } ?? "not name:*"))
        return questions(about: queue, .messages)
    }

    // MARK: - Held by workers

    /// Tasks of a queue that some worker has and has not ended.
    static func heldFilter(_ queue: QueueName) -> Filter? {
        try? Filter("queue=\(queue.rawValue.quotedForFilter) (state:received or state:started or state:retry)")
    }

    private func heldLines(_ queue: QueueName, _ picture: Picture, _ context: DrawContext, width: Int) -> [Line] {
        guard let page = picture.tasks else { return [Line(context.glyphs.asking, .dim)] }
        let row = picture.queues?.rows.first { $0.name == queue }
        var words = ["\(Formats.grouped(page.matching)) known to be with workers"]
        if let unacked = row?.unacked.value {
            let waiting = row?.eta.value.flatMap { $0 > 0 ? "\(Formats.grouped($0)) held for an ETA and " : nil } ?? ""
            words.append("\(waiting)\(Formats.grouped(unacked)) unacked by the broker's count")
        }
        if page.rows.count < page.matching { words.append("\(Formats.grouped(page.rows.count)) shown") }
        let told = Line(words.joined(separator: ", "), .dim)
        guard !page.rows.isEmpty else {
            return [told, .empty, Line("- no task of this queue is known to be with a worker: workers tell of those they take by events, and when they are asked", .dim)]
        }
        // What a narrow window has no room for is cut, not wrapped: Enter opens the task.
        let widths = [8, 12, width < 90 ? 12 : 16, 8, 24], room = max(0, width - widths.reduce(0) { $0 + $1 + 2 })
        func cell(_ text: CellText, _ width: Int) -> [Span] {
            var span = Span(DisplayWidth.pad(text.fitting(width), to: width) + "  ")
            span.style = text.style
            return [span]
        }
        let titles = zip(["STATE", "ETA", "WORKER", "ID", "TASK"], widths).map { DisplayWidth.pad($0, to: $1) + "  " }.joined()
        let heading = Line(titles + (room < 8 ? "" : "ARGS"), .heading)
        let rows = page.rows.sorted { ($0.eta ?? 0, $0.id.rawValue) < ($1.eta ?? 0, $1.id.rawValue) }.map { task in
            Line(
                cell(CellText(state: task), widths[0]) + cell(task.eta.map { CellText(context.time($0), .info) } ?? .notApplicable, widths[1]) + cell(CellText(foreign: task.worker?.short), widths[2])
                    + cell(CellText(task.shortID, .dim), widths[3]) + cell(CellText(name: task), widths[4]) + (room < 8 ? [] : [Span(CellText(arguments: task).fitting(room), .dim)]), target: .task(task.id))
        }
        return [told, .empty, heading] + rows
    }

    // MARK: - Dead letters

    private func deadLines(_ queue: QueueName, _ picture: Picture, _ context: DrawContext) -> [Line] {
        let row = picture.queues?.rows.first { $0.name == queue }
        var lines = row.map(deadLetterLines) ?? [], places: [QueueName] = []
        if let letters = row?.deadLetters { places = (letters.places ?? []).map(\.queue) + (letters.poison.map { [$0.queue] } ?? []) }
        let poison = queue.deadLetters
        if !places.contains(poison), let look = looks[poison], look.total > 0 {
            lines.append(field("Poison", CellText("\(Formats.count(look.total)) in \(safe(poison.rawValue)), set aside by workers", .warning), target: .queue(poison)))
            places.append(poison)
        }
        if lines.isEmpty { lines.append(Line(looks[poison]?.isAsking == true ? context.glyphs.asking : "- none: Celeriac's workers set aside in \(safe(poison.rawValue)) what ends them again and again", .dim)) }
        for place in places {
            guard let look = looks[place], look.at != nil else { continue }
            lines += [.empty] + reasonLines(place, look)
        }
        if peekingMarks, places.contains(where: { looks[$0]?.at == nil }) { lines += [.empty, Line("Enter opens the queue, there p looks at messages; then their reasons show here", .dim)] }
        return lines
    }

    /// Why messages were set aside, counted as far as they were looked at.
    private func reasonLines(_ place: QueueName, _ look: MessageLook) -> [Line] {
        var counts: [String: Int] = [:]
        for row in look.rows { counts[row.message.buriedBecause ?? "?", default: 0] += 1 }
        let told = look.rows.count < look.total ? ", the first \(Formats.grouped(look.rows.count)) of \(Formats.grouped(look.total))" : ""
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(20)
        return [heading("Reasons in \(safe(place.rawValue, limit: 60))\(told)")]
            + sorted.map { Line([Span(DisplayWidth.pad(Formats.grouped($0.value), to: 7, .right) + "  "), Span(safe($0.key), .warning)], target: .queue(place)) }
    }
}

extension QueueName {
    /// Where workers set aside what is poison to them.
    var deadLetters: QueueName { QueueName(rawValue + ".dead") }
}

extension QueueSample.Message {
    /// Why it was set aside: in our worker's words, else in RabbitMQ's. **Not yet made safe to show.**
    var buriedBecause: String? {
        guard let headers = task?.headers else { return nil }
        if let reason = headers["x-celeriac-buried"]?.string { return reason }
        let death = headers["x-death"]?.array?.first
        guard let reason = headers["x-first-death-reason"]?.string ?? death?["reason"]?.string else { return nil }
        let queue = headers["x-first-death-queue"]?.string ?? death?["queue"]?.string
        return reason + (queue.map { " in \($0)" } ?? "")
    }
}
