import CeleriacCore

/// The steps of one task with the gaps between them as bars on a common scale.
struct Timeline: Hashable {
    struct Step: Hashable {
        var name: String
        /// Seconds since 1970.
        var at: Double
        var role: Role
    }

    var steps: [Step]
    /// Where the last step is not an end: now.
    var openUntil: Double?

    init(_ task: TaskRow, now: Double) {
        let known: [(String, Double?, Role)] = [
            ("sent", task.sentAt, .pending), ("received", task.receivedAt, .received), ("started", task.startedAt, .started), ("retried", task.retriedAt, .retry),
            ("succeeded", task.succeededAt, .success), ("failed", task.failedAt, .failure), ("revoked", task.revokedAt, .revoked), ("rejected", task.rejectedAt, .rejected),
        ]
        let times = known.compactMap { name, at, role in at.map { Step(name: name, at: $0, role: role) } }
        // Equal times keep the order of a task's life.
        steps = times.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        if !task.state.isFinal, let last = steps.last, now > last.at { openUntil = now }
    }

    func lines(_ context: DrawContext, width: Int) -> [Line] {
        guard let first = steps.first, let last = steps.last else { return [Line("no event told when", .dim)] }
        let end = openUntil ?? last.at
        let room = max(8, min(60, width - 46)), span = max(end - first.at, 1e-9)
        func column(_ at: Double) -> Int { max(0, min(room, Int(((at - first.at) / span * Double(room)).rounded()))) }
        var lines = steps.enumerated().map { index, step in
            let before = index == 0 ? step.at : steps[index - 1].at
            return line(step.name, Formats.fineClock(step.at, context.timeMode == .utc ? .utc : context.zone), index == 0 ? "" : "+" + Formats.duration(step.at - before), column(before), column(step.at), index == 0 ? .dim : steps[index - 1].role, of: step.role)
        }
        if let openUntil {
            lines.append(line("so far", Formats.fineClock(openUntil, context.timeMode == .utc ? .utc : context.zone), "+" + Formats.duration(openUntil - last.at), column(last.at), room, last.role, of: .dim))
        }
        return lines + [field("In all", Formats.duration(end - first.at))]
    }

    private func line(_ name: String, _ clock: String, _ gap: String, _ from: Int, _ to: Int, _ bar: Role, of role: Role) -> Line {
        Line([
            Span(DisplayWidth.pad(name, to: 13), role), Span(DisplayWidth.pad(clock, to: 14), .text), Span(DisplayWidth.pad(gap, to: 12, .right) + "  ", .text),
            Span(String(repeating: " ", count: from), .dim), Span(String(repeating: Glyphs.unicode.gaugeFull, count: max(gap.isEmpty ? 0 : 1, to - from)), bar),
        ])
    }
}
