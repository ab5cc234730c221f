import CeleriacCore

/// How the broker is, in one line under its queues: what matters most comes first.
enum BrokerLine {
    /// Seconds for which a message that found no queue is news.
    private static let news = 60.0

    static func spans(_ standing: BrokerStanding, now: Double) -> [Span] {
        var parts = standing.problems.map { Span("! " + safe($0), .bad) }
        if let blocked = standing.blockedConnections, blocked > 0 {
            parts.append(Span("\(Formats.count(blocked)) of \(Formats.plural(standing.connections ?? blocked, "connection")) blocked", .bad))
        }
        if standing.unroutable > 0 { parts.append(unroutable(standing, now: now)) }
        if !standing.deadEnds.isEmpty { parts.append(leadingNowhere(standing.deadEnds)) }
        if let hint = standing.hint { parts.append(Span("? " + safe(hint), .info)) }
        if let held = standing.held, held > 0 { parts.append(Span("\(Formats.count(held)) held for their ETA")) }
        if standing.alarms?.isEmpty == true { parts.append(Span("no alarm", .good)) }
        if let connections = standing.connections, standing.blockedConnections == 0 { parts.append(Span(Formats.plural(connections, "connection"), .dim)) }
        if let product = standing.product { parts.append(Span(safe(product), .dim)) }
        return Array(parts.flatMap { [Span(" · ", .dim), $0] }.dropFirst())
    }

    private static func unroutable(_ standing: BrokerStanding, now: Double) -> Span {
        let age = standing.unroutableAt.map { now - $0 }
        let words = "\(Formats.plural(standing.unroutable, "message")) found no queue" + (age.map { ", newest \(Formats.age(max(0, $0))) ago" } ?? "")
        return Span(words, age.map { $0 < news } == true ? .warning : .text)
    }

    private static func leadingNowhere(_ exchanges: [String]) -> Span {
        let names = exchanges.prefix(3).map { safe($0, limit: 60) }.joined(separator: ", ") + (exchanges.count > 3 ? ", …" : "")
        return Span(exchanges.count == 1 ? "the exchange \(names) leads to no queue" : "the exchanges \(names) lead to no queue", .warning)
    }

    static func render(_ standing: BrokerStanding, now: Double, isStale: Bool, into grid: inout Grid, at line: Rect) {
        var column = line.column + Table<QueueRow>.gutter
        for span in spans(standing, now: now) {
            let room = line.column + line.columns - column
            guard room > 0 else { return }
            column += grid.write(span.text, row: line.row, column: column, width: room, style: isStale ? Style(.stale) : span.style, ellipsis: Glyphs.unicode.ellipsis)
        }
    }
}
