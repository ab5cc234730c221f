/// Seeded hashing of short byte strings: fast, and not to be steered from outside into collisions.
///
/// The seed comes from the standard library's per-process one, so that a sender of hostile names or ids cannot
/// prepare colliding ones (and `SWIFT_DETERMINISTIC_HASHING` makes it repeatable).
struct ByteHash: Sendable {
    private let first: UInt64
    private let second: UInt64

    init() {
        var hasher = Hasher()
        hasher.combine(1)
        first = UInt64(truncatingIfNeeded: hasher.finalize()) | 1
        hasher = Hasher()
        hasher.combine(2)
        second = UInt64(truncatingIfNeeded: hasher.finalize()) | 1
    }

    @inline(__always)
    private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always)
    func callAsFunction(_ a: UInt64, _ b: UInt64) -> UInt64 {
        Self.fold(a ^ first, b ^ second)
    }

    func callAsFunction(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = first ^ UInt64(bytes.count)
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = Self.fold(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), second)
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < bytes.count {
            tail = tail << 8 | UInt64(bytes[offset])
            offset += 1
        }
        return Self.fold(hash ^ tail, second ^ 0x9E37_79B9_7F4A_7C15)
    }
}

/// Bytes that one heap object of `size` bytes costs: glibc's 8-byte header, rounded up to 16, at least 32.
@inline(__always)
func heapCost(_ size: Int) -> Int {
    max(32, (size + 8 + 15) & ~15)
}

/// Bytes in front of the elements of a Swift array on the heap.
let arrayHeader = 32
