import Foundation
import Dashboard
import Testing

@testable import Terminal

@Suite struct InputDecoderTests {
    /// All keys of what was read at once.
    private func keys(_ inputs: [RawInput]) -> [Key] {
        var decoder = InputDecoder(), rest = inputs[...], keys: [Key] = []
        while let key = decoder.next(now: .now, { rest.popFirst() }) { keys.append(key) }
        return keys
    }

    private func keys(_ text: String) -> [Key] { keys(text.unicodeScalars.map { .scalar($0.value) }) }

    @Test(arguments: [
        ("\u{1B}", [Key.escape]),
        ("\u{1B}x", [.escape, .character("x")]),
        ("\u{1B}\u{1B}", [.escape, .escape]),
        ("\u{1B}[", [.escape, .character("[")]),
        ("\u{1B}O", [.escape, .character("O")]),
        ("\u{1B}[H\u{1B}[4~\u{1B}OP\u{1B}[24~", [.home, .end, .function(1), .function(12)]),
        ("\u{1B}[1;5Cj\u{1B}[3;2~", [.character("j")]),
        ("\u{1B}[?1;2cj", [.character("j")]),
        ("\u{1B}[99~\u{1B}[Oj", [.character("j")]),
        ("\0\u{1}\u{1A}\u{1F}", [.control(" "), .control("a"), .control("z"), .control("_")]),
        ("\r\n\t\u{7F}\u{8}", [.enter, .enter, .tab, .backspace, .backspace]),
        ("日é", [.character("日"), .character("é")]),
        ("\u{9B}j", [.character("j")]),
        ("\u{1B}[<0;10;5M\u{1B}[<0;10;5m", [.mouse(.click, row: 4, column: 9)]),
        ("\u{1B}[<64;1;1M\u{1B}[<81;2;3M\u{1B}[<2;2;3M", [.mouse(.wheelUp, row: 0, column: 0), .mouse(.wheelDown, row: 2, column: 1)]),
        ("\u{1B}[M *%\u{1B}[M#*%j", [.mouse(.click, row: 4, column: 9), .character("j")]),
    ])
    func decodes(text: String, expected: [Key]) { #expect(keys(text) == expected) }

    @Test func aSequenceBrokenByAKeyOfItsOwnIsTakenAsTyped() {
        #expect(keys([.scalar(0x1B), .scalar(0x5B), .key(.up)]) == [.escape, .character("["), .up])
    }

    @Test func twoPressesInOneCellWithinTheTimeAreADoubleClickAndThreeAreNotTwo() {
        var decoder = InputDecoder()
        let start = ContinuousClock.now
        func press(_ column: Int, after milliseconds: Int) -> Key? {
            var report = "\u{1B}[<0;\(column + 1);2M".unicodeScalars.map { RawInput.scalar($0.value) }[...]
            return decoder.next(now: start + .milliseconds(milliseconds)) { report.popFirst() }
        }
        #expect(press(1, after: 0) == .mouse(.click, row: 1, column: 1))
        #expect(press(1, after: 399) == .mouse(.doubleClick, row: 1, column: 1))
        #expect(press(1, after: 500) == .mouse(.click, row: 1, column: 1))
        #expect(press(2, after: 600) == .mouse(.click, row: 1, column: 2))
        #expect(press(2, after: 1001) == .mouse(.click, row: 1, column: 2))
    }
}

@Suite struct ControlStringsTests {
    /// RFC 4648 §10, and Python's base64.
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("日本", "5pel5pys")])
    func encodes(text: String, base64: String) { #expect(ControlStrings.base64(Array(text.utf8)) == base64) }

    @Test func whatIsTooLongIsNotCopiedInHalf() {
        #expect(ControlStrings.copy(String(repeating: "x", count: 60_000), through: nil) == nil)
        #expect(ControlStrings.copy(String(repeating: "x", count: 50_000), through: nil) != nil)
    }

    @Test func screenGetsItInPiecesThatAddUp() throws {
        let wrapped = try #require(ControlStrings.copy(String(repeating: "x", count: 1000), through: .screen))
        let pieces = wrapped.components(separatedBy: "\u{1B}\\").filter { !$0.isEmpty }
        #expect(pieces.count > 1 && pieces.allSatisfy { $0.hasPrefix("\u{1B}P") && $0.utf8.count <= 514 })
        #expect(pieces.map { $0.dropFirst(2) }.joined() == ControlStrings.copy(String(repeating: "x", count: 1000), through: nil))
    }

    @Test func aTitleCannotEndItself() { #expect(ControlStrings.title("a\u{07}b\u{1B}\\c\u{9C}") == "\u{1B}]2;ab\\c\u{07}") }
}
