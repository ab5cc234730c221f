/// What a cell's colour is for; themes map roles to colours.
public enum Role: String, CaseIterable, Hashable, Sendable {
    case text, dim, title, border, heading, tab, tabActive = "tab-active", accent, selection, mark, hint, hintKey = "hint-key", input, dialog, stale
    case good, warning, bad, info
    case success, failure, started, received, pending, retry, revoked, rejected
    case gauge, spark
}

/// Roles plus the emphasis that needs no colour.
public struct Style: Hashable, Sendable {
    public var role: Role
    public var emphasis: Emphasis

    public struct Emphasis: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let bold = Emphasis(rawValue: 1)
        public static let reverse = Emphasis(rawValue: 2)
        public static let underline = Emphasis(rawValue: 4)
    }

    public init(_ role: Role = .text, _ emphasis: Emphasis = []) {
        self.role = role
        self.emphasis = emphasis
    }

    public static let text = Style()
}

/// One terminal cell.
public struct Cell: Hashable, Sendable {
    /// One grapheme of width 1 or 2, or "" for the right half of a wide one.
    public var text: String
    public var style: Style

    public init(_ text: String = " ", _ style: Style = .text) {
        self.text = text
        self.style = style
    }
}

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
}

/// Styled cells, rows × columns, row-major. Writing outside is cut, never a trap.
public struct Grid: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    public var cells: [Cell]

    public init(rows: Int, columns: Int) {
        self.rows = max(0, rows)
        self.columns = max(0, columns)
        cells = Array(repeating: Cell(), count: self.rows * self.columns)
    }
}
