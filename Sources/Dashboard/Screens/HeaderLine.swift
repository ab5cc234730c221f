import CeleriacCore

/// The first line: what we look at, whether we hear it, and how busy it is.
struct HeaderLine {
    /// A part of the line; parts with the highest `drop` go first when there is no room.
    struct Part: Hashable {
        var spans: [Span]
        var drop: Int
        var width: Int { spans.reduce(0) { $0 + DisplayWidth.columns(of: $1.text) } }

        init(_ spans: [Span], drop: Int) {
            self.spans = spans
            self.drop = drop
        }
    }

    var left: [Part]
    var right: [Part]

    init(_ state: DashboardState, _ picture: Picture) {
        let header = picture.header, now = picture.now
        left = [Part([Span("celeriac", .title, .bold)], drop: 7)]
        left.append(Part([Span(safe(state.context), state.isProduction ? .bad : .accent, .bold)], drop: 0))
        if state.isProduction { left.append(Part([Span("production", .bad)], drop: 3)) }
        if !state.endpoint.isEmpty { left.append(Part([Span("· " + safe(state.endpoint), .dim)], drop: 8)) }
        switch state.permission {
        case .act: break
        case .readOnly: left.append(Part([Span("read-only", .info)], drop: 3))
        case .passive: left.append(Part([Span("passive", .info)], drop: 3))
        }
        if state.frozen != nil { left.append(Part([Span("FROZEN", .warning, .bold)], drop: 1)) }

        right = HeaderLine.link(header, now: now, state.zone)
        if let standing = header.standing, let problem = HeaderLine.problem(standing) { right.append(Part([Span(problem, .bad, .bold)], drop: 1)) }
        if case .reconnecting = header.link {
            if let heard = header.heardAt { right.append(Part([Span("data \(Formats.age(max(0, now - heard))) old", .stale)], drop: 6)) }
        } else {
            right.append(Part([Span(Formats.rate(header.eventsPerSecond), .text), Span(" ev/s", .dim)], drop: 5))
            if let lag = header.lag { right.append(Part([Span("lag ", .dim), Span(Formats.duration(lag), lag > 5 ? .warning : .text)], drop: 10)) }
        }
        if header.eventsDropped > 0 { right.append(Part([Span(Formats.count(header.eventsDropped) + " dropped", .bad)], drop: 4)) }
        if header.eventsUnreadable > 0 { right.append(Part([Span(Formats.count(header.eventsUnreadable) + " unreadable", .warning)], drop: 4)) }
        let missing = header.workersAlive < header.workersKnown
        right.append(Part([Span("workers ", .dim), Span("\(header.workersAlive)/\(header.workersKnown)", missing ? .warning : .text)], drop: 2))
        let zone = state.timeMode == .utc ? Zone.utc : state.zone
        right.append(Part([Span(Formats.clock(now, zone) + " " + safe(zone.name, limit: 8), .text)], drop: 6))
    }

    /// What keeps everybody from sending, else what else is wrong with the broker.
    private static func problem(_ standing: BrokerStanding) -> String? {
        if let blockade = standing.blockade { return "blocked: " + safe(blockade, limit: 40) }
        guard let alarm = standing.alarms?.first else { return nil }
        return "! " + safe("\(alarm.node) \(alarm.what)", limit: 60)
    }

    private static func link(_ header: HeaderFacts, now: Double, _ zone: Zone) -> [Part] {
        switch header.link {
        case .connecting: return [Part([Span("◐ connecting", .warning)], drop: 0)]
        case .live: return [Part([Span("● live", .good)], drop: 0)]
        case .reconnecting(let since, let retryAt, _):
            let retry = retryAt > now ? "in " + Formats.age((retryAt - now).rounded(.up)) : "now"
            if now - since < 30 { return [Part([Span("◐ reconnecting " + retry, .warning)], drop: 0)] }
            return [Part([Span("○ lost since " + Formats.clock(since, zone).prefix(5), .bad)], drop: 0), Part([Span("retry " + retry, .warning)], drop: 5)]
        }
    }

    func render(into grid: inout Grid, at line: Rect) {
        var left = left, right = right
        func width(_ parts: [Part]) -> Int { parts.reduce(0) { $0 + $1.width } + 2 * max(0, parts.count - 1) }
        while width(left) + width(right) + 4 > line.columns, let worst = (left + right).map(\.drop).max(), worst > 0 {
            if let index = right.lastIndex(where: { $0.drop == worst }) { right.remove(at: index) } else { left.removeAll { $0.drop == worst } }
        }
        var column = line.column + 1
        for part in left { column = write(part, column, into: &grid, line) + 2 }
        column = max(column, line.column + line.columns - width(right) - 1)
        for part in right { column = write(part, column, into: &grid, line) + 2 }
    }

    private func write(_ part: Part, _ column: Int, into grid: inout Grid, _ line: Rect) -> Int {
        part.spans.reduce(column) { $0 + grid.write($1.text, row: line.row, column: $0, style: $1.style) }
    }
}
