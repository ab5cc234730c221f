@testable import CeleriacCore
import TestSupport
import Testing

/// Whatever the bytes are, there is a value or an error.
@Suite struct JSONHostileInputTests {
    static let document = Array(
        #"{"a": [1, -2.5e3, "x\u00e9\ud83d\ude00\n", {"b": null}], "c": true, "longer text here": NaN, "é": -Infinity, "d": 123456789012345678901234567890}"#
            .utf8)

    @Test func noProperPrefixIsRead() {
        for length in 0..<Self.document.count {
            #expect(throws: JSONError.self, "\(length) bytes") { try JSON.decode(Array(Self.document.prefix(length))) }
        }
        #expect(throws: Never.self) { try JSON.decode(Self.document) }
    }

    /// A changed byte or random bytes may make another document; skipping and reading must then agree on whether it is one.
    @Test(arguments: UInt64(0)..<8) func skippingAgreesWithReading(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1500 {
            var bytes = Self.document
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[bytes.indices.randomElement(using: &random) ?? 0] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: bytes.indices.randomElement(using: &random) ?? 0)
                default:
                    bytes.insert(Array("{}[]\",:\\0-e.\u{0} tfn".utf8).randomElement(using: &random) ?? 0, at: bytes.indices.randomElement(using: &random) ?? 0)
                }
            }
            let read = Result { () throws(JSONError) in try JSON.decode(bytes) }
            let skipped = Result { () throws(JSONError) in try skip(bytes) }
            switch (read, skipped) {
            case (.success, .success): break
            case (.failure(let error), .success): #expect(error.reason == .badUTF8, "only reading checks strings")
            // An earlier bad string is found by reading alone.
            case (.failure(let error), .failure(let other)): #expect(error == other || error.reason == .badUTF8, "seed \(seed)")
            case (.success, .failure(let error)): Issue.record("skipping failed alone: \(error), seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<4) func randomBytesAreRefusedOrRead(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            if let value = try? JSON.decode(bytes) { #expect((try? JSON.decode(JSON.encode(value))) != nil) }
        }
    }

    private func skip(_ bytes: [UInt8]) throws(JSONError) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            var scan = JSONScanner(UnsafeRawBufferPointer(bytes))
            scan.skipSpace()
            try scan.skipValue()
            try scan.finish()
        }
    }
}
