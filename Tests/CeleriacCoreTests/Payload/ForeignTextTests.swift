import CeleriacCore
import TestSupport
import Testing

@Suite struct ForeignTextTests {
    static let cases: [(String, String)] = [
        ("orders.charge", "orders.charge"), ("kańcz 日本語 naïve ñ", "kańcz 日本語 naïve ñ"), ("\u{1B}[31mred\u{7}", "␛[31mred␇"), ("a\nb\tc\r", "a␊b␉c␍"),
        ("\0\u{7F}", "␀␡"), ("\u{9B}31m\u{85}", "‹U+009B›31m‹U+0085›"),
        ("abc\u{202E}txt.exe\u{2066}", "abc‹U+202E›txt.exe‹U+2066›"), ("\u{200E}\u{200F}\u{61C}", "‹U+200E›‹U+200F›‹U+061C›"),
        ("a\u{200B}b\u{200C}c\u{200D}d\u{2060}e\u{FEFF}f", "a‹U+200B›b‹U+200C›c‹U+200D›d‹U+2060›e‹U+FEFF›f"),
        ("x\u{E0041}\u{E007F}", "x‹U+E0041›‹U+E007F›"), ("\u{2028}\u{2029}", "‹U+2028›‹U+2029›"), ("\u{378}", "‹U+0378›"),
        ("\u{AD}\u{3164}\u{115F}\u{FFF9}", "‹U+00AD›‹U+3164›‹U+115F›‹U+FFF9›"),
        ("👩\u{200D}💻 👍🏽 ❤\u{FE0F} 1\u{FE0F}\u{20E3} 🏳\u{FE0F}\u{200D}🌈 👩🏽\u{200D}💻", "👩\u{200D}💻 👍🏽 ❤\u{FE0F} 1\u{FE0F}\u{20E3} 🏳\u{FE0F}\u{200D}🌈 👩🏽\u{200D}💻"),
        ("a\u{FE0F}1\u{200D}2", "a‹U+FE0F›1‹U+200D›2"), ("👩\u{200D}", "👩‹U+200D›"), ("e\u{301}", "e\u{301}"), ("\u{E0B0}", "\u{E0B0}"), ("", ""),
    ]

    @Test(arguments: cases) func marksWhatTerminalsObeyAndEyesMiss(text: String, safe: String) {
        // Scalar by scalar: == takes canonically equivalent texts for equal.
        #expect(Array(ForeignText.safe(text).unicodeScalars) == Array(safe.unicodeScalars))
    }

    /// Swift takes no literals of these.
    @Test(arguments: [UInt32(0xFFFF), 0xFFFE, 0xFDD0, 0x1FFFE, 0x10FFFF]) func marksNoncharacters(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        #expect(ForeignText.safe("a" + String(scalar)) == "a‹U+\(String(value, radix: 16, uppercase: true))›")
    }

    @Test func keepsLinesOnlyWhenAsked() {
        #expect(ForeignText.safe("one\r\ntwo\rthree\n\tfour", newlines: .keep) == "one\ntwo␍three\n␉four")
        #expect(ForeignText.safe("one\r\ntwo", newlines: .mark) == "one␍␊two")
    }

    /// Nothing that comes out would change what goes through again, and no control is ever left.
    @Test(arguments: UInt64(0)..<20) func noControlPasses(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var text = String.UnicodeScalarView()
            for _ in 0..<20 {
                let ceiling: UInt32 = [0x21, 0xA0, 0x2070, 0x10000, 0x110000].randomElement(using: &random) ?? 0xA0
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<ceiling, using: &random)) { text.append(scalar) }
            }
            let safe = ForeignText.safe(String(text))
            #expect(ForeignText.safe(safe) == safe)
            for scalar in safe.unicodeScalars {
                #expect(scalar.properties.generalCategory != .control, "U+\(String(scalar.value, radix: 16)), seed \(seed)")
                #expect(!(0x202A...0x202E ~= scalar.value || 0x2066...0x2069 ~= scalar.value || 0xE0000...0xE007F ~= scalar.value))
            }
        }
    }
}
