extension DashboardState {
    /// Columns from which on a form does not grow.
    private static let widestForm = 170

    /// A form in a frame, and beneath a line what it leads to.
    /// - Parameter panel: lines beneath, at a width in columns.
    func render(_ form: Form, title: String, into grid: inout Grid, panel: (_ width: Int) -> [Line]) {
        // The last two lines stay: they tell what is wrong, and the keys.
        let height = rows > 10 ? rows - 2 : rows, width = min(columns, Self.widestForm)
        let panel = panel(width - 4)
        let wanted = form.rowCount(columns: width - 4) + 1 + panel.count + 2
        let size = (rows: min(height, wanted), columns: width)
        let frame = Rect(row: max(0, (height - size.rows) / 2), column: (columns - width) / 2, rows: size.rows, columns: size.columns)
        grid.fill(frame, Cell(" ", Style(.dialog)))
        let hasBox = size.rows > 4
        if hasBox { grid.box(frame, title: title, style: Style(.dialog), titleStyle: Style(.dialog, .bold)) }
        let inside = hasBox ? Rect(row: frame.row + 1, column: frame.column + 2, rows: frame.rows - 2, columns: frame.columns - 4) : frame
        // Where there is little room the field that is edited goes before what it leads to.
        let panelRows = min(panel.count, max(0, inside.rows - 1 - max(3, inside.rows / 3)))
        let fieldRows = panelRows > 0 ? inside.rows - panelRows - 1 : inside.rows
        form.render(into: &grid, at: Rect(row: inside.row, column: inside.column, rows: fieldRows, columns: inside.columns))
        guard panelRows > 0 else { return }
        let edge = inside.row + fieldRows
        grid.horizontal(row: edge, column: frame.column + 1, columns: frame.columns - 2, style: Style(.dialog))
        for (offset, line) in panel.prefix(panelRows).enumerated() {
            var column = inside.column
            for span in line.spans where column < inside.column + inside.columns {
                column += grid.write(span.text, row: edge + 1 + offset, column: column, width: inside.column + inside.columns - column, style: span.style, ellipsis: Glyphs.unicode.ellipsis)
            }
        }
    }
}
