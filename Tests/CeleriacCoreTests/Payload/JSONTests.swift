import CeleriacCore
import Testing

@Suite struct JSONTests {
    /// Texts and what Python's `json.loads` makes of them, in our values.
    static let accepted: [(String, Value)] = [
        ("null", nil), (" \t\r\n true ", true), ("false", false), ("\"\"", ""), ("[]", []), ("{}", [:]), ("[ ]", []), ("{ }", [:]),
        ("0", 0), ("-0", 0), ("-1", -1), ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .bigInteger("9223372036854775808")), ("-9223372036854775809", .bigInteger("-9223372036854775809")),
        ("123456789012345678901234567890", .bigInteger("123456789012345678901234567890")),
        ("-0.0", .number(-0.0)), ("1.0", 1.0), ("1E2", 100.0), ("1e+2", 100.0), ("1e-2", 0.01), ("0.1", 0.1), ("0e5", 0.0), ("1e400", .number(.infinity)),
        ("1e-400", 0.0), ("1795352768.9504213", 1795352768.9504213), ("2.2250738585072014e-308", 2.2250738585072014e-308),
        ("5e-324", .number(.leastNonzeroMagnitude)),
        ("1.7976931348623157e308", 1.7976931348623157e308), ("0.30000000000000004", 0.30000000000000004), ("9007199254740993.0", 9007199254740992.0),
        ("Infinity", .number(.infinity)), ("-Infinity", .number(-.infinity)),
        (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u65e5""#, "é日"), (#""\ud83d\ude00""#, "😀"), (#""\uD83D\uDE00x""#, "😀x"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
        (#""\u0000""#, "\0"),
        ("\"\u{7F}\u{80}\u{2028}\"", "\u{7F}\u{80}\u{2028}"), ("\"日本 😀\"", "日本 😀"),
        ("[1,[2,[3]],{\"a\":[]}]", [1, [2, [3]], ["a": []]]), ("{\"a\":1,\"b\":2,\"a\":3}", ["a": 3, "b": 2]), ("{\"\":null}", ["": nil]),
        ("{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }", ["a": 1, "b": [1, 2]]),
        ("\"a longer text without anything special in it\"", "a longer text without anything special in it"),
    ]

    @Test(arguments: accepted) func reads(text: String, value: Value) throws {
        #expect(try JSON.decode(text) == value)
    }

    @Test func keepsMinusZeroAndNaN() throws {
        #expect(try JSON.decode("-0.0").double?.sign == .minus)
        #expect(try JSON.decode("[NaN]").array?.first?.double?.isNaN == true)
    }

    @Test func keepsTheOrderOfKeysAndTheFirstPlaceOfDoubledOnes() throws {
        let value = try JSON.decode(#"{"z": 1, "a": 2, "m": 3, "a": 4}"#)
        #expect(JSON.text(value) == #"{"z":1,"a":4,"m":3}"#)
    }

    /// Texts that are refused, with the reason and the place.
    static let refused: [(String, JSONError)] = [
        ("", .init(.unexpectedEnd, at: 0)), ("  ", .init(.unexpectedEnd, at: 2)), ("[", .init(.unexpectedEnd, at: 1)), ("[1", .init(.unexpectedEnd, at: 2)),
        ("[1,", .init(.unexpectedEnd, at: 3)), ("[1,]", .init(.unexpectedByte, at: 3)), ("[,1]", .init(.unexpectedByte, at: 1)),
        ("[1 2]", .init(.unexpectedByte, at: 3)),
        ("{", .init(.unexpectedEnd, at: 1)), ("{\"a\"", .init(.unexpectedEnd, at: 4)), ("{\"a\":", .init(.unexpectedEnd, at: 5)),
        ("{\"a\":1,}", .init(.unexpectedByte, at: 7)),
        ("{a:1}", .init(.unexpectedByte, at: 1)), ("{1:1}", .init(.unexpectedByte, at: 1)), ("{\"a\" 1}", .init(.unexpectedByte, at: 5)),
        ("{'a':1}", .init(.unexpectedByte, at: 1)),
        ("]", .init(.unexpectedByte, at: 0)), ("nul", .init(.unexpectedByte, at: 0)), ("nulll", .init(.trailingBytes, at: 4)),
        ("True", .init(.unexpectedByte, at: 0)),
        ("1 2", .init(.trailingBytes, at: 2)), ("{}x", .init(.trailingBytes, at: 2)), ("01", .init(.badNumber, at: 0)), ("-01", .init(.badNumber, at: 0)),
        ("-", .init(.unexpectedEnd, at: 1)), ("+1", .init(.unexpectedByte, at: 0)), (".5", .init(.unexpectedByte, at: 0)), ("1.", .init(.unexpectedEnd, at: 2)),
        ("1.e2", .init(.badNumber, at: 0)), ("1e", .init(.unexpectedEnd, at: 2)), ("1e+", .init(.unexpectedEnd, at: 3)), ("1ex", .init(.badNumber, at: 0)),
        ("0x1", .init(.trailingBytes, at: 1)),
        ("-NaN", .init(.unexpectedByte, at: 1)), ("nan", .init(.unexpectedByte, at: 0)), ("Infinit", .init(.unexpectedByte, at: 0)),
        ("\"a", .init(.unexpectedEnd, at: 2)), ("\"\\", .init(.unexpectedEnd, at: 2)), ("\"\\x\"", .init(.badEscape, at: 1)),
        ("\"\\u12g4\"", .init(.badEscape, at: 1)), ("\"\\u12\"", .init(.unexpectedEnd, at: 6)),
        ("\"a\nb\"", .init(.controlCharacter, at: 2)), ("\"12345678901\tb\"", .init(.controlCharacter, at: 12)),
        ("\"\\n\u{1}\"", .init(.controlCharacter, at: 3)),
        ("\u{FEFF}{}", .init(.byteOrderMark, at: 0)), ("/* */ 1", .init(.unexpectedByte, at: 0)), ("\u{A0}1", .init(.unexpectedByte, at: 0)),
        ("1\u{C}", .init(.trailingBytes, at: 1)),
    ]

    @Test(arguments: refused) func refuses(text: String, error: JSONError) {
        #expect(throws: error) { try JSON.decode(text) }
    }

    @Test func refusesBytesThatAreNoUTF8() {
        #expect(throws: JSONError(.badUTF8, at: 2)) { try JSON.decode([UInt8(ascii: "["), UInt8(ascii: "\""), 0xFF, UInt8(ascii: "\""), UInt8(ascii: "]")]) }
        #expect(throws: JSONError(.badUTF8, at: 1)) { try JSON.decode(Array(#""\n"#.utf8) + [0xC3, UInt8(ascii: "\"")]) }
    }

    @Test func refusesDeepNestingAsAnErrorAndReadsWhatIsAllowed() throws {
        #expect(throws: JSONError(.tooDeep, at: 512)) { try JSON.decode(String(repeating: "[", count: 100_000)) }
        #expect(throws: JSONError(.tooDeep, at: 512 * 5)) { try JSON.decode(String(repeating: "{\"a\":", count: 100_000)) }
        let deepest = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        #expect(JSON.text(try JSON.decode(deepest)) == deepest)
    }

    static let documents: [Value] = [
        [
            "a": [1, 2.5, "x\n\"\\\u{1}\u{7F}é😀\u{2028}"], "b": [:], "c": [], "d": nil, "e": [true, false], "f": .bigInteger("-123456789012345678901234567890"),
        ],
        [1.0, 1e16, 1e-7, -0.0, 1.5e300, 123456789.123, 0.0001, 0.00001, 9999999999999998.0, 12345678901234567.0, 1e22, .number(.leastNonzeroMagnitude)],
    ]

    @Test(arguments: documents) func whatIsWrittenReadsTheSame(value: Value) throws {
        #expect(try JSON.decode(JSON.encode(value)) == value)
        #expect(try JSON.decode(JSON.encode(value, asciiOnly: false)) == value)
        #expect(try JSON.decode(JSON.text(value)) == value)
        #expect(try JSON.decode(JSON.pretty(value)) == value)
    }

    @Test func writesAsPythonDoes() {
        let value: Value = ["k": ["é😀\u{7F}\u{8}\u{1}/", 1.0, 1e16, 1e-7, .number(.nan), .number(-.infinity), nil], "e": [:]]
        #expect(
            String(decoding: JSON.encode(value), as: UTF8.self)
                == #"{"k": ["\u00e9\ud83d\ude00\u007f\b\u0001/", 1.0, 1e+16, 1e-07, NaN, -Infinity, null], "e": {}}"#)
        #expect(JSON.text(["k": ["é", 1.0]]) == #"{"k":["é",1.0]}"#)
    }

    @Test func prettyLooksLikeThis() {
        #expect(
            JSON.pretty(["order": ["id": 7, "lines": [1, "zwei"]], "none": [], "empty": [:]]) == """
                {
                  "order": {
                    "id": 7,
                    "lines": [
                      1,
                      "zwei"
                    ]
                  },
                  "none": [],
                  "empty": {}
                }
                """)
    }
}
