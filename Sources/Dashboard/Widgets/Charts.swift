/// Small charts made of characters.
enum Charts {
    /// Each value as one of eight blocks, scaled to the largest; the newest (last) ones when there are more than `width`.
    static func sparkline(_ values: [Double], width: Int) -> String {
        let shown = values.suffix(max(0, width))
        let top = shown.reduce(0) { $1.isFinite ? max($0, $1) : $0 }
        let blocks = Glyphs.unicode.spark
        return shown.map { value in
            guard top > 0, value > 0 else { return blocks[0] }
            let level = value.isFinite ? (value / top * Double(blocks.count - 1)).rounded(.up) : Double(blocks.count - 1)
            return blocks[max(0, min(blocks.count - 1, Int(level)))]
        }.joined()
    }

    /// Counts per class; a class with anything in it is visible, an empty one is blank.
    static func histogram(_ counts: [Int]) -> String {
        let top = counts.max() ?? 0
        let blocks = Glyphs.unicode.spark
        return counts.map { count in
            guard count > 0, top > 0 else { return " " }
            return blocks[max(0, min(blocks.count - 1, Int((Double(count) / Double(top) * Double(blocks.count)).rounded(.up)) - 1))]
        }.joined()
    }

    /// A bar of exactly `width` columns, filled for `part` of 1.
    static func gauge(_ part: Double, width: Int) -> String {
        let glyphs = Glyphs.unicode
        let share = part.isFinite ? max(0, min(1, part)) : 0
        let eighths = Int((share * Double(width) * 8).rounded())
        let full = min(width, eighths / 8)
        var bar = String(repeating: glyphs.gaugeFull, count: full)
        if full < width, eighths % 8 > 0, glyphs.gaugeParts.count == 7 { bar += glyphs.gaugeParts[eighths % 8 - 1] }
        return bar + String(repeating: " ", count: max(0, width - bar.count))
    }
}
