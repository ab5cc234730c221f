import Dashboard
import TestSupport
import Testing

@Suite struct DisplayWidthTests {
    /// Widths as Python's `wcwidth` 0.2.14 has them, save for vowel signs that have a place of their own (Mc), where it goes against the C
    /// library and most terminals, and for a soft hyphen and a lone letter of a flag, which few terminals draw as it says.
    @Test(arguments: [
        ("", 0), ("plain", 5), ("e\u{301}", 1), ("日本語", 6), ("한글", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("ﾊﾝｶｸ", 4), ("ＡＢ", 4), ("\u{3000}", 2),
        ("😀", 2), ("👍🏽", 2), ("👨‍👩‍👧", 2), ("❤\u{FE0F}", 2), ("❤", 1), ("☎", 1), ("⌚", 2), ("1\u{FE0F}\u{20E3}", 2), ("🇩🇪", 2), ("🇩", 1), ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("→●◐○✖▲▼…–≈×♥✓", 13), ("─│┌┐└┘├┤┬┴┼░▒▓█▁▂▃▄▅▆▇▏▎▍▌▋▊▉", 29), ("\u{200B}\u{200D}", 0), ("𝒳", 1), ("𠀀", 2), ("☰", 2), ("กำ", 2), ("ﷺ", 1),
        ("क्ष", 2), ("\u{7}\u{1B}\r\n", 0), ("\u{85}", 0), ("é ü", 3),
    ])
    func countsColumnsAsTerminalsDo(text: String, columns: Int) {
        #expect(DisplayWidth.columns(of: text) == columns)
    }

    @Test func noCharacterIsWiderThanItsUTF8IsLong() {
        for value in [UInt32(0)..<0x2_0000, 0xE_0000..<0xE_0200].joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(Character(scalar))
            if DisplayWidth.columns(of: text) > text.utf8.count { Issue.record("U+\(String(value, radix: 16))") }
        }
    }
}

@Suite struct TextFittingTests {
    @Test(arguments: [
        ("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("abcdef", 1, "…"), ("abcdef", 0, ""), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本語", 6, "日本語"),
        ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"), ("👨‍👩‍👧x", 3, "👨‍👩‍👧x"), ("👨‍👩‍👧xy", 3, "👨‍👩‍👧…"), ("👨‍👩‍👧xy", 2, "…"),
    ])
    func cutsBetweenGraphemes(text: String, columns: Int, cut: String) {
        #expect(DisplayWidth.cut(text, to: columns, ellipsis: "…") == cut)
    }

    @Test(arguments: ["plain text", "日本語テキスト", "a日b本c", "👍🏽👍🏽", "e\u{301}o\u{308}"]) func paddedTextIsAsWideAsAsked(text: String) {
        for columns in 0...20 {
            for alignment in [DisplayWidth.Alignment.left, .right, .center] {
                let padded = DisplayWidth.pad(text, to: columns, alignment, ellipsis: "…")
                #expect(DisplayWidth.columns(of: padded) == columns, "\(padded)")
            }
        }
    }

    @Test func alignmentPutsTheBlanks() {
        #expect(DisplayWidth.pad("日", to: 5, .left) == "日   ")
        #expect(DisplayWidth.pad("日", to: 5, .right) == "   日")
        #expect(DisplayWidth.pad("日", to: 5, .center) == " 日  ")
    }

    @Test(arguments: [
        ("the quick brown fox", 10, ["the quick", "brown fox"]), ("abcdefghij", 4, ["abcd", "efgh", "ij"]), ("日本語テ", 5, ["日本", "語テ"]),
        ("one\n\ntwo", 9, ["one", "", "two"]), ("", 9, [""]), ("exactly it", 10, ["exactly it"]), ("exactly it fits", 10, ["exactly it", "fits"]),
        ("日本", 1, ["日", "本"]),
        ("a bc", 3, ["a", "bc"]), ("one two  three", 8, ["one two ", "three"]), ("x 日本語", 4, ["x", "日本", "語"]), (" ab", 2, ["", "ab"]),
    ])
    func wrapsAtBlanksElseBetweenGraphemes(text: String, columns: Int, lines: [String]) {
        #expect(DisplayWidth.wrap(text, to: columns) == lines)
    }

    @Test(arguments: UInt64(0)..<100) func wrappingLosesNothingButBlanks(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let text = (0..<60).map { _ in ["a", "bc", " ", "日", "e\u{301}"].randomElement(using: &random) ?? "" }.joined()
        let columns = Int.random(in: 2...20, using: &random)
        let lines = DisplayWidth.wrap(text, to: columns)
        #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
        #expect(lines.allSatisfy { DisplayWidth.columns(of: $0) <= columns })
    }
}
