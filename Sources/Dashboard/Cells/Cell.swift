/// One terminal cell.
public struct Cell: Hashable, Sendable {
    /// One grapheme of width 1 or 2, at most five scalars, or "" for the right half of a wide one.
    public var text: String
    public var style: Style

    public init(_ text: String = " ", _ style: Style = .text) {
        self.text = text
        self.style = style
    }
}

extension Cell {
    /// What curses can keep in one cell (its CCHARW_MAX).
    static let maximumScalars = 5

    /// The texts of the 128 ASCII characters, made once: most cells hold one.
    static let ascii: [String] = (0..<128).map { String(Unicode.Scalar(UInt8($0))) }

    /// One character as the texts of cells: itself when it is 1 or 2 columns wide, else each spacing scalar with its marks.
    /// `columns` is the character's width; the widths of the units add up to it.
    static func units(of character: Character, columns: Int) -> [(text: String, columns: Int)] {
        let scalars = character.unicodeScalars
        if scalars.count == 1 { return [(String(character), columns)] }
        if DisplayWidth.isJoinedEmoji(character) || scalars.dropFirst().allSatisfy({ DisplayWidth.columns(of: $0) == 0 }) {
            return [(String(String.UnicodeScalarView(scalars.prefix(maximumScalars))), columns)]
        }
        var units: [(text: String.UnicodeScalarView, columns: Int)] = []
        for scalar in scalars {
            let width = DisplayWidth.columns(of: scalar)
            if width > 0 {
                units.append((String.UnicodeScalarView([scalar]), width))
            } else if let last = units.indices.last, units[last].text.count < maximumScalars {
                units[last].text.append(scalar)
            }
        }
        return units.map { (String($0.text), $0.columns) }
    }
}
