/// How many terminal columns text takes.
///
/// Follows UAX #11 and what terminals do with it: ambiguous width is narrow, emoji presentation is wide,
/// a joined emoji is as wide as its first one, any other cluster as wide as its spacing scalars together.
public enum DisplayWidth {
    /// 0 for controls and marks, 1 or 2 for nearly all else, more for clusters of several spacing letters (Indic conjuncts).
    public static func columns(of character: Character) -> Int {
        if let ascii = character.asciiValue { return ascii >= 0x20 && ascii != 0x7F ? 1 : 0 }
        let scalars = character.unicodeScalars
        let first = columns(of: scalars[scalars.startIndex])
        guard scalars.count > 1 else { return first }
        if isJoinedEmoji(character) { return 2 }
        return scalars.dropFirst().reduce(first) { $0 + columns(of: $1) }
    }

    public static func columns(of text: String) -> Int {
        if isPrintableASCII(text) { return text.utf8.count }
        return text.reduce(0) { $0 + columns(of: $1) }
    }

    /// 0 for controls, marks and format characters; 2 for East Asian wide and emoji; else 1.
    public static func columns(of scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return value < 0x20 || (0x7F..<0xA0).contains(value) ? 0 : 1 }
        if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FF).contains(value) { return 0 }  // Hangul vowels and finals join the initial
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control, .lineSeparator, .paragraphSeparator: return 0
        default: return isWide(value) || scalar.properties.isEmojiPresentation && !isRegionalIndicator(scalar) ? 2 : 1
        }
    }

    /// One emoji made of several scalars: with a variation selector, a skin tone, joiners, or two letters of a flag.
    static func isJoinedEmoji(_ character: Character) -> Bool {
        let scalars = character.unicodeScalars
        guard let first = scalars.first, first.properties.isEmoji else { return false }
        let rest = scalars.dropFirst()
        if isRegionalIndicator(first) { return rest.first.map(isRegionalIndicator) ?? false }
        return rest.contains { $0.value == 0xFE0F || $0.properties.isEmojiModifier }
            || rest.contains { $0.value == 0x200D } && first.properties.isEmojiPresentation
    }

    static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool { (0x1F1E6...0x1F1FF).contains(scalar.value) }

    static func isPrintableASCII(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    }

    private static func isWide(_ value: UInt32) -> Bool {
        guard value >= 0x1100 else { return false }
        var low = 0, high = wide.count
        while low < high {
            let middle = (low + high) / 2
            if wide[middle].upperBound < value { low = middle + 1 } else { high = middle }
        }
        return low < wide.count && wide[low].contains(value)
    }

    /// East Asian Width W and F (Unicode 16) without the emoji, which the standard library knows; unassigned gaps inside a block are filled.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2329...0x232A, 0x2630...0x2637, 0x268A...0x268F, 0x2E80...0x3029, 0x3030...0x303E, 0x3041...0x3247, 0x3250...0x4DBF,
        0x4DC0...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x16FE0...0x1B2FF, 0x1D300...0x1D376, 0x1F200...0x1F265, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
    ]
}
