import CeleriacCore

/// What is in the trash, the newest first.
extension DashboardState {
    func trashLines(_ context: DrawContext) -> [Line] {
        guard let trash else { return [Line(context.glyphs.asking, .dim)] }
        guard !trash.isEmpty else { return [Line("- the trash is empty", .dim)] }
        func pad(_ text: String, _ width: Int, right: Bool = false) -> String { DisplayWidth.pad(text, to: width, right ? .right : .left, ellipsis: Glyphs.unicode.ellipsis) + "  " }
        let heading = pad("WHEN", 10) + pad("ACT", 8) + pad("MESSAGES", 9, right: true) + pad("QUEUE", 16) + pad("TO", 16) + pad("STATE", 11) + "WHO"
        let rows = trash.map { entry in
            let isElsewhere = entry.broker != endpoint
            let state = entry.restoredAt != nil ? "put back" : isElsewhere ? "elsewhere" : entry.isFinished ? "kept" : "unfinished"
            let role: Role = entry.restoredAt != nil || isElsewhere ? .dim : entry.isFinished ? .text : .warning
            return Line(
                [
                    Span(pad(context.time(entry.at), 10), .dim), Span(pad(safe(entry.act), 8)), Span(pad(Formats.grouped(entry.count), 9, right: true)), Span(pad(safe(entry.queue.rawValue), 16), .accent),
                    Span(pad(entry.target.map { safe($0.rawValue) } ?? "-", 16), entry.target == nil ? .dim : .text), Span(pad(state, 11), role),
                    Span(safe(entry.who) + (isElsewhere ? "  on \(safe(entry.broker))" : ""), .dim),
                ], target: .trash(entry.id))
        }
        return [Line("Enter or u puts the messages of an act back where they were", .dim), .empty, Line(heading, .heading)] + rows
    }

    /// The act under the cursor of the trash.
    var selectedTrash: TrashEntry? {
        guard case .trash = details.last?.subject, case .trash(let id) = details.last?.text.selected else { return nil }
        return trash?.first { $0.id == id }
    }

    func whyNotRestore(_ picture: Picture) -> String? {
        guard let entry = selectedTrash else { return "no act is selected: j or a click selects" }
        if entry.restoredAt != nil { return "it was put back already" }
        if entry.broker != endpoint { return "these messages are of another broker: \(safe(entry.broker))" }
        return whyNotAct(picture)
    }

    /// Acts that were not brought to their end, as the trash tells when the dashboard starts.
    mutating func takeTrash(_ entries: [TrashEntry], isFirst: Bool) {
        trash = entries
        guard isFirst, let entry = entries.first(where: { !$0.isFinished && $0.restoredAt == nil && $0.broker == endpoint }) else { return }
        tell("an unfinished \(safe(entry.words, limit: 80)) is in the trash: :trash lists")
    }
}
