import CeleriacCore

/// The one gate for text from outside: what a cell or line of a screen shows of it, at most `limit` scalars.
func safe(_ text: String, limit: Int = 400) -> String {
    var shown = ""
    for scalar in text.unicodeScalars.prefix(limit) {
        shown.unicodeScalars.append(scalar.properties.generalCategory == .control ? "\u{FFFD}" : scalar)
    }
    return shown
}
