extension Double {
    /// As Python's `repr` has it: the fewest digits that read back the same, an exponent below 1e-4 and from 1e16 on; `nan`, `inf`, `-inf`.
    var pythonText: String {
        if isNaN { return "nan" }
        if isInfinite { return self < 0 ? "-inf" : "inf" }
        let shortest = description
        // Both languages find the same digits; they differ in when and how they write the exponent.
        if self == 0 || (1e-4..<1e16).contains(magnitude) && !shortest.utf8.contains(UInt8(ascii: "e")) { return shortest }

        var digits: [UInt8] = []
        // The value is 0.digits × 10^point.
        var point = 0
        var seenPoint = false
        var seenExponent = false
        var exponentText: [UInt8] = []
        for byte in shortest.utf8 {
            switch byte {
            case _ where seenExponent: exponentText.append(byte)
            case UInt8(ascii: "e"): seenExponent = true
            case UInt8(ascii: "."): seenPoint = true
            case UInt8(ascii: "-"): continue
            default:
                if byte == UInt8(ascii: "0"), digits.isEmpty {
                    if seenPoint { point -= 1 }
                    continue
                }
                digits.append(byte)
                if !seenPoint { point += 1 }
            }
        }
        point += Int(String(decoding: exponentText, as: UTF8.self)) ?? 0
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (sign == .minus ? "-" : "") + Self.python(digits, point: point)
    }

    private static func python(_ digits: [UInt8], point: Int) -> String {
        func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
        func zeros(_ count: Int) -> String { String(repeating: "0", count: count) }
        switch point {
        case -3...0: return "0." + zeros(-point) + text(digits)
        case 1...16 where digits.count <= point: return text(digits) + zeros(point - digits.count) + ".0"
        case 1...16: return text(digits.prefix(point)) + "." + text(digits.dropFirst(point))
        default:
            let exponent = point - 1
            let fraction = digits.count > 1 ? "." + text(digits.dropFirst()) : ""
            let size = abs(exponent)
            return text(digits.prefix(1)) + fraction + (exponent < 0 ? "e-" : "e+") + (size < 10 ? "0" : "") + String(size)
        }
    }
}
