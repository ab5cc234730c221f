/// A random UUID (version 4), lower case as Python writes it.
public func freshUUID() -> String {
    var random = SystemRandomNumberGenerator()
    var high = random.next(), low = random.next()
    high = high & ~0xF000 | 0x4000
    low = low & ~(0xC0 << 56) | 0x80 << 56
    return String(unsafeUninitializedCapacity: 36) { text in
        var index = 0
        for half in [high, low] {
            for shift in stride(from: UInt64(60), through: 0, by: -4) {
                if index == 8 || index == 13 || index == 18 || index == 23 {
                    text[index] = UInt8(ascii: "-")
                    index += 1
                }
                let digit = UInt8(half >> shift & 15)
                text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                index += 1
            }
        }
        return 36
    }
}
