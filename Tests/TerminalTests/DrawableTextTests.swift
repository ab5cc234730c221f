import CTerminal
import Dashboard
import Glibc
import Testing

@testable import Terminal

@Suite struct DrawableTextTests {
    init() { setlocale(LC_CTYPE, "C.UTF-8") }

    @Test(arguments: [
        ("a", 1, "a"), ("日", 2, "日"), ("e\u{301}", 1, "e\u{301}"), ("👍🏽", 2, "👍"), ("👨‍👩‍👧", 2, "👨"), ("❤\u{FE0F}", 2, "❤ "), ("🇩🇪", 2, "DE"),
        ("1\u{FE0F}\u{20E3}", 2, "1 "), ("\u{1112}\u{1161}\u{11AB}", 2, "\u{1112}\u{1161}\u{11AB}"), ("", 1, ""),
    ])
    func whatTerminalsDisagreeAboutIsDrawnAsAllDo(text: String, columns: Int, drawn: String) {
        #expect(drawableText(text, columns: columns) == drawn)
    }

    /// Every cell that any character can make is drawn as wide, in the eyes of curses, as the grid has it.
    @Test func gridAndCursesAgreeOnEveryCharacter() {
        for value in [UInt32(0x20)..<0x3_4000, 0xE_0000..<0xE_0200].joined() {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(Character(scalar)), columns = DisplayWidth.columns(of: text)
            guard columns > 0 else { continue }
            let drawn = drawableText(text, columns: columns)
            if drawn.unicodeScalars.reduce(0, { $0 + Int(ct_width($1.value)) }) != columns { Issue.record("U+\(String(value, radix: 16)) as \"\(drawn)\"") }
        }
    }
}
