import CeleriacCore

/// The broker's queues with what waits in them and how fast it goes.
enum QueuesScreen {
    /// Where queues are of several kinds, and the broker cannot tell what is held for its ETA, the second column is another.
    static func table(_ standing: BrokerStanding?) -> Table<QueueRow> { standing == nil ? plain : typed }

    /// The same without what a pane has no room for.
    static func pane(_ standing: BrokerStanding?) -> Table<QueueRow> { standing == nil ? plainPane : typedPane }

    private static let plain = Table<QueueRow>(id: { $0.name.rawValue }, note: problem, columns)
    private static let plainPane = Table<QueueRow>(id: { $0.name.rawValue }, note: problem, Array(columns.prefix(8)))
    private static let typedColumns = columns.prefix(1) + [type] + columns.dropFirst().filter { $0.title != eta.title }
    private static let typed = Table<QueueRow>(id: { $0.name.rawValue }, note: problem, Array(typedColumns))
    private static let typedPane = Table<QueueRow>(id: { $0.name.rawValue }, note: problem, Array(typedColumns.prefix(8)))

    private static let columns = [
        name,
        Column("READY", field: "ready", 6, 9, right: true, drop: 0) { queue, context in CellText(count: queue.ready, context, .accent) },
        Column("UNACKED", field: "unacked", 7, 8, right: true, drop: 2) { queue, context in CellText(count: queue.unacked, context) },
        eta,
        Column("CONS", field: "consumers", 4, 5, right: true, drop: 3) { queue, context in consumers(queue, context) },
        Column("IN/s", field: "in_rate", 5, 7, right: true, drop: 5) { queue, context in CellText(queue.inRate, context, format: Formats.rate) },
        Column("OUT/s", field: "out_rate", 5, 7, right: true, drop: 5) { queue, context in CellText(queue.outRate, context, format: Formats.rate) },
        Column("DRAIN", 7, 9, right: true, drop: 6) { queue, context in drain(queue, context) },
        Column("OLDEST", field: "oldest_age", 8, 9, right: true, drop: 7) { queue, context in CellText(duration: queue.oldestAge, context) },
        Column("LAST 5 MIN", 10, 30, most: 60, flexible: true, drop: 8) { queue, _ in spark(queue) },
    ]

    private static let name = Column<QueueRow>("QUEUE", field: "name", 8, 16, most: 40, flexible: true, drop: 0) { queue, _ in CellText(foreign: queue.name.rawValue) }
    private static let eta = Column<QueueRow>("ETA", field: "eta", 4, 7, right: true, drop: 4) { queue, context in CellText(count: queue.eta, context) }
    private static let type = Column<QueueRow>("TYPE", field: "type", 7, 7, drop: 4) { queue, _ in queue.traits.map { CellText(foreign: $0.type) } ?? CellText("?", .stale) }

    private static func consumers(_ queue: QueueRow, _ context: DrawContext) -> CellText {
        // Messages that nobody fetches are what an operator looks for.
        let isStuck = queue.consumers.value == 0 && (queue.ready.value ?? 0) > 0
        return CellText(queue.consumers, context, isStuck ? .bad : .text, format: Formats.count)
    }

    private static func drain(_ queue: QueueRow, _ context: DrawContext) -> CellText {
        guard let seconds = queue.drain.value, !seconds.isFinite else { return CellText(duration: queue.drain.map { $0.rounded() }, context) }
        let word = grows(queue) ? "never ↑" : "never"
        var cell = CellText(queue.drain, context, .warning) { _ in word }
        cell.variants.append(word)
        return cell
    }

    /// More comes in than goes out, by the rates as they are shown.
    static func grows(_ queue: QueueRow) -> Bool { (queue.inRate.value ?? 0) - (queue.outRate.value ?? 0) >= 0.05 }

    private static func spark(_ queue: QueueRow) -> CellText {
        let long = Charts.sparkline(queue.history, width: 60)
        return CellText([long, Charts.sparkline(queue.history, width: 30), Charts.sparkline(queue.history, width: 10)], .spark)
    }

    @Sendable private static func problem(_ queue: QueueRow, _ context: DrawContext) -> CellText? {
        queue.problem.map { CellText("! " + safe($0), .bad) }
    }
}
