extension PythonLiteralParser {
    /// A quoted text; the cursor stands at its opening quote.
    mutating func string() throws(PythonLiteralError) -> String {
        let start = scan.position
        let content = try quoted(allowsUnicode: true)
        if dialect == .saferepr, content.suffix(3).elementsEqual("...".utf8) { throw PythonLiteralError(.cut, at: scan.position - 4) }
        guard let text = String(validating: content, as: UTF8.self) else { throw PythonLiteralError(.badEscape, at: start) }
        return text
    }

    /// The content of `b'…'`; the cursor stands at the quote.
    mutating func bytes() throws(PythonLiteralError) -> [UInt8] {
        try quoted(allowsUnicode: false)
    }

    private mutating func quoted(allowsUnicode: Bool) throws(PythonLiteralError) -> [UInt8] {
        let quote = scan.peek()
        scan.position += 1
        var content: [UInt8] = []
        while scan.position < scan.end {
            let byte = scan.bytes[scan.position]
            switch byte {
            case quote:
                scan.position += 1
                return content
            case UInt8(ascii: "\\"):
                try escape(into: &content, allowsUnicode: allowsUnicode)
            case ..<0x20 where dialect == .repr, 0x80... where !allowsUnicode:
                // repr would have escaped it.
                throw PythonLiteralError(.notALiteral, at: scan.position)
            default:
                content.append(byte)
                scan.position += 1
            }
        }
        throw PythonLiteralError(.unexpectedEnd, at: scan.end)
    }

    private mutating func escape(into content: inout [UInt8], allowsUnicode: Bool) throws(PythonLiteralError) {
        let start = scan.position
        guard start + 1 < scan.end else { throw PythonLiteralError(.unexpectedEnd, at: scan.end) }
        let letter = scan.bytes[start + 1]
        if dialect == .saferepr {
            content.append(letter == UInt8(ascii: "'") ? letter : UInt8(ascii: "\\"))
            scan.position += letter == UInt8(ascii: "'") ? 2 : 1
            return
        }
        scan.position += 2
        switch letter {
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): content.append(letter)
        case UInt8(ascii: "a"): content.append(0x07)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "v"): content.append(0x0B)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "0")...UInt8(ascii: "7"): try append(octal(letter), to: &content, asUnicode: allowsUnicode, at: start)
        case UInt8(ascii: "x"): try append(hexadecimal(2, at: start), to: &content, asUnicode: allowsUnicode, at: start)
        case UInt8(ascii: "u") where allowsUnicode: try append(hexadecimal(4, at: start), to: &content, asUnicode: true, at: start)
        case UInt8(ascii: "U") where allowsUnicode: try append(hexadecimal(8, at: start), to: &content, asUnicode: true, at: start)
        default: throw PythonLiteralError(.badEscape, at: start)
        }
    }

    private mutating func octal(_ first: UInt8) -> UInt32 {
        var value = UInt32(first - UInt8(ascii: "0"))
        for _ in 0..<2 {
            guard scan.position < scan.end, case let digit = scan.bytes[scan.position] &- UInt8(ascii: "0"), digit < 8 else { break }
            value = value * 8 + UInt32(digit)
            scan.position += 1
        }
        return value
    }

    private mutating func hexadecimal(_ count: Int, at start: Int) throws(PythonLiteralError) -> UInt32 {
        guard scan.position + count <= scan.end else { throw PythonLiteralError(.unexpectedEnd, at: scan.end) }
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = hexDigit(scan.bytes[scan.position]) else { throw PythonLiteralError(.badEscape, at: start) }
            value = value << 4 | UInt32(digit)
            scan.position += 1
        }
        return value
    }

    /// Half of a surrogate pair, which Python can hold and Swift cannot, is refused.
    private func append(_ value: UInt32, to content: inout [UInt8], asUnicode: Bool, at start: Int) throws(PythonLiteralError) {
        if !asUnicode, value <= 0xFF {
            content.append(UInt8(value))
        } else if asUnicode, let scalar = Unicode.Scalar(value) {
            content.append(contentsOf: String(scalar).utf8)
        } else {
            throw PythonLiteralError(.badEscape, at: start)
        }
    }
}
