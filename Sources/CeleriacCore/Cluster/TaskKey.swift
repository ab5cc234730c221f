/// A task's id in 16 bytes: those of a lower-case UUID, or a hash of any other text.
struct TaskKey: Hashable, Sendable {
    var high: UInt64
    var low: UInt64

    /// The key of `text`, and whether it is a canonical UUID, so that the key alone gives the text back.
    @inline(__always)
    static func of(_ text: UnsafeRawBufferPointer, hash: ByteHash) -> (key: TaskKey, isUUID: Bool) {
        if let key = TaskKey(uuid: text) { return (key, true) }
        let low = hash(text)
        return (TaskKey(high: hash(low, UInt64(text.count)), low: low), false)
    }

    static func of(_ id: TaskID, hash: ByteHash) -> (key: TaskKey, isUUID: Bool) {
        var text = id.rawValue
        return text.withUTF8 { of(UnsafeRawBufferPointer($0), hash: hash) }
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lower-case digits; `nil` for every other text.
    @inline(__always)
    init?(uuid text: UnsafeRawBufferPointer) {
        guard text.count == 36, text[8] == 0x2D, text[13] == 0x2D, text[18] == 0x2D, text[23] == 0x2D else { return nil }
        guard let a = digits(text, 0), let b = digits(text, 4), let c = digits(text, 9), let d = digits(text, 14), let e = digits(text, 19),
            let f = digits(text, 24), let g = digits(text, 28), let h = digits(text, 32)
        else { return nil }
        high = a << 48 | b << 32 | c << 16 | d
        low = e << 48 | f << 32 | g << 16 | h
    }

    /// Writes the UUID text, 36 characters, to the start of `target`.
    func write(to target: UnsafeMutableRawBufferPointer) {
        var offset = 0
        for word in [high, low] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                if offset == 8 || offset == 13 || offset == 18 || offset == 23 {
                    target[offset] = 0x2D
                    offset += 1
                }
                let digit = UInt8(truncatingIfNeeded: word >> shift & 15)
                target[offset] = digit < 10 ? 0x30 + digit : 0x57 + digit
                offset += 1
            }
        }
    }

    /// The UUID text; of no use when the key is a hash.
    var uuidText: String {
        String(unsafeUninitializedCapacity: 36) { target in
            write(to: UnsafeMutableRawBufferPointer(target))
            return 36
        }
    }

    /// The 16 bytes, most significant first.
    func append(to bytes: inout [UInt8]) {
        for word in [high, low] {
            for shift in stride(from: UInt64(56), through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
    }

    /// From 16 bytes, most significant first.
    init(raw bytes: UnsafeRawBufferPointer) {
        high = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        low = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
}

/// Four lower-case hexadecimal digits at `offset`.
@inline(__always)
private func digits(_ text: UnsafeRawBufferPointer, _ offset: Int) -> UInt64? {
    // All four at once: a nibble each, checked by turning it back into its character.
    let characters = UInt32(littleEndian: text.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    let isLetter = characters >> 6 & 0x0101_0101
    let nibbles = (characters & 0x0F0F_0F0F) &+ isLetter &* 9
    let spelled = nibbles &+ 0x3030_3030 &+ isLetter &* 0x27
    guard spelled == characters, nibbles & 0xF0F0_F0F0 == 0 else { return nil }
    let pairs = (nibbles << 4 | nibbles >> 8) & 0x00FF_00FF
    return UInt64((pairs & 0xFF) << 8 | pairs >> 16)
}
