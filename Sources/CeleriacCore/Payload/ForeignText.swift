/// The gate that every text from outside passes before it is shown, logged or written to a file: names, arguments, results,
/// tracebacks, host names, errors of servers.
///
/// What a terminal would obey, or what hides or reorders other text, becomes a visible mark: control characters their picture
/// (`␛`), the rest its code point (`‹U+202E›`).
public enum ForeignText {
    public enum Newlines: Hashable, Sendable {
        /// Line feeds stay, a carriage return before one is dropped: for text that is shown line by line.
        case keep
        /// Line feeds are marked like any control character: for text on one line.
        case mark
    }

    /// `text` with marks in place of controls (C0, DEL, C1), format characters (bidirectional controls, zero-width, tags,
    /// byte order mark), line and paragraph separators, and code points without a character. Joiners and variation selectors
    /// stay inside emoji. Printable ASCII comes back as it is.
    public static func safe(_ text: String, newlines: Newlines = .mark) -> String {
        if isPrintableASCII(text) { return text }
        var output = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        let scalars = text.unicodeScalars
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let scalar = scalars[index]
            let following = scalars.index(after: index)
            let next = following < scalars.endIndex ? scalars[following] : nil
            switch scalar {
            case "\n" where newlines == .keep: output.append(scalar)
            case "\r" where newlines == .keep && next == "\n": break
            case "\u{200D}" where joins(previous, next): output.append(scalar)
            case "\u{FE0E}", "\u{FE0F}":
                if let previous, previous.properties.isEmoji { output.append(scalar) } else { output.append(contentsOf: mark(scalar).unicodeScalars) }
            case _ where isHarmless(scalar): output.append(scalar)
            default: output.append(contentsOf: mark(scalar).unicodeScalars)
            }
            previous = scalar
            index = following
        }
        return String(output)
    }

    private static func isPrintableASCII(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.allSatisfy { 0x20...0x7E ~= $0 } }
    }

    /// Whether a character can do nothing but be seen.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .surrogate: return false
        default: return !properties.isDefaultIgnorableCodePoint && !properties.isNoncharacterCodePoint
        }
    }

    /// Whether a zero-width joiner between these two is part of an emoji.
    private static func joins(_ previous: Unicode.Scalar?, _ next: Unicode.Scalar?) -> Bool {
        guard let previous, let next else { return false }
        let isBase = previous == "\u{FE0F}" || previous.properties.isEmojiModifier || isEmoji(previous)
        return isBase && isEmoji(next)
    }

    /// Digits and a few signs are emoji by the book, but only with a keycap.
    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0xFF && scalar.properties.isEmoji
    }

    private static func mark(_ scalar: Unicode.Scalar) -> String {
        let picture: UInt32? =
            switch scalar.value {
            case 0..<0x20: 0x2400 + scalar.value
            case 0x7F: 0x2421
            default: nil
            }
        if let picture = picture.flatMap(Unicode.Scalar.init) { return String(picture) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "‹U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "›"
    }
}
