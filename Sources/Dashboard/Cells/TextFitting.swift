extension DisplayWidth {
    public enum Alignment: Hashable, Sendable { case left, right, center }

    /// The longest beginning of `text` that takes at most `columns`; ends in `ellipsis` when something was cut and the ellipsis fits.
    /// Never splits a grapheme, so the result may be a column narrower.
    public static func cut(_ text: String, to columns: Int, ellipsis: String = "") -> String {
        guard columns > 0 else { return "" }
        if text.utf8.count <= columns { return text }  // no grapheme is wider than its UTF-8 is long
        let mark = self.columns(of: ellipsis) <= columns ? ellipsis : ""
        let room = columns - self.columns(of: mark)
        // One walk, no further than the cut: what the text holds beyond it may be megabytes.
        var used = 0, end = text.startIndex, index = text.startIndex
        while index < text.endIndex {
            used += self.columns(of: text[index])
            if used > columns { return text[..<end] + mark }
            text.formIndex(after: &index)
            if used <= room { end = index }
        }
        return text
    }

    /// Exactly `columns` wide: cut, or filled with blanks.
    public static func pad(_ text: String, to columns: Int, _ alignment: Alignment = .left, ellipsis: String = "") -> String {
        let shown = cut(text, to: columns, ellipsis: ellipsis)
        let blanks = max(0, columns - self.columns(of: shown))
        let before =
            switch alignment {
            case .left: 0
            case .right: blanks
            case .center: blanks / 2
            }
        return String(repeating: " ", count: before) + shown + String(repeating: " ", count: blanks - before)
    }

    /// Lines of at most `columns`, broken at blanks where there are any, else between graphemes; line feeds are kept as breaks.
    public static func wrap(_ text: String, to columns: Int) -> [String] {
        guard columns > 0 else { return [] }
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap { wrapLine($0, to: columns) }
    }

    /// One walk over the line, however long it is.
    private static func wrapLine(_ line: Substring, to columns: Int) -> [String] {
        var lines: [String] = []
        var start = line.startIndex, index = start
        // Columns since `start`; the last blank since then, and the columns up to and with it.
        var used = 0, blank: (at: Substring.Index, columns: Int)?
        while index < line.endIndex {
            let width = self.columns(of: line[index])
            let isBlank = line[index] == " "
            if used + width > columns, index > start {
                if isBlank {
                    // The blank itself is where it breaks.
                    lines.append(String(line[start..<index]))
                    (start, used) = (line.index(after: index), 0)
                    index = start
                } else if let last = blank {
                    lines.append(String(line[start..<last.at]))
                    start = line.index(after: last.at)
                    used -= last.columns
                } else {
                    lines.append(String(line[start..<index]))
                    (start, used) = (index, 0)
                }
                blank = nil
                continue
            }
            used += width
            if isBlank { blank = (index, used) }
            index = line.index(after: index)
        }
        return start < line.endIndex || lines.isEmpty ? lines + [String(line[start...])] : lines
    }
}
