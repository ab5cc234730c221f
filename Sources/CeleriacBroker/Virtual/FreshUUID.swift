import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Random words that the system gave, some at a time: asking it for each would cost more than all else of a UUID.
private let randomWords = Mutex<[UInt64]>([])

private func randomPair() -> (UInt64, UInt64) {
    randomWords.withLock { words in
        if words.count < 2 {
            words = [UInt64](repeating: 0, count: 32)
            // As many bytes as it gives at once.
            if words.withUnsafeMutableBytes({ getentropy($0.baseAddress, $0.count) }) != 0 {
                var random = SystemRandomNumberGenerator()
                words = words.map { _ in random.next() }
            }
        }
        return (words.removeLast(), words.removeLast())
    }
}

/// A random UUID (version 4), lower case as Python writes it.
public func freshUUID() -> String {
    let (high, low) = randomPair()
    return uuid(high, low, version: 4)
}

/// What identifies a UUID, but for what its version takes of it.
package func uuid(_ high: UInt64, _ low: UInt64, version: UInt64) -> String {
    let high = high & ~0xF000 | version << 12
    let low = low & ~(0xC0 << 56) | 0x80 << 56
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
