/// Reads one field with the grammar of Celery's `crontab_parser`, its oddities included.
///
/// What follows a complete range or step is ignored unless it is a letter, a digit or `_`: `1-5-9` is `1-5`.
struct CrontabParser {
    let field: CrontabField

    func parse(_ text: String) throws(CrontabError) -> NumberSet {
        var found: NumberSet = []
        var column = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard !part.isEmpty else { throw CrontabError(.parse, field, column: column, text.isEmpty ? "empty" : "empty part") }
            found.formUnion(try self.part(part, column))
            column += part.count + 1
        }
        return found
    }

    private func part(_ part: Substring, _ column: Int) throws(CrontabError) -> NumberSet {
        let (first, rest) = word(part)
        if !first.isEmpty, rest.first == "-" {
            let (last, rest) = word(rest.dropFirst())
            if !last.isEmpty {
                let numbers = range(try number(first, column), try number(last, column))
                guard rest.first == "/" else { return set(numbers, step: 1) }
                return set(numbers, step: try step(rest.dropFirst(), part, column))
            }
        }
        if part == "*" || part == "*\n" { return set(Array(field.range), step: 1) }
        if part.hasPrefix("*/") { return set(Array(field.range), step: try step(part.dropFirst(2), part, column)) }
        return [try number(part, column)]
    }

    /// The part of a word that a regular expression's `\w+` takes, and what follows.
    private func word(_ text: Substring) -> (Substring, Substring) {
        let scalars = text.unicodeScalars
        let end = scalars.firstIndex { !($0 == "_" || $0.properties.isAlphabetic || $0.properties.numericType != nil) } ?? scalars.endIndex
        return (text[..<end], text[end...])
    }

    private func range(_ first: Int, _ last: Int) -> [Int] {
        last < first ? Array(first...field.range.upperBound) + Array(field.range.lowerBound...last) : Array(first...last)
    }

    private func set(_ numbers: [Int], step: Int) -> NumberSet {
        var set: NumberSet = []
        for index in stride(from: 0, to: numbers.count, by: min(step, 64)) { set.insert(numbers[index]) }
        return set
    }

    private func step(_ text: Substring, _ part: Substring, _ column: Int) throws(CrontabError) -> Int {
        let (digits, _) = word(text)
        guard !digits.isEmpty else { throw CrontabError(.parse, field, column: column, "\(part): a step must follow the /") }
        guard let step = integer(digits) else { throw CrontabError(.value, field, column: column, "\(digits) is no step") }
        guard step != 0 else { throw CrontabError(.value, field, column: column, "\(part): the step cannot be 0") }
        return step
    }

    private func number(_ text: Substring, _ column: Int) throws(CrontabError) -> Int {
        if text.first == "-" { throw CrontabError(.parse, field, column: column, "\(text): negative numbers are not supported") }
        let range = field.range
        guard let number = integer(text) ?? Self.months[abbreviation(text)] ?? Self.weekdays[abbreviation(text)] else {
            throw CrontabError(.value, field, column: column, "\(text) is no number from \(range.lowerBound) to \(range.upperBound)\(expected)")
        }
        guard range ~= number else {
            let sunday = field == .dayOfWeek && number == 7 ? " (Sunday is 0)" : ""
            throw CrontabError(.value, field, column: column, "\(text) is not from \(range.lowerBound) to \(range.upperBound)" + sunday)
        }
        return number
    }

    private var expected: String {
        switch field {
        case .dayOfWeek: " and no weekday"
        case .monthOfYear: " and no month"
        default: ""
        }
    }

    /// As Python's `int` reads it: blanks around, a sign, single `_` between digits; beyond 64 bits the nearest number.
    private func integer(_ text: Substring) -> Int? {
        var scalars = text.unicodeScalars[...]
        while scalars.first?.properties.isWhitespace == true { scalars.removeFirst() }
        while scalars.last?.properties.isWhitespace == true { scalars.removeLast() }
        let isNegative = scalars.first == "-"
        if isNegative || scalars.first == "+" { scalars.removeFirst() }
        var value = 0
        var isDigitLast = false
        for scalar in scalars {
            if scalar == "_", isDigitLast {
                isDigitLast = false
                continue
            }
            guard scalar.properties.numericType == .decimal, let digit = scalar.properties.numericValue else { return nil }
            value = min(value * 10 + Int(digit), Int(Int32.max))
            isDigitLast = true
        }
        return isDigitLast ? (isNegative ? -value : value) : nil
    }

    /// Only three letters count.
    private func abbreviation(_ text: Substring) -> String { String(String.UnicodeScalarView(text.unicodeScalars.prefix(3))).lowercased() }

    /// Months are looked up first, in every field.
    private static let months = [
        "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
    ]
    private static let weekdays = ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6]
}
