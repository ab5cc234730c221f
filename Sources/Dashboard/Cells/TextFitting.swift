extension DisplayWidth {
    public enum Alignment: Hashable, Sendable { case left, right, center }

    /// The longest beginning of `text` that takes at most `columns`; ends in `ellipsis` when something was cut and the ellipsis fits.
    /// Never splits a grapheme, so the result may be a column narrower.
    public static func cut(_ text: String, to columns: Int, ellipsis: String = "") -> String {
        guard columns > 0 else { return "" }
        if text.utf8.count <= columns { return text }       // no grapheme is wider than its UTF-8 is long
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
        let before = switch alignment {
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

    private static func wrapLine(_ line: Substring, to columns: Int) -> [String] {
        var lines: [String] = []
        var rest = line
        while self.columns(of: String(rest)) > columns {
            var end = rest.startIndex, lastBlank: Substring.Index?
            var left = columns
            while end < rest.endIndex {
                let width = self.columns(of: rest[end])
                if width > left { break }
                if rest[end] == " " { lastBlank = end }
                left -= width
                end = rest.index(after: end)
            }
            if end < rest.endIndex, rest[end] == " " { lastBlank = end }
            if end == rest.startIndex { end = rest.index(after: end) }     // wider than the line: goes alone, or nothing would end
            if let blank = lastBlank, blank > rest.startIndex {
                lines.append(String(rest[..<blank]))
                rest = rest[rest.index(after: blank)...]
            } else {
                lines.append(String(rest[..<end]))
                rest = rest[end...]
            }
        }
        return lines + [String(rest)]
    }
}
