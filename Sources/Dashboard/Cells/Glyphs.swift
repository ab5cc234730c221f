/// The characters that pictures are drawn with; all one column wide unless said otherwise.
public struct Glyphs: Hashable, Sendable {
    public var horizontal, vertical, topLeft, topRight, bottomLeft, bottomRight, teeLeft, teeRight, teeTop, teeBottom, cross: String
    public var up, down, left, right: String
    /// The sorted column's mark.
    public var ascending, descending: String
    /// Eight blocks, lowest first.
    public var spark: [String]
    /// Parts of a gauge: a full cell, an empty one, and seven eighths to one eighth in between, smallest first (fewer when there are no such).
    public var gaugeFull, gaugeEmpty: String
    public var gaugeParts: [String]
    /// A worker's or a link's state: alive, late, not known, lost, and alive but not consuming.
    public var alive, late, unknown, lost, stuck: String
    /// More than, less than before.
    public var rising, falling: String
    /// Where a text was cut.
    public var ellipsis: String
    /// In a cell whose answer is awaited; up to three columns.
    public var asking: String
    public var times, about, heart, dot, check, dash, infinity: String
    /// Marked rows; the pointer at the selected one.
    public var marked, pointer: String
    /// Before a child that has younger siblings, before the last child, and below either; three columns each.
    public var branch, lastBranch, trunk, noTrunk: String

    public static let unicode = Glyphs(
        horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘",
        teeLeft: "├", teeRight: "┤", teeTop: "┬", teeBottom: "┴", cross: "┼",
        up: "↑", down: "↓", left: "←", right: "→", ascending: "▲", descending: "▼",
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        gaugeFull: "█", gaugeEmpty: "░", gaugeParts: ["▏", "▎", "▍", "▌", "▋", "▊", "▉"],
        alive: "●", late: "◐", unknown: "○", lost: "✖", stuck: "!", rising: "▲", falling: "▼",
        ellipsis: "…", asking: "…", times: "×", about: "≈", heart: "♥", dot: "·", check: "✓", dash: "–", infinity: "∞",
        marked: "◆", pointer: "▶", branch: "├─ ", lastBranch: "└─ ", trunk: "│  ", noTrunk: "   ")

    public static let ascii = Glyphs(
        horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+",
        teeLeft: "+", teeRight: "+", teeTop: "+", teeBottom: "+", cross: "+",
        up: "^", down: "v", left: "<", right: ">", ascending: "^", descending: "v",
        spark: ["_", ".", ":", "-", "=", "+", "*", "#"],
        gaugeFull: "#", gaugeEmpty: ".", gaugeParts: [],
        alive: "*", late: "o", unknown: "?", lost: "X", stuck: "!", rising: "^", falling: "v",
        ellipsis: "~", asking: "...", times: "x", about: "~", heart: "H", dot: ".", check: "+", dash: "-", infinity: "oo",
        marked: "*", pointer: ">", branch: "|- ", lastBranch: "`- ", trunk: "|  ", noTrunk: "   ")
}

extension Grid {
    /// The same picture with nothing but ASCII in it: drawing characters become their twins, all else "?" in as many columns.
    public func inASCII() -> Grid {
        var plain = self
        for index in cells.indices where !cells[index].text.utf8.allSatisfy({ $0 < 0x80 }) {
            plain.cells[index].text = Glyphs.twins[cells[index].text] ?? "?"
        }
        for index in cells.indices where cells[index].text.isEmpty { plain.cells[index].text = " " }
        return plain
    }
}

extension Glyphs {
    /// From a Unicode drawing character, or a sign that texts hold, to the ASCII one of the same width.
    static let twins: [String: String] = {
        let from = Glyphs.unicode, to = Glyphs.ascii
        let single: [KeyPath<Glyphs, String>] = [
            \.horizontal, \.vertical, \.topLeft, \.topRight, \.bottomLeft, \.bottomRight, \.teeLeft, \.teeRight, \.teeTop, \.teeBottom, \.cross,
            \.up, \.down, \.left, \.right, \.ascending, \.descending, \.gaugeFull, \.gaugeEmpty, \.alive, \.late, \.unknown, \.lost,
            \.ellipsis, \.times, \.about, \.heart, \.dot, \.check, \.dash, \.marked, \.pointer,
        ]
        var twins = ["—": "-", "“": "\"", "”": "\"", "‘": "'", "’": "'", "∞": "8", "µ": "u", "°": "o", "±": "~", "≥": ">", "≤": "<", "\u{A0}": " ", "\u{FFFD}": "?"]
        for (block, plain) in zip(from.gaugeParts, [".", ".", ":", ":", "+", "+", "#"]) { twins[block] = plain }
        for (block, plain) in zip(from.spark, to.spark) { twins[block] = plain }
        for path in single { twins[from[keyPath: path]] = to[keyPath: path] }
        return twins
    }()
}
