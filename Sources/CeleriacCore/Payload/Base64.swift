/// Base 64 with the standard alphabet and padding (RFC 4648 section 4), as kombu packs message bodies.
public enum Base64 {
    /// Room that decoding `count` characters needs.
    public static func capacity(forDecoding count: Int) -> Int { count / 4 * 3 + 3 }

    /// Decodes all of `source` to the start of `target` and gives the number of bytes written.
    ///
    /// `nil` when there is any character outside the alphabet, the padding is missing or misplaced, or `target` is smaller
    /// than `capacity(forDecoding:)`; `target` then holds nothing of use.
    public static func decode(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int? {
        guard source.count & 3 == 0, target.count >= capacity(forDecoding: source.count) else { return nil }
        guard source.count > 0 else { return 0 }
        var length = source.count
        var padding = 0
        while padding < 2, source[length - 1] == UInt8(ascii: "=") {
            length -= 1
            padding += 1
        }
        let whole = length & ~3
        return quads.withUnsafeBufferPointer { quads in
            var written = 0
            var index = 0
            var seen: UInt32 = 0
            // Two quads at once, six bytes in one store of eight; the next ones overwrite the two that are too many.
            while index + 12 <= whole {
                let first = bits(of: source, at: index, quads)
                let second = bits(of: source, at: index + 4, quads)
                seen |= first | second
                target.storeBytes(of: (UInt64(first) << 40 | UInt64(second) << 16).bigEndian, toByteOffset: written, as: UInt64.self)
                written += 6
                index += 8
            }
            while index < whole {
                let bits = bits(of: source, at: index, quads)
                seen |= bits
                target[written] = UInt8(truncatingIfNeeded: bits >> 16)
                target[written + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                target[written + 2] = UInt8(truncatingIfNeeded: bits)
                written += 3
                index += 4
            }
            if padding > 0 {
                let bits = quads[Int(source[index])] | quads[256 + Int(source[index + 1])] | (padding == 1 ? quads[512 + Int(source[index + 2])] : 0)
                seen |= bits
                target[written] = UInt8(truncatingIfNeeded: bits >> 16)
                if padding == 1 { target[written + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
                written += 3 - padding
            }
            return seen & invalid == 0 ? written : nil
        }
    }

    @inline(__always)
    private static func bits(of source: UnsafeRawBufferPointer, at index: Int, _ quads: UnsafeBufferPointer<UInt32>) -> UInt32 {
        quads[Int(source[index])] | quads[256 + Int(source[index + 1])] | quads[512 + Int(source[index + 2])] | quads[768 + Int(source[index + 3])]
    }

    /// As Python's `b64decode`: characters outside the alphabet are passed over, what follows the padding is not read.
    /// `nil` when the padding is missing.
    public static func decode(_ source: some Sequence<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(capacity(forDecoding: source.underestimatedCount))
        var bits: UInt32 = 0
        var inQuad = 0
        var padding = 0
        for byte in source {
            if byte == UInt8(ascii: "=") {
                padding += 1
                if inQuad >= 2, inQuad + padding >= 4 { return output }
                if inQuad < 2 { padding = 0 }
                continue
            }
            let sextet = quads[768 + Int(byte)]
            if sextet & invalid != 0 { continue }
            padding = 0
            bits = bits << 6 | sextet
            inQuad += 1
            switch inQuad {
            case 2: output.append(UInt8(truncatingIfNeeded: bits >> 4))
            case 3: output.append(UInt8(truncatingIfNeeded: bits >> 2))
            case 4:
                output.append(UInt8(truncatingIfNeeded: bits))
                inQuad = 0
            default: break
            }
        }
        return inQuad == 0 ? output : nil
    }

    /// ASCII characters, padded, on one line.
    public static func encode(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.underestimatedCount + 2) / 3 * 4)
        encode(bytes, into: &output)
        return output
    }

    static func encode(_ bytes: some Sequence<UInt8>, into output: inout [UInt8]) {
        var bits: UInt32 = 0
        var held = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            held += 1
            guard held == 3 else { continue }
            for shift: UInt32 in [18, 12, 6, 0] { output.append(alphabet[Int(bits >> shift & 63)]) }
            bits = 0
            held = 0
        }
        if held > 0 {
            bits <<= UInt32(8 * (3 - held))
            for index in 0..<4 { output.append(index <= held ? alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)] : UInt8(ascii: "=")) }
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Marks a character outside the alphabet.
    private static let invalid: UInt32 = 1 << 31

    /// Four tables of 256: the 24-bit contribution of a character as first, second, third or fourth of its quad.
    private static let quads: [UInt32] = {
        var table = [UInt32](repeating: invalid, count: 1024)
        for (value, character) in alphabet.enumerated() {
            for place in 0..<4 { table[place * 256 + Int(character)] = UInt32(value) << UInt32(18 - 6 * place) }
        }
        return table
    }()
}
