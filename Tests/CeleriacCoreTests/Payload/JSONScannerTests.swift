@testable import CeleriacCore
import Testing

@Suite struct JSONScannerTests {
    @Test func walksAnObjectWithoutMakingStrings() throws {
        let text = #" {"type": "task-received", "clock" : 12,"timestamp":1795352768.9504213, "skip": [{"a": "}"}], "args": "it\u0027s \"x\""} "#
        var seen: [String] = []
        try withScanner(text) { scan in
            scan.skipSpace()
            guard try scan.openObject() else { return }
            repeat {
                let key = try scan.key()
                if scan.matches(key.range, "type") {
                    let text = try scan.string()
                    #expect(!text.hasEscapes)
                    seen.append(scan.decoded(text))
                } else if scan.matches(key.range, "args") {
                    let text = try scan.string()
                    #expect(text.hasEscapes)
                    seen.append(scan.decoded(text))
                } else if scan.matches(key.range, "timestamp") {
                    seen.append("\(try scan.number().double ?? 0)")
                } else {
                    try scan.skipValue()
                }
            } while try scan.nextMember()
            try scan.finish()
        }
        #expect(seen == ["task-received", "1795352768.9504213", "it's \"x\""])
    }

    @Test func readsOnlyItsRange() throws {
        let bytes = Array("xx[1,2]yy".utf8)
        try bytes.withUnsafeBytes { bytes in
            var scan = JSONScanner(bytes, in: 2..<7)
            try scan.skipValue()
            try scan.finish()
            var short = JSONScanner(bytes, in: 2..<6)
            #expect(throws: JSONError(.unexpectedEnd, at: 6)) { try short.skipValue() }
        }
    }

    /// Stops of the eight-byte steps fall on every offset.
    @Test(arguments: 0..<40) func findsTheEndOfAStringOfAnyLength(length: Int) throws {
        for plain in ["a", "\u{7F}", "é", "!"] {
            let content = String(repeating: plain, count: length)
            try withScanner("\"" + content + "\"#") { scan in
                let text = try scan.string()
                #expect(scan.decoded(text) == content)
                #expect(scan.peek() == UInt8(ascii: "#"))
            }
            try withScanner("\"" + content + "\\n\"") { scan in
                let text = try scan.string()
                #expect(text.hasEscapes)
                #expect(scan.decoded(text) == content + "\n")
            }
        }
    }

    private func withScanner(_ text: String, _ body: (inout JSONScanner) throws -> Void) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var scan = JSONScanner(bytes)
            try body(&scan)
        }
    }
}
