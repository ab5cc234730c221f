extension Value {
    /// As Python's `repr` shows it; bytes as `b'…'`, members of objects as a dict.
    var pythonLiteral: String {
        switch self {
        case .null: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .integer(let number): String(number)
        case .bigInteger(let digits): digits
        case .number(let number): Self.pythonNumber(number)
        case .string(let text): Self.pythonText(text)
        case .bytes(let bytes): "b'" + bytes.map(Self.pythonByte).joined() + "'"
        case .array(let items): "[" + items.map(\.pythonLiteral).joined(separator: ", ") + "]"
        case .object(let members): "{" + members.map { "\(Self.pythonText($0.key)): \($0.value.pythonLiteral)" }.joined(separator: ", ") + "}"
        }
    }

    /// Positional arguments: a list as the tuple that Celery's texts show, `(1,)`; anything else as `pythonLiteral`.
    var pythonArguments: String {
        guard case .array(let items) = self else { return pythonLiteral }
        return items.count == 1 ? "(\(items[0].pythonLiteral),)" : "(" + items.map(\.pythonLiteral).joined(separator: ", ") + ")"
    }

    private static func pythonNumber(_ number: Double) -> String {
        if number.isNaN { return "nan" }
        if number.isInfinite { return number < 0 ? "-inf" : "inf" }
        return number.description
    }

    private static func pythonText(_ text: String) -> String {
        let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var literal = String(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "'" where quote == "'": literal += "\\'"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: literal += "\\x" + hexadecimal(scalar.value)
            default: literal.unicodeScalars.append(scalar)
            }
        }
        literal.append(quote)
        return literal
    }

    private static func pythonByte(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\\"): "\\\\"
        case UInt8(ascii: "'"): "\\'"
        case 0x20..<0x7F: String(UnicodeScalar(byte))
        default: "\\x" + hexadecimal(UInt32(byte))
        }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        (value < 16 ? "0" : "") + String(value, radix: 16)
    }
}
