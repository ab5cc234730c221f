import OrderedCollections

/// Values as TOML 1.0 writes them, on one line.
package enum TOMLWriting {
    /// Whether `value` comes back as it is: TOML has no null, no larger integers, and its reader here no NUL.
    package static func canHold(_ value: Value) -> Bool {
        switch value {
        case .null, .bigInteger, .bytes: false
        case .bool, .integer: true
        case .number(let number): number.isFinite
        case .string(let text): canHold(text)
        case .array(let items): items.allSatisfy(canHold)
        case .object(let members): members.allSatisfy { canHold($0.key) && canHold($0.value) }
        }
    }

    package static func canHold(_ text: String) -> Bool { !text.utf8.contains(0) }

    /// Of what `canHold` admits.
    package static func text(_ value: Value) -> String {
        switch value {
        case .null, .bytes, .bigInteger: "\"\""
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .number(let number): self.number(number)
        case .string(let text): quoted(text)
        case .array(let items): "[" + items.map(text).joined(separator: ", ") + "]"
        case .object(let members) where members.isEmpty: "{}"
        case .object(let members): "{ " + members.map { "\(key($0.key)) = \(text($0.value))" }.joined(separator: ", ") + " }"
        }
    }

    /// With a point or an exponent, else it would be an integer; finite.
    private static func number(_ number: Double) -> String {
        let text = "\(number)"
        return text.contains { $0 == "." || $0 == "e" } ? text : text + ".0"
    }

    /// Bare where that is allowed.
    package static func key(_ name: String) -> String {
        let isBare = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            default: byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
        }
        return isBare && !name.isEmpty ? name : quoted(name)
    }

    package static func quoted(_ text: String) -> String {
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\t": output += "\\t"
            case "\r": output += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}
