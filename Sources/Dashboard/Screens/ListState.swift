public import CeleriacCore

/// Cursor, filter, order and marks of one list. The cursor keeps to its item, not to its row.
public struct ListState: Hashable, Sendable {
    /// Identity of the selected row; `nil` = nothing is selected and the first rows are shown.
    public internal(set) var cursor: String?
    /// Its index among the rows that match, when last seen, and its row in the window.
    public internal(set) var index = 0
    public internal(set) var row = 0
    /// The selected row has vanished, or no longer matches.
    public internal(set) var isGone = false
    /// As typed last without an error.
    public internal(set) var filter: Filter?
    /// Field name of the column sorted by; `nil` = natural order.
    public internal(set) var sort: String?
    public internal(set) var ascending = true
    public internal(set) var marks: Set<String> = []
    /// All rows that match the filter are marked, those not shown as well.
    public internal(set) var marksAllMatching = false
    /// Rows are marked as the cursor passes them.
    public internal(set) var isRanging = false
    /// Columns scrolled out on the left.
    public internal(set) var scroll = 0
    public internal(set) var isWide = false
    /// Rows that match and rows in all, when last seen.
    public internal(set) var matching = 0
    public internal(set) var total = 0

    /// Rows to move at the next look, and the row in the window where the cursor shall then be.
    var move = 0
    var targetRow: Int?
    /// The filter changed: a cursor that does not match is dropped instead of shown as gone.
    var isRefiltered = false
    /// First row shown while nothing is selected.
    var top: Int { max(0, index - row) }

    init() {}

    mutating func moveCursor(by rows: Int, window: Int) {
        move = max(-Self.farthest, min(Self.farthest, move + rows))
        targetRow = max(0, min(window - 1, (targetRow ?? row) + rows))
    }

    /// Moves by a page and keeps the cursor's row in the window.
    mutating func moveWindow(by rows: Int) {
        move = max(-Self.farthest, min(Self.farthest, move + rows))
        targetRow = targetRow ?? row
    }

    mutating func select(_ id: String, index: Int, row: Int) {
        (cursor, self.index, self.row) = (id, index, row)
        (move, targetRow, isGone) = (0, nil, false)
    }

    mutating func unselect() {
        (cursor, index, row, move, targetRow, isGone, isRanging) = (nil, 0, 0, 0, nil, false, false)
    }

    mutating func show(_ filter: Filter?) {
        guard self.filter != filter else { return }
        self.filter = filter
        marksAllMatching = false
        isRefiltered = true
    }

    /// What to ask for so that `window` rows can be drawn, `extra` more below them.
    func query(window: Int, extra: Int = 0) -> ListQuery {
        ListQuery(
            filter: filter, sort: sort, ascending: ascending, first: cursor == nil ? 0 : top, count: max(1, window) + extra,
            anchor: cursor, anchorRow: max(0, min(max(0, window - 1), targetRow ?? row)), move: move)
    }

    /// Takes over where the answer says that the cursor is.
    mutating func settle(_ page: ListPage<String>, window: Int, selectsFirst: Bool) {
        defer { (move, targetRow, isRefiltered) = (0, nil, false) }
        (matching, total) = (page.matching, page.total)
        if let anchor = page.anchorIndex, page.rows.indices.contains(anchor), cursor != nil {
            cursor = page.rows[anchor]
            index = page.first + anchor
            isGone = false
            place(at: targetRow ?? row, window: window)
        } else if cursor != nil, !isRefiltered {
            isGone = true
            index = max(0, min(index, max(0, matching - 1)))
            place(at: row, window: window)
        } else {
            unselect()
            guard selectsFirst, let first = page.rows.first else { return }
            select(first, index: page.first, row: 0)
        }
        if isRanging, let cursor, !isGone { marks.insert(cursor) }
    }

    /// The window shows as many rows as there are: no gap at its end while rows are hidden above it.
    private mutating func place(at wanted: Int, window: Int) {
        let first = max(0, min(index - max(0, min(wanted, window - 1)), max(0, matching - window)))
        row = max(0, min(index - first, max(0, window - 1)))
    }

    /// Beyond any list, far from overflow.
    static let farthest = 1 << 40
}
