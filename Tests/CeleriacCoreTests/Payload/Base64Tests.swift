import CeleriacCore
import Foundation
import TestSupport
import Testing

@Suite struct Base64Tests {
    @Test(arguments: 0..<70) func agreesWithFoundation(length: Int) {
        var random = SeededGenerator(seed: UInt64(length))
        let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        let text = Array(Data(bytes).base64EncodedString().utf8)
        #expect(Base64.encode(bytes) == text)
        #expect(Base64.decode(text) == bytes)
        #expect(fast(text) == bytes)
        // Cut anywhere, the fast form refuses what is no whole number of quads.
        for cut in 0..<text.count where cut % 4 != 0 { #expect(fast(Array(text.prefix(cut))) == nil) }
    }

    @Test func theFastFormRefusesWhatIsNotInTheAlphabet() {
        for text in ["QUI*", "QU I", "====", "Q===", "=AAA", "QQ=Q", "QUJD\n===", "QUJ\u{7F}", "Q\u{E9}A"] { #expect(fast(Array(text.utf8)) == nil, "\(text)") }
        #expect(
            Base64.decode(UnsafeRawBufferPointer(start: nil, count: 0), into: UnsafeMutableRawBufferPointer(start: nil, count: 0)) == nil,
            "the target is too small")
    }

    /// Results of Python's `base64.b64decode`.
    static let tolerated: [(String, String?)] = [
        ("QUJD", "ABC"), ("QUI=", "AB"), ("QQ==", "A"), ("QQ", nil), ("QUI", nil), ("Q", nil), ("Q U\nJ-D_", "ABC"), ("QQ==QQ==", "A"), ("=QUJD", "ABC"),
        ("QQ=x=", "A\u{C}"), ("QQ=Q=", "A\u{4}"), ("", ""), ("====", ""), ("Q=QQ=", "A\u{4}"),
    ]

    @Test(arguments: tolerated) func theTolerantFormIsPythons(text: String, decoded: String?) {
        #expect(Base64.decode(text.utf8) == decoded.map { Array($0.utf8) })
    }

    private func fast(_ text: [UInt8]) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: Base64.capacity(forDecoding: text.count))
        let count = text.withUnsafeBytes { source in target.withUnsafeMutableBytes { Base64.decode(source, into: $0) } }
        return count.map { Array(target.prefix($0)) }
    }
}
