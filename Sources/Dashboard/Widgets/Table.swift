import CeleriacCore

/// A column as data.
struct Column<Row: Hashable & Sendable>: Sendable {
    var title: String
    /// Field name it sorts by; `nil` = it does not.
    var field: String?
    /// Never narrower; usual; as wide as the user wants to see all of it.
    var least: Int
    var ideal: Int
    var most: Int
    /// Gets a share of the room that is left.
    var isFlexible: Bool
    var alignment: DisplayWidth.Alignment
    /// The highest goes first when there is no room; 0 never goes.
    var drop: Int
    var cell: @Sendable (Row, DrawContext) -> CellText

    init(
        _ title: String, field: String? = nil, _ least: Int, _ ideal: Int, most: Int? = nil, flexible: Bool = false, right: Bool = false, drop: Int,
        _ cell: @escaping @Sendable (Row, DrawContext) -> CellText
    ) {
        self.title = title
        self.field = field
        self.least = least
        self.ideal = max(least, ideal)
        self.most = max(most ?? ideal, ideal)
        isFlexible = flexible
        alignment = right ? .right : .left
        self.drop = drop
        self.cell = cell
    }
}

/// Rows under headings, one of them selected.
struct Table<Row: Hashable & Sendable>: Sendable {
    var columns: [Column<Row>]
    var id: @Sendable (Row) -> String
    /// Words that replace all columns but the first, for rows where figures would mislead.
    var note: (@Sendable (Row, DrawContext) -> CellText?)?

    init(id: @escaping @Sendable (Row) -> String, note: (@Sendable (Row, DrawContext) -> CellText?)? = nil, _ columns: [Column<Row>]) {
        self.columns = columns
        self.id = id
        self.note = note
    }

    /// Columns left for marks and the pointer.
    static var gutter: Int { 2 }

    /// Draws headings and as many rows as `area` holds; the page may be longer than that.
    func render(_ page: ListPage<Row>, _ list: ListState, hasFocus: Bool = true, _ context: DrawContext, into grid: inout Grid, at area: Rect) {
        let places = layout(width: area.columns, list)
        renderHeadings(places, list, hasFocus: hasFocus, into: &grid, at: area)
        let start = list.cursor == nil ? 0 : max(0, list.top - page.first)
        for (offset, row) in page.rows.dropFirst(start).prefix(max(0, area.rows - 1)).enumerated() {
            let line = Rect(row: area.row + 1 + offset, column: area.column, rows: 1, columns: area.columns)
            let isSelected = list.cursor != nil && page.first + start + offset == list.index
            let isMarked = list.marksAllMatching || list.marks.contains(id(row))
            render(row, places, state: RowState(isSelected: isSelected, isGone: list.isGone, isMarked: isMarked, hasFocus: hasFocus), context, into: &grid, at: line)
        }
    }

    private struct RowState {
        var isSelected, isGone, isMarked, hasFocus: Bool

        /// Style of the whole row, when it is not each cell's own.
        var style: Style? {
            guard isSelected else { return nil }
            if isGone { return Style(.stale, .underline) }
            return hasFocus ? Style(.selection) : nil
        }

        var sign: String {
            if isSelected, isGone { return Glyphs.unicode.lost }
            if isMarked { return Glyphs.unicode.marked }
            return isSelected ? Glyphs.unicode.pointer : " "
        }
    }

    private func render(_ row: Row, _ places: [Place], state: RowState, _ context: DrawContext, into grid: inout Grid, at line: Rect) {
        if let style = state.style { grid.fill(line, Cell(" ", style)) }
        grid.write(state.sign, row: line.row, column: line.column, style: state.style ?? Style(state.isMarked ? .mark : state.hasFocus ? .accent : .dim))
        let note = note?(row, context)
        for (index, place) in places.enumerated() {
            var text = columns[place.column].cell(row, context), width = place.width, alignment = columns[place.column].alignment
            if index > 0, let note {
                guard index == 1 else { break }
                (text, width, alignment) = (note, line.columns - place.x, .left)
            }
            if context.isStale { text.style = Style(.stale, text.style.emphasis) }
            let shown = DisplayWidth.pad(text.fitting(width), to: width, alignment)
            grid.write(shown, row: line.row, column: line.column + place.x, width: min(width, line.columns - place.x), style: state.style ?? text.style)
        }
    }

    private func renderHeadings(_ places: [Place], _ list: ListState, hasFocus: Bool, into grid: inout Grid, at area: Rect) {
        guard area.rows > 0 else { return }
        for place in places {
            let column = columns[place.column]
            var title = column.title
            if let field = column.field, field == list.sort {
                title = DisplayWidth.cut(title, to: place.width - 1) + (list.ascending ? Glyphs.unicode.ascending : Glyphs.unicode.descending)
            }
            let shown = DisplayWidth.pad(title, to: place.width, column.alignment)
            grid.write(shown, row: area.row, column: area.column + place.x, width: min(place.width, area.columns - place.x), style: Style(.heading))
        }
    }
}
