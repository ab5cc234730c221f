import CTerminal

/// What curses and every terminal agree about the width of, instead of a cell's `text` of `columns` columns.
///
/// Some count a joined emoji as one and some as its parts, and a row in which they disagree with curses is torn. So an emoji loses what
/// is joined to it, one that a selector makes wide is drawn narrow with a blank, a flag becomes its two letters, and "?" stands for what the C library does not know.
func drawableText(_ text: String, columns: Int) -> String {
    if text.utf8.count == 1 { return text }
    let scalars = text.unicodeScalars
    guard let base = scalars.first else { return "" }
    let width = Int(ct_width(base.value))
    let flag = scalars.compactMap(flagLetter)
    if columns == 2, flag.count == 2 { return String(String.UnicodeScalarView(flag)) }
    guard width > 0, width <= columns else { return "?" + String(repeating: " ", count: columns - 1) }
    var drawn = String.UnicodeScalarView([base])
    for scalar in scalars.dropFirst() {
        guard scalar.value != 0xFE0F, scalar.value != 0x200D, ct_width(scalar.value) == 0 else { break }
        drawn.append(scalar)
    }
    return String(drawn) + String(repeating: " ", count: columns - width)
}

/// A to Z for a regional indicator.
private func flagLetter(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    (0x1F1E6...0x1F1FF).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0x1F1E6 + 0x41) : nil
}
