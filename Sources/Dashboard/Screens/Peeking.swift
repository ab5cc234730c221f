import CeleriacCore

/// Looking at the messages that wait in a queue.
extension DashboardState {
    /// Messages of one look.
    public static let peekedAtOnce = 50

    var isOnMessages: Bool {
        if case .messages = details.last?.subject { return true }
        return false
    }

    func whyNotPeek(_ focus: Focus, _ picture: Picture) -> String? {
        let queue: QueueRow
        switch focus {
        case .queue(let row): queue = row
        case .nothing(let reason): return reason
        default: return "this key is for queues"
        }
        guard peekingMarks else { return nil }
        if let reason = whyNotAct(picture) { return reason }
        return queue.traits?.whyNotPeek
    }

    /// Where looking leaves a mark, it asks first.
    mutating func peek(_ picture: Picture, _ now: Double) -> [Effect] {
        guard case .queue(let queue) = focus(picture) else { return [] }
        guard peekingMarks else { return openMessages(of: queue.name, from: 0) }
        askToPeek(queue, now)
        return []
    }

    /// What is shown while the messages come.
    mutating func openMessages(of queue: QueueName, from first: Int) -> [Effect] {
        if case .messages(queue) = details.last?.subject {
            details[details.count - 1].text = TextState(wraps: false)
        } else {
            _ = show(.messages(queue))
        }
        peeks.set(queue, .asking)
        return [.peek(queue, from: first)]
    }

    /// The messages before or after those that are shown.
    mutating func turnMessages(_ step: Int) -> [Effect] {
        guard case .messages(let queue) = details.last?.subject, case .sample(let sample, _)? = peeks[queue] else { return [] }
        if sample.isMarked {
            tell("the broker shows only the foremost messages")
            return []
        }
        let first = max(0, sample.first + step * Self.peekedAtOnce)
        guard first != sample.first, first < sample.total || step < 0 else {
            tell(step < 0 ? "these are the foremost" : "these are the last")
            return []
        }
        return openMessages(of: queue, from: first)
    }

    func messageLines(_ name: QueueName, _ context: DrawContext, width: Int) -> [Line] {
        switch peeks[name] {
        case nil, .asking?: return [Line("…", .dim)]
        case .failed(let reason)?: return TextView.wrapped([Line("? " + safe(reason), .bad)], width: width)
        case .sample(let sample, let at)?:
            let age = ", \(Formats.age(max(0, context.now - at))) ago"
            guard !sample.messages.isEmpty else { return [Line("- no message waits" + age, .dim)] }
            return [Line(told(sample) + age, .dim), .empty, messageHeading] + sample.messages.map { messageLine($0, context) }
        }
    }

    /// "sampled 50 of 12,482, redelivered flag set".
    private func told(_ sample: QueueSample) -> String {
        let count = sample.messages.count, total = Formats.grouped(sample.total)
        if sample.isMarked { return "sampled \(Formats.grouped(count)) of \(total), redelivered flag set" }
        return "\(Formats.grouped(sample.first + 1))–\(Formats.grouped(sample.first + count)) of \(total), the next one to be served first"
    }

    private var messageHeading: Line {
        let titles = [("PLACE", 6), ("ID", 8), ("TASK", 28), ("AGE", 8), ("PRIO", 4), ("ETA", 12), ("SEEN", 5)]
        return Line(titles.map { DisplayWidth.pad($0.0, to: $0.1) + "  " }.joined() + "ARGS", .heading)
    }

    private func messageLine(_ message: QueueSample.Message, _ context: DrawContext) -> Line {
        func cell(_ text: String, _ width: Int, _ role: Role = .text) -> Span { Span(DisplayWidth.pad(text, to: width, ellipsis: Glyphs.unicode.ellipsis) + "  ", role) }
        let place = cell(Formats.grouped(message.position + 1), 6, .dim)
        guard let task = message.task else { return Line([place, Span("no task: " + safe(message.problem ?? "?"), .warning)]) }
        let age = message.sentAt.map { Formats.age(max(0, context.now - $0)) } ?? "?"
        return Line(
            [
                place, cell(String(safe(task.id.rawValue).prefix(8)), 8, .dim), cell(safe(task.name), 28), cell(age, 8, message.sentAt == nil ? .stale : .text),
                cell(String(task.priority), 4, .dim), cell(task.eta.map { context.time($0) } ?? "-", 12, task.eta == nil ? .dim : .text),
                // Somebody had it before, or looked at it.
                cell(task.isRedelivered ? "again" : "-", 5, task.isRedelivered ? .warning : .dim), Span(safe(message.arguments), .dim),
            ], target: .task(task.id))
    }
}
