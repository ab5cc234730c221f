import CeleriacCore
import TestSupport
import Testing

@Suite struct PythonLiteralTests {
    static let readable: [(String, Value)] = [
        ("None", nil), ("True", true), ("False", false), ("12", 12), ("-5", -5), ("1.0", 1.0), ("1e-07", 1e-7), ("1e+16", 1e16), ("inf", .number(.infinity)),
        ("-inf", .number(-.infinity)),
        ("123456789012345678901234567890", .bigInteger("123456789012345678901234567890")),
        ("'it\\'s'", "it's"), ("\"it's\"", "it's"), ("'\"'", "\""), (#"'\\ \n\r\t\x1b\xe9\u65e5\U0001f600\0\101'"#, "\\ \n\r\t\u{1B}é日😀\0A"), ("'日本'", "日本"),
        ("''", ""),
        (#"b'a\xff\'\n'"#, .bytes([0x61, 0xFF, 0x27, 0x0A])), ("b\"it's\"", .bytes(Array("it's".utf8))),
        ("[]", []), ("()", []), ("{}", [:]), ("set()", []), ("(1,)", [1]), ("(1, 2)", [1, 2]), ("[1, [2, ()], {'a': None}]", [1, [2, []], ["a": nil]]),
        ("{1, 2}", [1, 2]), ("{'a'}", ["a"]),
        ("{1: 'c', None: 'b', 1.5: 'd', True: 'e'}", ["1": "c", "null": "b", "1.5": "d", "true": "e"]), (" [ 1 , 2 ] ", [1, 2]),
        ("{'a...': 'b...'}", ["a...": "b..."]),
    ]

    @Test(arguments: readable) func readsWhatReprWrites(text: String, value: Value) throws {
        #expect(try PythonLiteral.parse(text, as: .repr) == value)
    }

    static let refused: [(String, PythonLiteralError)] = [
        ("", .init(.unexpectedEnd, at: 0)), ("[1", .init(.unexpectedEnd, at: 2)), ("'a", .init(.unexpectedEnd, at: 2)), ("[1, 2", .init(.unexpectedEnd, at: 5)),
        ("(1)", .init(.notALiteral, at: 0)), ("1 2", .init(.trailingText, at: 2)), ("1 + 1", .init(.trailingText, at: 2)), ("1j", .init(.notALiteral, at: 0)),
        ("0x10", .init(.notALiteral, at: 0)),
        ("1_000", .init(.notALiteral, at: 0)), ("NaN", .init(.notALiteral, at: 0)), ("Infinity", .init(.notALiteral, at: 0)),
        ("-Infinity", .init(.notALiteral, at: 0)), ("null", .init(.notALiteral, at: 0)), ("true", .init(.notALiteral, at: 0)),
        ("Decimal('1.5')", .init(.notALiteral, at: 0)), ("[<object object at 0x7f>]", .init(.notALiteral, at: 1)),
        ("datetime.datetime(2024, 1, 2)", .init(.notALiteral, at: 0)), ("__import__('os')", .init(.notALiteral, at: 0)),
        ("f'x'", .init(.notALiteral, at: 0)), ("'a' 'b'", .init(.trailingText, at: 4)), ("'a\nb'", .init(.notALiteral, at: 2)),
        ("...", .init(.cut, at: 0)), ("[1, ...]", .init(.cut, at: 4)), ("[...]", .init(.cut, at: 1)), ("{...}", .init(.cut, at: 1)),
        ("[1622..., 1]", .init(.cut, at: 5)), ("{'a': 1, ...}", .init(.cut, at: 9)), ("'a', ...", .init(.trailingText, at: 3)),
        (#"'\N{BULLET}'"#, .init(.badEscape, at: 1)), (#"'\ud83d'"#, .init(.badEscape, at: 1)), (#"'\q'"#, .init(.badEscape, at: 1)),
        (#"'\xg1'"#, .init(.badEscape, at: 1)), (#"b'\u1234'"#, .init(.badEscape, at: 2)),
        ("{(1, 2): 3}", .init(.unsafeKey, at: 1)), ("{b'a': 3}", .init(.unsafeKey, at: 1)), ("{1: 'a', '1': 'b'}", .init(.unsafeKey, at: 9)),
        ("{nan: 1}", .init(.unsafeKey, at: 1)),
    ]

    @Test(arguments: refused) func refusesWhatLeavesADoubt(text: String, error: PythonLiteralError) {
        #expect(throws: error) { try PythonLiteral.parse(text, as: .repr) }
    }

    @Test func refusesWhatIsTooDeepOrTooLong() {
        #expect(throws: PythonLiteralError(.tooDeep, at: 101)) { try PythonLiteral.parse(String(repeating: "[", count: 100_000), as: .repr) }
        #expect(throws: PythonLiteralError(.tooDeep, at: 101)) { try PythonLiteral.parse(String(repeating: "{", count: 100_000), as: .saferepr) }
        #expect(throws: PythonLiteralError(.tooLong, at: 1 << 20)) { try PythonLiteral.parse("'" + String(repeating: "a", count: 1 << 20) + "'", as: .repr) }
    }

    /// Arguments as events carry them: read back whole, or refused because something was cut or ends in a backslash.
    @Test func readsCelerysOwnTextsBack() throws {
        var whole = 0
        for row in logicRows("saferepr") {
            let value = try #require(row["value"])
            for text in [row["as_list"]?.string, row["as_tuple"]?.string].compactMap({ $0 }) {
                guard let read = try? PythonLiteral.parse(text, as: .saferepr) else {
                    #expect(text.contains("...") || text.contains(#"\']"#) || text.contains(#"\',)"#), "\(text)")
                    continue
                }
                #expect(read == value, "\(text)")
                whole += 1
            }
        }
        #expect(whole > 150)
    }

    @Test func inAbbreviatedTextsABackslashIsItself() throws {
        #expect(try PythonLiteral.parse(#"('C:\new', 'it\'s')"#, as: .saferepr) == [#"C:\new"#, "it's"])
        #expect(throws: PythonLiteralError(.cut, at: 4)) { try PythonLiteral.parse("('ab...',)", as: .saferepr) }
        #expect(throws: PythonLiteralError(.notALiteral, at: 1)) { try PythonLiteral.parse("(b'ff01',)", as: .saferepr) }
    }

    @Test(arguments: UInt64(0)..<6) func anythingElseIsAnError(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = ["[", "]", "(", ")", "{", "}", ",", ":", "'", "\"", "\\", "b'", "1", "-", ".", "...", "None", "x", "\\u", "é", "\n", " ", "set()", "1e"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0...10, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for dialect in [PythonLiteral.Dialect.repr, .saferepr] { _ = try? PythonLiteral.parse(text, as: dialect) }
        }
    }
}
