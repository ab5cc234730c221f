#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes that are looked for in many messages.
package struct Needle: Sendable {
    private let bytes: [UInt8]
    /// Where in it the byte stands that messages have least of: they are mostly letters and digits.
    private let anchor: Int

    /// - Returns: `nil` when there is nothing to look for.
    package init?(_ bytes: [UInt8]) {
        if bytes.isEmpty { return nil }
        self.bytes = bytes
        anchor = bytes.firstIndex { !Self.isCommon(Character(UnicodeScalar($0))) } ?? 0
    }

    private static func isCommon(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "\"" || character == " " }

    package func isIn(_ message: [UInt8]) -> Bool {
        message.withUnsafeBytes { whole in
            bytes.withUnsafeBytes { bytes in
                guard let start = whole.baseAddress, let text = bytes.baseAddress, whole.count >= bytes.count else { return false }
                // The anchor stands no later than where the whole still has room behind it.
                let end = whole.count - bytes.count + anchor + 1
                var from = anchor
                while from < end, let found = memchr(start + from, CInt(bytes[anchor]), end - from) {
                    let place = UnsafeRawPointer(found) - start
                    if memcmp(start + place - anchor, text, bytes.count) == 0 { return true }
                    from = place + 1
                }
                return false
            }
        }
    }
}
