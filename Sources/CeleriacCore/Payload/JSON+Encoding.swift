import OrderedCollections

extension JSON {
    /// As Python's `json.dumps` writes it: ASCII unless told otherwise, `, ` and `: ` between, floats in their shortest form.
    ///
    /// Bytes become kombu's marker objects (`ExtendedJSON`).
    /// - Parameter capacity: bytes that are likely to be needed.
    public static func encode(_ value: Value, asciiOnly: Bool = true, capacity: Int = 0) -> [UInt8] {
        var writer = JSONWriter(asciiOnly: asciiOnly, comma: ", ", colon: ": ", indents: false)
        writer.output.reserveCapacity(capacity)
        writer.write(value, depth: 0)
        return writer.output
    }

    /// On one line, without spaces, in plain Unicode. **Not yet made safe to show.**
    public static func text(_ value: Value) -> String {
        var writer = JSONWriter(asciiOnly: false, comma: ",", colon: ":", indents: false)
        writer.write(value, depth: 0)
        return String(decoding: writer.output, as: UTF8.self)
    }

    /// One member or element a line, two spaces a level, in plain Unicode; empty containers stay `[]` and `{}`. **Not yet made safe to show.**
    public static func pretty(_ value: Value) -> String {
        var writer = JSONWriter(asciiOnly: false, comma: ",", colon: ": ", indents: true)
        writer.write(value, depth: 0)
        return String(decoding: writer.output, as: UTF8.self)
    }
}

struct JSONWriter {
    let asciiOnly: Bool
    let comma: StaticString
    let colon: StaticString
    let indents: Bool
    var output: [UInt8] = []

    init(asciiOnly: Bool, comma: StaticString, colon: StaticString, indents: Bool) {
        self.asciiOnly = asciiOnly
        self.comma = comma
        self.colon = colon
        self.indents = indents
    }

    /// As Python's `json.dumps` does, unless told otherwise.
    init(capacity: Int) {
        self.init(asciiOnly: true, comma: ", ", colon: ": ", indents: false)
        output.reserveCapacity(capacity)
    }

    mutating func write(_ value: Value, depth: Int) {
        switch value {
        case .null: write("null")
        case .bool(let flag): write(flag ? "true" : "false")
        case .integer(let integer): output.append(contentsOf: integer.description.utf8)
        case .bigInteger(let digits): output.append(contentsOf: digits.utf8)
        case .number(let number) where number.isNaN: write("NaN")
        case .number(let number) where number.isInfinite: write(number < 0 ? "-Infinity" : "Infinity")
        case .number(let number): output.append(contentsOf: number.pythonText.utf8)
        case .string(let text): write(text: text)
        case .bytes(let bytes): write(ExtendedJSON.marker(for: bytes), depth: depth)
        case .array(let elements):
            guard !elements.isEmpty else { return write("[]") }
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                separate(index, depth: depth + 1)
                write(element, depth: depth + 1)
            }
            newLine(depth)
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            guard !members.isEmpty else { return write("{}") }
            output.append(UInt8(ascii: "{"))
            for (index, (key, member)) in members.enumerated() {
                separate(index, depth: depth + 1)
                write(text: key)
                write(colon)
                write(member, depth: depth + 1)
            }
            newLine(depth)
            output.append(UInt8(ascii: "}"))
        }
    }

    mutating func write(_ word: StaticString) {
        word.withUTF8Buffer { output.append(contentsOf: $0) }
    }

    private mutating func separate(_ index: Int, depth: Int) {
        if index > 0 { write(comma) }
        newLine(depth)
    }

    private mutating func newLine(_ depth: Int) {
        guard indents else { return }
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
    }

    mutating func write(text: String) {
        var text = text
        output.append(UInt8(ascii: "\""))
        // Nearly all texts are plain: looked at, without a branch, and copied as one piece.
        let highest: UInt8 = asciiOnly ? 0x7E : 0xFF
        let isPlain = text.withUTF8 { bytes in
            var odd: UInt8 = 0
            for byte in bytes { odd |= (byte < 0x20 ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x5C ? 1 : 0) | (byte > highest ? 1 : 0) }
            guard odd == 0 else { return false }
            output.append(contentsOf: bytes)
            return true
        }
        if !isPlain { for scalar in text.unicodeScalars { write(scalar) } }
        output.append(UInt8(ascii: "\""))
    }

    private mutating func write(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": write("\\\"")
        case "\\": write("\\\\")
        case "\n": write("\\n")
        case "\r": write("\\r")
        case "\t": write("\\t")
        case "\u{8}": write("\\b")
        case "\u{C}": write("\\f")
        case _ where scalar.value < 0x20 || (asciiOnly && scalar.value >= 0x7F):
            for unit in String(scalar).utf16 {
                write("\\u")
                for shift: UInt16 in [12, 8, 4, 0] { output.append(lowerHexDigits[Int(unit >> shift & 15)]) }
            }
        default: output.append(contentsOf: String(scalar).utf8)
        }
    }
}

let lowerHexDigits = Array("0123456789abcdef".utf8)
