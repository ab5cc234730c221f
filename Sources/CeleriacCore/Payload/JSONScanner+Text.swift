extension JSONScanner {
    /// Appends the UTF-8 of `text`, its escapes resolved. Half of a surrogate pair becomes U+FFFD, as no Swift string can hold it.
    ///
    /// `text` must come from this scanner, which has checked its escapes.
    func unescape(_ text: Text, into output: inout [UInt8]) {
        guard text.hasEscapes else {
            output.append(contentsOf: bytes[text.range])
            return
        }
        var index = text.range.lowerBound
        let end = text.range.upperBound
        while index < end {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\"), index + 1 < end else {
                output.append(byte)
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "b"): output.append(0x08)
            case UInt8(ascii: "f"): output.append(0x0C)
            case UInt8(ascii: "n"): output.append(0x0A)
            case UInt8(ascii: "r"): output.append(0x0D)
            case UInt8(ascii: "t"): output.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, length) = unicodeEscape(at: index, before: end)
                output.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                index += length
                continue
            case let literal: output.append(literal)
            }
            index += 2
        }
    }

    /// The text of `text`; bytes that are not UTF-8 become U+FFFD.
    func decoded(_ text: Text) -> String {
        guard text.hasEscapes else { return String(decoding: bytes[text.range], as: UTF8.self) }
        var plain: [UInt8] = []
        plain.reserveCapacity(text.range.count)
        unescape(text, into: &plain)
        return String(decoding: plain, as: UTF8.self)
    }

    /// The scalar of `\uXXXX`, or of two of them that make a pair, at `index`, and how many bytes it takes there.
    private func unicodeEscape(at index: Int, before end: Int) -> (Unicode.Scalar, length: Int) {
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard index + 6 <= end, let first = hexUnit(at: index + 2) else { return (replacement, min(6, end - index)) }
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        guard UTF16.isLeadSurrogate(first), index + 12 <= end, bytes[index + 6] == UInt8(ascii: "\\"), bytes[index + 7] == UInt8(ascii: "u"),
            let second = hexUnit(at: index + 8), UTF16.isTrailSurrogate(second)
        else { return (replacement, 6) }
        let pair = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        return (Unicode.Scalar(pair) ?? replacement, 12)
    }
}
