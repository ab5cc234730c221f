/// Styled cells, rows × columns, row-major. Writing outside is cut, never a trap.
///
/// A wide grapheme takes two cells, the right one with the text "". Whoever overwrites one half blanks the other.
public struct Grid: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    public var cells: [Cell]

    public init(rows: Int, columns: Int) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
        cells = Array(repeating: Cell(), count: self.rows * self.columns)
    }

    /// All of it.
    public var area: Rect { Rect(rows: rows, columns: columns) }

    /// One cell; a blank outside. Setting a wide text also sets the cell to its right, or blanks it where there is none.
    public subscript(row: Int, column: Int) -> Cell {
        get { isInside(row, column) ? cells[row * columns + column] : Cell() }
        set {
            guard isInside(row, column) else { return }
            place(newValue.text, width: newValue.text.first.map(DisplayWidth.columns(of:)) ?? 1, newValue.style, row, column)
        }
    }

    /// Lays `text` over the cells from `column` on, at most `width` columns of it, and cuts at the grid's edges.
    ///
    /// Controls and marks without a base are left out. When `ellipsis` is given and `text` is wider than there is room, it ends in that.
    /// - Returns: the columns it took (those left of the grid included), so that the next text can go on there.
    @discardableResult
    public mutating func write(_ text: String, row: Int, column: Int, width: Int? = nil, style: Style = .text, ellipsis: String = "") -> Int {
        let room = min(width ?? .max, columns - column)
        guard room > 0 else { return 0 }
        if row < 0 || row >= rows { return min(DisplayWidth.columns(of: text), room) }
        if column >= 0, DisplayWidth.isPrintableASCII(text), text.utf8.count <= room {
            writeASCII(text.utf8, row, column, style)
            return text.utf8.count
        }
        let shown = ellipsis.isEmpty ? text : DisplayWidth.cut(text, to: room, ellipsis: ellipsis)
        var used = 0
        for character in shown {
            let wide = DisplayWidth.columns(of: character)
            if wide == 0 { continue }
            if used + wide > room { break }
            for unit in Cell.units(of: character, columns: wide) {
                place(unit.text, width: unit.columns, style, row, column + used)
                used += unit.columns
            }
        }
        return used
    }

    /// Every cell of `rect` becomes `cell`, which must be one column wide.
    public mutating func fill(_ rect: Rect, _ cell: Cell = Cell()) {
        let rect = rect.clipped(to: area)
        for row in rect.row..<rect.row + rect.rows {
            healEdges(row, rect.column, rect.column + rect.columns)
            for column in rect.column..<rect.column + rect.columns { cells[row * columns + column] = cell }
        }
    }

    /// Gives what stands in `rect` another style.
    public mutating func restyle(_ rect: Rect, _ style: Style) {
        let rect = rect.clipped(to: area)
        for row in rect.row..<rect.row + rect.rows {
            for column in rect.column..<rect.column + rect.columns { cells[row * columns + column].style = style }
        }
    }

    /// Rows joined by line feeds, trailing blanks of each row stripped.
    public var text: String {
        (0..<rows).map { row in
            var line = ""
            for cell in cells[row * columns..<(row + 1) * columns] { line += cell.text }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private func isInside(_ row: Int, _ column: Int) -> Bool { row >= 0 && row < rows && column >= 0 && column < columns }

    private mutating func writeASCII(_ text: String.UTF8View, _ row: Int, _ column: Int, _ style: Style) {
        healEdges(row, column, column + text.count)
        var index = row * columns + column
        for byte in text {
            cells[index] = Cell(Cell.ascii[Int(byte)], style)
            index += 1
        }
    }

    /// Puts one unit; when one half falls outside, the half inside is a blank.
    private mutating func place(_ text: String, width: Int, _ style: Style, _ row: Int, _ column: Int) {
        let from = max(column, 0), to = min(column + width, columns)
        guard from < to else { return }
        let visible = from..<to
        healEdges(row, visible.lowerBound, visible.upperBound)
        let start = row * columns
        if visible.count == width {
            cells[start + column] = Cell(text, style)
            if width == 2 { cells[start + column + 1] = Cell("", style) }
        } else {
            for column in visible { cells[start + column] = Cell(" ", style) }
        }
    }

    /// Blanks the outer halves of wide graphemes that the columns `from..<to` of `row` cut in two.
    private mutating func healEdges(_ row: Int, _ from: Int, _ to: Int) {
        let start = row * columns
        guard from < to else { return }
        if from > 0, cells[start + from].text.isEmpty { cells[start + from - 1].text = " " }
        if to < columns, cells[start + to].text.isEmpty { cells[start + to].text = " " }
    }
}
