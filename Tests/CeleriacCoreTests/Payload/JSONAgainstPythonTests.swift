import CeleriacCore
import Foundation
import OrderedCollections
import TestSupport
import Testing

/// Python's own `json` judges: thousands of documents, each written by us, read and written again by Python, compared byte by byte.
@Suite struct JSONAgainstPythonTests {
    @Test func pythonReadsWhatWeWriteAndWritesTheSame() throws {
        var random = SeededGenerator(seed: 42)
        let documents = (0..<4000).map { _ in Value.random(depth: 0, using: &random) }
        let ours = documents.map { JSON.encode($0) }
        let input = Data(ours.joined(separator: [UInt8(ascii: "\n")]))
        let output = try python("import sys, json\nfor line in sys.stdin.buffer: print(json.dumps(json.loads(line)))", input: input)
        let lines = output.split(separator: UInt8(ascii: "\n"))
        try #require(lines.count == ours.count)
        for (document, (line, own)) in zip(documents, zip(lines, ours)) {
            guard Array(line) == own else {
                Issue.record("Python: \(String(decoding: line, as: UTF8.self)) ours: \(String(decoding: own, as: UTF8.self))")
                continue
            }
            let back = try JSON.decode(own)
            // NaN differs from itself; its text tells.
            #expect(back == document || JSON.encode(back) == own)
        }
    }

    /// Texts by chance: mostly not JSON. Python says which are; we must say the same, and read the same value.
    @Test func weAcceptWhatPythonAccepts() throws {
        var random = SeededGenerator(seed: 7)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\q\"", "1", "-", "0", "01", "1.5", ".", "e5", "1e5", "E-3", "NaN",
            "-Infinity", "true", "nul", "null", " ", "12345678901234567890123", "\"b",
        ]
        let texts = (0..<6000).map { _ in (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined() }
        let program = """
            import sys, json
            for line in sys.stdin:
                try: print(json.dumps(json.loads(line.rstrip("\\n"))))
                except ValueError: print("refused")
            """
        let lines = String(decoding: try python(program, input: Data(texts.joined(separator: "\n").utf8)), as: UTF8.self).split(separator: "\n")
        try #require(lines.count == texts.count)
        for (text, verdict) in zip(texts, lines) {
            let ours = (try? JSON.decode(text)).map { String(decoding: JSON.encode($0), as: UTF8.self) } ?? "refused"
            #expect(ours == verdict, "\(text)")
        }
    }

    @Test func floatsReadAndWriteAsInPython() throws {
        var random = SeededGenerator(seed: 3)
        var texts: [String] = []
        for _ in 0..<6000 {
            let digits = String((0..<Int.random(in: 1...22, using: &random)).map { _ in Character(String(Int.random(in: 0...9, using: &random))) })
            let whole = String(digits.drop { $0 == "0" })
            let fraction = String(UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...63, using: &random))
            let exponent = Bool.random(using: &random) ? "e\(Int.random(in: -330...310, using: &random))" : ""
            texts.append((whole.isEmpty ? "0" : whole) + "." + fraction + exponent)
        }
        let lines = try python(
            "import sys\nfor line in sys.stdin: print(float(line).hex(), repr(float(line)))", input: Data(texts.joined(separator: "\n").utf8)
        ).split(separator: UInt8(ascii: "\n"))
        try #require(lines.count == texts.count)
        for (text, line) in zip(texts, lines) {
            let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
            let value = try #require(try JSON.decode(text).double, "\(text)")
            let exact = parts[0] == "inf" ? Double.infinity : Double(parts[0])
            #expect(value == exact, "\(text)")
            if value.isFinite { #expect(JSON.text(.number(value)) == parts[1], "\(text)") }
        }
    }

    private func python(_ program: String, input: Data) throws -> Data {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("celeriac-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("input")
        try input.write(to: file)
        let finished = try Program(["python3", "-c", program], input: file.path).finish()
        try #require(finished.status == 0, "\(finished)")
        return Data(finished.output)
    }
}

extension Value {
    fileprivate static func random(depth: Int, using random: inout SeededGenerator) -> Value {
        switch Int.random(in: 0..<(depth < 4 ? 12 : 9), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int.random(in: -1000...1000, using: &random))
        case 3: return .integer(Int.random(in: .min ... .max, using: &random))
        case 4: return .number(Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random)))
        case 5: return .number((Double.random(in: -2e9...2e9, using: &random) * 1e6).rounded() / 1e6)
        case 6: return .bigInteger("-" + String(UInt64.random(in: (UInt64.max / 2 + 2)...UInt64.max, using: &random)))
        case 7, 8: return .string(text(using: &random))
        case 9, 10: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in .random(depth: depth + 1, using: &random) })
        default:
            let members = (0..<Int.random(in: 0...4, using: &random)).map { _ in (text(using: &random), Value.random(depth: depth + 1, using: &random)) }
            return .object(.init(members, uniquingKeysWith: { _, last in last }))
        }
    }

    private static func text(using random: inout SeededGenerator) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let ceiling: UInt32 = [0x80, 0x80, 0x800, 0x10000, 0x110000].randomElement(using: &random) ?? 0x80
            if let scalar = Unicode.Scalar(UInt32.random(in: 0..<ceiling, using: &random)) { text.append(scalar) }
        }
        return String(text)
    }
}
