import CTerminal
import Dashboard

/// Hands `run` to curses; neighbours of one style go together.
@MainActor
func draw(_ run: Run, theme: Theme, colors: Int) {
    var column = run.column, start = run.column, text = ""
    var style = run.cells.first?.style ?? .text

    func put() {
        let look = theme[style].reduced(to: colors)
        ct_put(Int32(run.row), Int32(start), text, text.utf8.count, look.foreground.number, look.background.number, UInt32(look.emphasis.rawValue))
    }

    for (offset, cell) in run.cells.enumerated() where !cell.text.isEmpty {
        let isWide = offset + 1 < run.cells.count && run.cells[offset + 1].text.isEmpty
        if cell.style != style {
            put()
            (text, start, style) = ("", column, cell.style)
        }
        text += drawableText(cell.text, columns: isWide ? 2 : 1)
        column += isWide ? 2 : 1
    }
    put()
}

extension Color {
    fileprivate var number: Int32 {
        switch self {
        case .default: -1
        case .index(let index): Int32(index)
        }
    }
}
