/// Reads the filter language; see `Filter`.
struct FilterParser {
    private static let longest = 4_000
    private static let deepest = 50

    private let characters: [Character]
    private var position = 0
    private var depth = 0

    init(_ text: String) throws(FilterError) {
        characters = Array(text)
        if characters.count > Self.longest { throw FilterError(position: Self.longest, message: "a filter of more than \(Self.longest) characters") }
    }

    mutating func parse() throws(FilterError) -> FilterExpression {
        skipSpace()
        if position == characters.count { return .everything }
        let expression = try alternatives()
        if position < characters.count { throw FilterError(position: position, message: "“\(characters[position])” has no beginning") }
        return expression
    }

    private mutating func alternatives() throws(FilterError) -> FilterExpression {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw FilterError(position: position, message: "more than \(Self.deepest) parentheses inside each other") }
        var parts = [try conjunction()]
        while take(word: "or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction() throws(FilterError) -> FilterExpression {
        var parts = [try negation()]
        while true {
            skipSpace()
            if take(word: "and") {
                parts.append(try negation())
                continue
            }
            if position == characters.count || characters[position] == ")" || isNext(word: "or") { break }
            parts.append(try negation())
        }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func negation() throws(FilterError) -> FilterExpression {
        var isNegative = false
        while true {
            skipSpace()
            if take(word: "not") {
                isNegative.toggle()
            } else if position + 1 < characters.count, characters[position] == "-", !characters[position + 1].isWhitespace {
                position += 1
                isNegative.toggle()
            } else {
                break
            }
        }
        let part = try primary()
        return isNegative ? .not(part) : part
    }

    private mutating func primary() throws(FilterError) -> FilterExpression {
        guard position < characters.count else { throw FilterError(position: position, message: "something is missing at the end") }
        let start = position
        if characters[position] == "(" {
            position += 1
            let inner = try alternatives()
            skipSpace()
            guard position < characters.count, characters[position] == ")" else { throw FilterError(position: start, message: "“(” has no end") }
            position += 1
            return inner
        }
        if characters[position] == ")" { throw FilterError(position: position, message: "“)” has no beginning") }
        if isQuote(characters[position]) { return .anywhere(.contains(searched(try value()))) }

        let name = takeName()
        guard let comparison = takeComparison() else {
            position = start
            return .anywhere(.contains(searched(try value())))
        }
        guard let field = FilterField(spelled: name) else {
            let hint = name.isEmpty ? "" : "; did you mean “\(FilterField.nearest(to: name).rawValue)”?"
            throw FilterError(position: start, message: "there is no field “\(name.prefix(40))”\(hint)")
        }
        return try test(field, comparison)
    }

    private mutating func test(_ field: FilterField, _ comparison: String) throws(FilterError) -> FilterExpression {
        let start = position
        let value = try value()
        if field.isText {
            switch comparison {
            case ":": return .text(field, .glob(Array(value.utf8), ignoringCase: field == .state))
            case "~": return .text(field, .contains(searched(value)))
            case "=": return .text(field, .equals(Array(value.utf8), ignoringCase: field == .state))
            case "!=": return .not(.text(field, .equals(Array(value.utf8), ignoringCase: field == .state)))
            default: throw FilterError(position: start, message: "“\(field.rawValue)” is a text; compare it with “:”, “~”, “=” or “!=”")
            }
        }
        let sign = comparison == ":" || comparison == "~" ? "=" : comparison
        guard let comparison = NumberTest.Comparison(rawValue: sign), let (number, isSpan) = Self.number(value) else {
            throw FilterError(position: start, message: "“\(field.rawValue)” is compared with a number like 5, 2.5s or 10m, not “\(value.prefix(40))”")
        }
        return .number(field, NumberTest(comparison: comparison, bound: number, isSpan: isSpan))
    }

    /// A number with or without a unit of time; in seconds with one.
    private static func number(_ text: String) -> (Double, isSpan: Bool)? {
        let units: [(String, Double)] = [("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("min", 60), ("h", 3600), ("d", 86_400)]
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == "+" }
        guard let number = Double(digits) else { return nil }
        let unit = text.dropFirst(digits.count)
        if unit.isEmpty { return (number, false) }
        return units.first { $0.0 == unit }.map { (number * $0.1, true) }
    }

    // MARK: Characters

    private mutating func skipSpace() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private func isQuote(_ character: Character) -> Bool { character == "\"" || character == "'" }

    /// A quoted text, or everything up to the next space or parenthesis.
    private mutating func value() throws(FilterError) -> String {
        let start = position
        guard position < characters.count else { throw FilterError(position: position, message: "a value is missing") }
        if isQuote(characters[position]) {
            let quote = characters[position]
            guard let end = characters[(position + 1)...].firstIndex(of: quote) else { throw FilterError(position: start, message: "\(quote) has no end") }
            position = end + 1
            return String(characters[(start + 1)..<end])
        }
        while position < characters.count, !characters[position].isWhitespace, characters[position] != "(", characters[position] != ")" { position += 1 }
        guard position > start else { throw FilterError(position: start, message: "a value is missing") }
        return String(characters[start..<position])
    }

    private mutating func takeName() -> String {
        let start = position
        while position < characters.count, characters[position].isLetter || characters[position] == "_" { position += 1 }
        return String(characters[start..<position])
    }

    private mutating func takeComparison() -> String? {
        for sign in ["!=", ">=", "<=", ":", "~", "=", ">", "<"] where characters[position...].starts(with: sign) {
            position += sign.count
            return sign
        }
        return nil
    }

    /// Whether the keyword comes next, as a word of its own.
    private func isNext(word: String) -> Bool {
        let end = position + word.count
        guard end <= characters.count, String(characters[position..<end]).lowercased() == word else { return false }
        return end == characters.count || characters[end].isWhitespace || characters[end] == "("
    }

    private mutating func take(word: String) -> Bool {
        skipSpace()
        guard isNext(word: word) else { return false }
        position += word.count
        skipSpace()
        return true
    }

    private func searched(_ text: String) -> [UInt8] { text.utf8.map(lowered) }
}
