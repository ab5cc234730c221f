import OrderedCollections

/// Python's notation for values, as Celery abbreviates it for people (`celery.utils.saferepr`): `argsrepr`, `kwargsrepr`, results in events.
public enum PythonRepr {
    /// `value` in at most about `limit` characters and `levels` containers inside each other; what is cut shows as `...`.
    ///
    /// Not exact Python: in strings only `'` is escaped. An array shows as a list, the outermost one as a tuple when `asTuple`.
    /// `limit` `nil` means no limit. **Not yet made safe to show.**
    public static func text(_ value: Value, asTuple: Bool = false, limit: Int? = 1024, levels: Int = 3) -> String {
        var writer = SafeReprWriter(budget: limit, levels: levels)
        writer.write(value, level: 0, asTuple: asTuple)
        return writer.output
    }
}

/// Prints token by token; each takes its length off the budget. Lengths count Unicode scalars, as Python does.
private struct SafeReprWriter {
    var output = ""
    /// `nil` = unlimited.
    var budget: Int?
    let levels: Int
    /// `, ...` has been written: only brackets that are open are still closed.
    var hasStopped = false

    init(budget: Int?, levels: Int) {
        self.budget = budget
        self.levels = levels
    }

    mutating func write(_ value: Value, level: Int, asTuple: Bool = false) {
        switch value {
        case .null: token("None")
        case .bool(let flag): token(flag ? "True" : "False")
        case .integer(let integer): token(integer.description)
        case .bigInteger(let digits): token(digits)
        case .number(let number): token(number.pythonText)
        case .string(let text): quoted(text)
        case .bytes(let bytes): binary(bytes)
        case .array(let elements) where asTuple: container("(", elements.count == 1 ? ",)" : ")", level) { $0.list(elements, level: level + 1) }
        case .array(let elements): container("[", "]", level) { $0.list(elements, level: level + 1) }
        case .object(let members):
            container("{", "}", level) { writer in
                var isFirst = true
                for (key, member) in members where !writer.hasStopped {
                    if !isFirst { writer.literal(", ") }
                    isFirst = false
                    writer.quoted(key)
                    writer.literal(": ")
                    writer.write(member, level: level + 1)
                }
            }
        }
    }

    private mutating func list(_ elements: [Value], level: Int) {
        for (index, element) in elements.enumerated() where !hasStopped {
            if index > 0 { literal(", ") }
            write(element, level: level)
        }
    }

    private mutating func container(_ opening: String, _ closing: String, _ level: Int, _ content: (inout Self) -> Void) {
        if level >= levels { return literal(opening + "..." + closing) }
        literal(opening)
        // A bracket that the budget kept from opening is not closed either.
        guard !hasStopped else { return }
        content(&self)
        if !hasStopped, let left = budget, left > 0 { budget = left - closing.unicodeScalars.count }
        output += closing
    }

    /// A token that is never cut.
    private mutating func literal(_ text: String) {
        guard mayContinue() else { return }
        spend(text)
    }

    /// A token that may be cut.
    private mutating func token(_ text: String) {
        guard mayContinue() else { return }
        spend(cut(text))
    }

    private mutating func quoted(_ text: String) {
        guard mayContinue() else { return }
        let shown = cut(text)
        spend(shown.utf8.contains(UInt8(ascii: "'")) ? "'" + shown.replacing("'", with: "\\'") + "'" : "'" + shown + "'")
    }

    private mutating func binary(_ bytes: [UInt8]) {
        guard mayContinue() else { return }
        let isCut = budget.map { bytes.count > $0 } ?? false
        let shown = isCut ? Array(bytes.prefix(budget ?? 0)) : bytes
        let text =
            String(validating: shown, as: UTF8.self)
            ?? String(decoding: shown.flatMap { [lowerHexDigits[Int($0 >> 4)], lowerHexDigits[Int($0 & 15)]] }, as: UTF8.self)
        spend("b'" + text + (isCut ? "...'" : "'"))
    }

    private mutating func mayContinue() -> Bool {
        guard !hasStopped else { return false }
        guard let budget, budget <= 0 else { return true }
        output += ", ..."
        hasStopped = true
        return false
    }

    private mutating func spend(_ text: String) {
        output += text
        if let left = budget { budget = left - text.unicodeScalars.count }
    }

    /// `text` cut to the budget, then back to the last space, with `...`; whole when shorter than the budget.
    private func cut(_ text: String) -> String {
        // Scalars are never more than bytes.
        guard let budget, text.utf8.count >= budget, text.unicodeScalars.count >= budget else { return text }
        let head = text.unicodeScalars.prefix(budget)
        let end = head.lastIndex(of: " ") ?? head.endIndex
        return String(head[..<end]) + "..."
    }
}
