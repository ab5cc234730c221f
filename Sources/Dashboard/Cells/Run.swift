/// Neighbouring cells of one row that are to be written; begins and ends at whole graphemes.
public struct Run: Hashable, Sendable {
    public var row: Int
    public var column: Int
    public var cells: [Cell]

    public init(row: Int, column: Int, cells: [Cell]) {
        self.row = row
        self.column = column
        self.cells = cells
    }
}

extension Grid {
    /// What to write over `old` to get this grid, top to bottom, left to right; every row whole when the sizes differ.
    public func runs(since old: Grid?) -> [Run] {
        guard let old, old.rows == rows, old.columns == columns else {
            return (0..<rows).map { Run(row: $0, column: 0, cells: Array(cells[$0 * columns..<($0 + 1) * columns])) }
        }
        var runs: [Run] = []
        for row in 0..<rows {
            let start = row * columns, end = start + columns
            var index = start
            while index < end {
                guard cells[index] != old.cells[index] else { index += 1; continue }
                var first = index
                // Either grid's grapheme that reaches in from the left is written, or erased, as a whole.
                while first > start, cells[first].text.isEmpty || old.cells[first].text.isEmpty { first -= 1 }
                var last = index + 1
                while last < end, cells[last] != old.cells[last] || cells[last].text.isEmpty || old.cells[last].text.isEmpty { last += 1 }
                runs.append(Run(row: row, column: first - start, cells: Array(cells[first..<last])))
                index = last
            }
        }
        return runs
    }

    /// This grid with `runs` written over it; what reaches outside is left out.
    public func applying(_ runs: [Run]) -> Grid {
        var grid = self
        for run in runs where run.row >= 0 && run.row < rows {
            for (offset, cell) in run.cells.enumerated() where run.column + offset >= 0 && run.column + offset < columns {
                grid.cells[run.row * columns + run.column + offset] = cell
            }
        }
        return grid
    }
}
