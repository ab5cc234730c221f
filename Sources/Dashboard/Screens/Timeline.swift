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
        let times = known.compactMap { name, at, role in at.flatMap { $0.isFinite ? Step(name: name, at: $0, role: role) : nil } }
        // Equal times keep the order of a task's life.
        steps = times.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        if !task.state.isFinal, let last = steps.last, now > last.at { openUntil = now }
    }

    func lines(_ context: DrawContext, width: Int) -> [Line] {
        guard let first = steps.first, let last = steps.last else { return [Line("no event told when", .dim)] }
        let end = openUntil ?? last.at
        let room = max(8, min(60, width - 46)), span = max(end - first.at, 1e-9)
        func column(_ at: Double) -> Int {
            let share = (at - first.at) / span
            return share.isFinite ? Int((max(0, min(1, share)) * Double(room)).rounded()) : room
        }
        let zone = context.timeMode == .utc ? Zone.utc : context.zone
        var lines = [line(first.name, Formats.fineClock(first.at, zone), gap: "", bar: 0..<0, .dim, of: first.role)]
        for (before, step) in zip(steps, steps.dropFirst()) {
            let gap = "+" + Formats.duration(step.at - before.at)
            lines.append(line(step.name, Formats.fineClock(step.at, zone), gap: gap, bar: column(before.at)..<column(step.at), before.role, of: step.role))
        }
        if let openUntil {
            let gap = "+" + Formats.duration(openUntil - last.at)
            lines.append(line("so far", Formats.fineClock(openUntil, zone), gap: gap, bar: column(last.at)..<room, last.role, of: .dim))
        }
        return lines + [field("In all", Formats.duration(end - first.at))]
    }

    /// `bar`: columns on the common scale; a gap is never invisible.
    private func line(_ name: String, _ clock: String, gap: String, bar: Range<Int>, _ color: Role, of role: Role) -> Line {
        Line([
            Span(DisplayWidth.pad(name, to: 13), role), Span(DisplayWidth.pad(clock, to: 14), .text), Span(DisplayWidth.pad(gap, to: 12, .right) + "  ", .text),
            Span(String(repeating: " ", count: bar.lowerBound), .dim), Span(String(repeating: Glyphs.unicode.gaugeFull, count: gap.isEmpty ? 0 : max(1, bar.count)), color),
        ])
    }
}
