import CeleriacCore

/// A document in a window: scrolled, wrapped, with matches and the selected line marked.
enum TextView {
    static func render(_ lines: [Line], _ state: TextState, isStale: Bool, into grid: inout Grid, at area: Rect) {
        let top = max(0, min(state.top, max(0, lines.count - area.rows)))
        for (offset, line) in lines.dropFirst(top).prefix(area.rows).enumerated() {
            let row = area.row + offset
            let isSelected = line.target != nil && line.target == state.selected
            if isSelected { grid.fill(Rect(row: row, column: area.column, rows: 1, columns: area.columns), Cell(" ", Style(.selection))) }
            var column = area.column + 1 - state.column
            for span in line.spans {
                let style = isSelected ? Style(.selection) : isStale ? Style(.stale, span.style.emphasis) : span.style
                column += write(span.text, style, row, column, into: &grid, area)
            }
            if line.target != nil { grid.write(isSelected ? Glyphs.unicode.pointer : " ", row: row, column: area.column, style: isSelected ? Style(.selection) : .text) }
            if state.match == top + offset { grid.restyle(Rect(row: row, column: area.column, rows: 1, columns: area.columns), Style(.mark, .reverse)) }
        }
    }

    /// Writes no column outside of the area; answers with the columns that the text takes.
    private static func write(_ text: String, _ style: Style, _ row: Int, _ column: Int, into grid: inout Grid, _ area: Rect) -> Int {
        let width = DisplayWidth.columns(of: text)
        let hidden = max(0, area.column - column)
        guard hidden < width else { return width }
        let shown = hidden == 0 ? text : dropping(hidden, of: text)
        grid.write(shown, row: row, column: column + hidden, width: max(0, area.column + area.columns - column - hidden), style: style)
        return width
    }

    private static func dropping(_ columns: Int, of text: String) -> String {
        var left = columns
        var rest = Substring(text)
        while left > 0, let first = rest.first {
            left -= DisplayWidth.columns(of: first)
            rest.removeFirst()
        }
        // Half of a wide character leaves a blank.
        return String(repeating: " ", count: max(0, -left)) + rest
    }

    /// Rows of at most `width` columns; what goes on is indented.
    static func wrapped(_ lines: [Line], width: Int) -> [Line] {
        guard width > 8 else { return lines }
        return lines.flatMap { wrapped($0, width: width) }
    }

    private static func wrapped(_ line: Line, width: Int) -> [Line] {
        guard line.spans.reduce(0, { $0 + DisplayWidth.columns(of: $1.text) }) > width else { return [line] }
        var rows: [Line] = [], spans: [Span] = [], used = 0
        for span in line.spans {
            var part = Span("")
            part.style = span.style
            for character in span.text {
                let columns = DisplayWidth.columns(of: character)
                if used + columns > width {
                    rows.append(Line(spans + [part], target: rows.isEmpty ? line.target : nil))
                    (spans, used) = ([Span("  ")], 2)
                    part.text = ""
                }
                part.text.append(character)
                used += columns
            }
            spans.append(part)
        }
        rows.append(Line(spans, target: rows.isEmpty ? line.target : nil))
        return rows
    }
}
