/// Rows and columns of cells, counted from 0.
public struct Rect: Hashable, Sendable {
    public var row: Int
    public var column: Int
    public var rows: Int
    public var columns: Int

    public init(row: Int = 0, column: Int = 0, rows: Int, columns: Int) {
        self.row = row
        self.column = column
        self.rows = max(0, rows)
        self.columns = max(0, columns)
    }

    /// Without its outermost cells.
    public var inner: Rect { Rect(row: row + 1, column: column + 1, rows: rows - 2, columns: columns - 2) }

    public var isEmpty: Bool { rows == 0 || columns == 0 }

    public func contains(row: Int, column: Int) -> Bool {
        row >= self.row && row < self.row + rows && column >= self.column && column < self.column + columns
    }

    /// The part that lies in `other`; empty, at `other`'s corner, when none does.
    public func clipped(to other: Rect) -> Rect {
        let top = max(row, other.row), left = max(column, other.column)
        let bottom = min(row + rows, other.row + other.rows), right = min(column + columns, other.column + other.columns)
        guard top < bottom, left < right else { return Rect(row: other.row, column: other.column, rows: 0, columns: 0) }
        return Rect(row: top, column: left, rows: bottom - top, columns: right - left)
    }
}
