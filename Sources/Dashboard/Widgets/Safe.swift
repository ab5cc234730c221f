import CeleriacCore

/// What one line of a screen shows of a text from outside: through the one gate, at most `limit` scalars of it.
func safe(_ text: String, limit: Int = 400) -> String {
    if text.utf8.count <= limit { return ForeignText.safe(text) }
    return ForeignText.safe(String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))))
}

/// Lines of a text from outside, at most `limit` scalars in all; tells when that cuts it.
func safeLines(_ text: String, limit: Int = 200_000) -> [String] {
    var shown = text
    if text.utf8.count > limit { shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) }
    var lines = ForeignText.safe(shown, newlines: .keep).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.last?.isEmpty == true { lines.removeLast() }
    if text.utf8.count > limit { lines.append("… cut here: \(Formats.bytes(text.utf8.count)) in all") }
    return lines
}

/// JSON on several lines, as it is written: copying wants it whole, drawing passes it through the gate.
func pretty(_ value: Value) -> String { JSON.pretty(value) }
