/// Where a reader is in a document.
struct TextState: Hashable, Sendable {
    /// First row shown, counted after wrapping.
    var top = 0
    /// Columns scrolled out on the left.
    var column = 0
    var wraps: Bool
    var search = ""
    /// Row of the match that was found last.
    var match: Int?
    /// The line that a match or Enter is about, among lines with a target.
    var selected: Target?

    init(wraps: Bool = true) { self.wraps = wraps }

    mutating func scroll(by rows: Int, of count: Int, window: Int) {
        top = max(0, min(top + rows, max(0, count - window)))
    }

    /// Moves to the next line with a target; scrolls when there is none.
    mutating func step(_ rows: Int, lines: [Line], window: Int) {
        let targets = lines.indices.filter { lines[$0].target != nil }
        guard !targets.isEmpty else { return scroll(by: rows, of: lines.count, window: window) }
        let here = targets.firstIndex { lines[$0].target == selected }
        let next = here.map { max(0, min(targets.count - 1, $0 + rows)) } ?? 0
        selected = lines[targets[next]].target
        show(row: targets[next], of: lines.count, window: window)
    }

    /// Goes to the next row that holds the searched text (`forward`) or the one before; `false` when there is none.
    mutating func find(forward: Bool, lines: [Line], window: Int) -> Bool {
        let wanted = search.lowercased()
        guard !wanted.isEmpty, !lines.isEmpty else { return false }
        let matches = lines.indices.filter { lines[$0].text.lowercased().contains(wanted) }
        let here = match ?? top - 1
        match = forward ? matches.first { $0 > here } ?? matches.first : matches.last { $0 < here } ?? matches.last
        guard let match else { return false }
        show(row: match, of: lines.count, window: window)
        return true
    }

    private mutating func show(row: Int, of count: Int, window: Int) {
        if row < top { top = row }
        if row >= top + window { top = row - window + 1 }
        scroll(by: 0, of: count, window: window)
    }
}
