extension Grid {
    /// A frame around the outermost cells of `rect`, with a title in its upper edge. What stands inside is left alone.
    public mutating func box(_ rect: Rect, title: String = "", style: Style = Style(.border), titleStyle: Style = Style(.title), glyphs: Glyphs = .unicode) {
        guard rect.rows >= 2, rect.columns >= 2 else { return }
        let bottom = rect.row + rect.rows - 1, right = rect.column + rect.columns - 1
        for row in [rect.row, bottom] { horizontal(row: row, column: rect.column + 1, columns: rect.columns - 2, style: style, glyphs: glyphs) }
        for column in [rect.column, right] { vertical(row: rect.row + 1, column: column, rows: rect.rows - 2, style: style, glyphs: glyphs) }
        self[rect.row, rect.column] = Cell(glyphs.topLeft, style)
        self[rect.row, right] = Cell(glyphs.topRight, style)
        self[bottom, rect.column] = Cell(glyphs.bottomLeft, style)
        self[bottom, right] = Cell(glyphs.bottomRight, style)
        // Two corners and a blank on each side of the title must fit, and at least one column of it.
        guard !title.isEmpty, rect.columns >= 5 else { return }
        let shown = DisplayWidth.cut(title, to: rect.columns - 4, ellipsis: glyphs.ellipsis)
        write(" \(shown) ", row: rect.row, column: rect.column + 1, width: rect.columns - 2, style: titleStyle)
    }

    public mutating func horizontal(row: Int, column: Int, columns: Int, style: Style = Style(.border), glyphs: Glyphs = .unicode) {
        fill(Rect(row: row, column: column, rows: 1, columns: columns), Cell(glyphs.horizontal, style))
    }

    public mutating func vertical(row: Int, column: Int, rows: Int, style: Style = Style(.border), glyphs: Glyphs = .unicode) {
        fill(Rect(row: row, column: column, rows: rows, columns: 1), Cell(glyphs.vertical, style))
    }
}
