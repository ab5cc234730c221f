/// Durations as people type them: `90`, `5m`, `1h30m`.
public enum TypedDuration {
    private static let units: [(name: String, seconds: Double)] = [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)]
    private static let also: [String: Double] = ["ms": 0.001, "min": 60, "sec": 1, "w": 604_800]

    /// Seconds; a number alone is seconds too. `nil` for what is no duration, and for what is not finite.
    public static func seconds(_ text: String) -> Double? {
        let text = text.filter { !$0.isWhitespace }.lowercased()
        guard let head = text.first, head.isASCII, head.isNumber || head == "." else { return nil }
        if let seconds = Double(text) { return seconds.isFinite ? seconds : nil }
        var rest = text[...], total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest[number.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            guard let value = Double(number), let seconds = units.first(where: { $0.name == unit })?.seconds ?? also[String(unit)] else { return nil }
            total += value * seconds
        }
        return total.isFinite ? total : nil
    }

    /// The shortest that is read back as the same.
    public static func text(_ seconds: Double) -> String {
        guard var left = Int(exactly: seconds), left >= 60 else { return plain(seconds) }
        return units.reduce("") { text, unit in
            let (count, rest) = left.quotientAndRemainder(dividingBy: Int(unit.seconds))
            left = rest
            return count == 0 ? text : text + "\(count)\(unit.name)"
        }
    }
}

/// Times as people type them: ISO 8601, in UTC unless it says otherwise, or seconds since 1970.
public enum TypedTime {
    /// A number counts as seconds from nine digits on: shorter ones are years and dates. `nil` also outside of the years 1 to 9999.
    public static func seconds(_ text: String) -> Double? {
        let text = text.trimmingBlanks
        let digits = text.prefix { $0.isASCII && $0.isNumber }.count
        let number = digits >= 9 || text.hasPrefix("-") ? Double(text) : nil
        guard let seconds = number ?? ISOTime.parse(text), ISOTime.text(seconds) != nil else { return nil }
        return seconds
    }

    /// In UTC; the number itself where ISO 8601 has no text.
    public static func text(_ seconds: Double) -> String { ISOTime.text(seconds) ?? "\(seconds)" }
}

extension String {
    /// Without blanks at either end.
    var trimmingBlanks: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
