/// What a terminal of the kind xterm-256color shows after the bytes that a program sent: text only, attributes are passed over.
///
/// Knows what ncurses sends for that kind (ECMA-48 and "XTerm Control Sequences"): cursor motion, erasing, inserting and deleting of characters
/// and lines, scroll regions, repetition, the alternate screen, line drawing, delayed wrap, wide and combining characters.
public struct ScreenModel: Sendable, CustomStringConvertible {
    public private(set) var rows: Int
    public private(set) var columns: Int
    public private(set) var row = 0
    public private(set) var column = 0
    public private(set) var isCursorVisible = true
    public private(set) var isAlternate = false
    /// Mouse modes (1000, 1006, …) that are on.
    public private(set) var mouseModes: Set<Int> = []
    /// The last one that OSC 0 or 2 set.
    public private(set) var title = ""
    /// The last text that OSC 52 put on the clipboard, still in base64.
    public private(set) var clipboard: String?
    /// Sequences that were not understood.
    public private(set) var unknown: [String] = []

    /// One text a cell, "" for the right half of a wide character.
    private var cells: [[String]]
    private var kept: (cells: [[String]], row: Int, column: Int)?
    private var saved = (row: 0, column: 0)
    private var region: Range<Int>
    /// The last column was written: the next character goes to the next line.
    private var wraps = false
    private var lastWritten = ""
    private var drawsLines = false
    private var parser = EscapeParser()

    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        cells = ScreenModel.blank(rows, columns)
        region = 0..<rows
    }

    /// Rows joined by line feeds, trailing blanks of each stripped.
    public var text: String { lines.joined(separator: "\n") }

    public var description: String { text }

    public var lines: [String] {
        cells.map { row in
            var line = row.joined()
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    public mutating func resize(rows: Int, columns: Int) {
        var resized = ScreenModel.blank(rows, columns)
        for row in 0..<min(rows, self.rows) {
            for column in 0..<min(columns, self.columns) { resized[row][column] = cells[row][column] }
        }
        cells = resized
        (self.rows, self.columns, region, wraps) = (rows, columns, 0..<rows, false)
        move(row, column)
    }

    public mutating func feed(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            guard let event = parser.take(byte) else { continue }
            switch event {
            case .scalar(let scalar): write(scalar)
            case .control(let code): control(code)
            case .escape(let final): escape(final)
            case .charset(let final): drawsLines = final == "0"
            case .csi(let prefix, let numbers, let final): csi(prefix, numbers, final)
            case .osc(let text): osc(text)
            }
        }
    }

    private static func blank(_ rows: Int, _ columns: Int) -> [[String]] {
        Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    private mutating func move(_ row: Int, _ column: Int) {
        self.row = min(max(0, row), rows - 1)
        self.column = min(max(0, column), columns - 1)
        wraps = false
    }
}

// MARK: - Text

extension ScreenModel {
    private mutating func write(_ scalar: Unicode.Scalar) {
        let scalar = drawsLines ? ScreenModel.lineDrawing[scalar] ?? scalar : scalar
        let width = ScreenModel.width(of: scalar)
        guard width > 0 else {
            if width == 0 { join(scalar) }
            return
        }
        if wraps || column + width > columns {
            column = 0
            lineFeed()
        }
        clearHalves(row, column, column + width)
        cells[row][column] = String(scalar)
        if width == 2, column + 1 < columns { cells[row][column + 1] = "" }
        lastWritten = String(scalar)
        column += width
        wraps = column >= columns
        if wraps { column = columns - 1 }
    }

    private mutating func join(_ scalar: Unicode.Scalar) {
        var before = wraps ? column : column - 1
        while before > 0, cells[row][before].isEmpty { before -= 1 }
        if before >= 0 { cells[row][before].unicodeScalars.append(scalar) }
    }

    /// Half a wide character cannot stay.
    private mutating func clearHalves(_ row: Int, _ from: Int, _ to: Int) {
        if from > 0, from < columns, cells[row][from].isEmpty { cells[row][from - 1] = " " }
        if to < columns, cells[row][to].isEmpty { cells[row][to] = " " }
    }

    private mutating func erase(_ row: Int, _ from: Int, _ to: Int) {
        let to = min(to, columns)
        guard from < to else { return }
        clearHalves(row, from, to)
        for column in from..<to { cells[row][column] = " " }
    }

    private mutating func lineFeed() {
        wraps = false
        if row == region.upperBound - 1 {
            scroll(region, by: 1)
        } else if row < rows - 1 {
            row += 1
        }
    }

    /// Up when positive.
    private mutating func scroll(_ lines: Range<Int>, by count: Int) {
        let count = max(-lines.count, min(count, lines.count))
        let blank = Array(repeating: Array(repeating: " ", count: columns), count: abs(count))
        let moved = count >= 0 ? Array(cells[lines].dropFirst(count)) + blank : blank + Array(cells[lines].dropLast(-count))
        cells.replaceSubrange(lines, with: moved)
    }

    /// As wcwidth has it for what tests write, kept apart from the program's own table on purpose.
    private static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: break
        }
        let wide: [ClosedRange<UInt32>] = [
            0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
            0x20000...0x3FFFD,
        ]
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    private static let lineDrawing: [Unicode.Scalar: Unicode.Scalar] = [
        "j": "┘", "k": "┐", "l": "┌", "m": "└", "n": "┼", "q": "─", "t": "├", "u": "┤", "v": "┴", "w": "┬", "x": "│", "a": "▒", "`": "◆", "~": "·",
    ]
}

// MARK: - Controls

extension ScreenModel {
    private mutating func control(_ code: UInt8) {
        switch code {
        case 0x08: move(row, column - 1)
        case 0x09: move(row, (column / 8 + 1) * 8)
        case 0x0A, 0x0B, 0x0C: lineFeed()
        case 0x0D: move(row, 0)
        default: break
        }
    }

    private mutating func escape(_ final: Unicode.Scalar) {
        switch final {
        case "7": saved = (row, column)
        case "8": move(saved.row, saved.column)
        case "M": if row == region.lowerBound { scroll(region, by: -1) } else { move(row - 1, column) }
        case "D": lineFeed()
        case "E": column = 0; lineFeed()
        case "c": self = ScreenModel(rows: rows, columns: columns)
        case "=", ">", "\\": break
        default: unknown.append("ESC \(final)")
        }
    }

    private mutating func csi(_ prefix: String, _ numbers: [Int], _ final: Unicode.Scalar) {
        let first = numbers.first ?? 0, count = max(1, first)
        switch (prefix, final) {
        case ("", "A"): move(row - count, column)
        case ("", "B"), ("", "e"): move(row + count, column)
        case ("", "C"), ("", "a"): move(row, column + count)
        case ("", "D"): move(row, column - count)
        case ("", "E"): move(row + count, 0)
        case ("", "F"): move(row - count, 0)
        case ("", "G"), ("", "`"): move(row, count - 1)
        case ("", "d"): move(count - 1, column)
        case ("", "H"), ("", "f"): move(count - 1, max(1, numbers.count > 1 ? numbers[1] : 1) - 1)
        case ("", "J"): eraseDisplay(first)
        case ("", "K"): erase(row, first == 0 ? column : 0, first == 1 ? column + 1 : columns)
        case ("", "X"): erase(row, column, column + count)
        case ("", "P"): shift(by: -count)
        case ("", "@"): shift(by: count)
        case ("", "L"): if region.contains(row) { scroll(row..<region.upperBound, by: -count) }
        case ("", "M"): if region.contains(row) { scroll(row..<region.upperBound, by: count) }
        case ("", "S"): scroll(region, by: count)
        case ("", "T"): scroll(region, by: -count)
        case ("", "b"): for _ in 0..<count { for scalar in lastWritten.unicodeScalars { write(scalar) } }
        case ("", "r"):
            let bottom = numbers.count > 1 && numbers[1] > 0 ? numbers[1] : rows
            if count - 1 < min(bottom, rows) { region = count - 1..<min(bottom, rows) }
            move(0, 0)
        case ("", "Z"): move(row, max(0, (column - 1) / 8 * 8))
        case ("", "m"), ("", "l"), ("", "h"), ("", "t"), ("", "n"), ("", "c"), (">", "c"), (">", "m"), ("!", "p"): break
        case ("?", "h"): for mode in numbers { set(mode, true) }
        case ("?", "l"): for mode in numbers { set(mode, false) }
        default: unknown.append("CSI \(prefix)\(numbers) \(final)")
        }
    }

    private mutating func eraseDisplay(_ part: Int) {
        if part == 0 { erase(row, column, columns) } else if part == 1 { erase(row, 0, column + 1) }
        for other in 0..<rows where part >= 2 || part == 0 && other > row || part == 1 && other < row { erase(other, 0, columns) }
    }

    /// Characters from the cursor on move right, or left when negative; blanks come in.
    private mutating func shift(by count: Int) {
        clearHalves(row, column, columns)
        let blank = Array(repeating: " ", count: min(abs(count), columns - column))
        let rest = cells[row][column...]
        cells[row].replaceSubrange(column..., with: count > 0 ? blank + rest.dropLast(blank.count) : rest.dropFirst(blank.count) + blank)
        if cells[row][column].isEmpty { cells[row][column] = " " }
        wraps = false
    }

    private mutating func set(_ mode: Int, _ on: Bool) {
        switch mode {
        case 25: isCursorVisible = on
        case 1000, 1002, 1003, 1006: if on { mouseModes.insert(mode) } else { mouseModes.remove(mode) }
        case 47, 1047, 1049: alternate(on)
        default: break  // wrap, application keys, blinking, bracketed paste
        }
    }

    private mutating func alternate(_ on: Bool) {
        guard on != isAlternate else { return }
        isAlternate = on
        if on {
            kept = (cells, row, column)
            cells = ScreenModel.blank(rows, columns)
        } else if let before = kept {
            cells = ScreenModel.blank(rows, columns)
            for (row, line) in before.cells.prefix(rows).enumerated() { cells[row].replaceSubrange(0..<min(columns, line.count), with: line.prefix(columns)) }
            move(before.row, before.column)
        }
    }

    private mutating func osc(_ text: String) {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        switch parts[0] {
        case "0", "2": title = String(parts[1])
        case "52": clipboard = parts[1].split(separator: ";", omittingEmptySubsequences: false).last.map(String.init)
        default: unknown.append("OSC \(parts[0])")
        }
    }
}
