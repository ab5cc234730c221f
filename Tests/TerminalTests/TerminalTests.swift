import Foundation
import TestSupport
import Testing

/// The real thing in a pseudo-terminal: what is shown, what is told, what is left behind.
@Suite(.serialized) struct TerminalTests {
    @Test func showsTheGridAndTellsKeys() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "┌ 24×80 ──"))
        terminal.type("é")
        terminal.type(Typed.up + Typed.function(5) + Typed.backTab + Typed.delete + Typed.control("a") + Typed.tab + Typed.enter + Typed.backspace)
        #expect(terminal.wait(for: "key backspace"), "\(terminal.screen.text)")
        let told = terminal.screen.lines.filter { $0.contains("key ") }.map { $0.dropFirst(2).prefix { $0 != "│" }.trimmingCharacters(in: .whitespaces) }
        #expect(
            told == [
                "key character(\"é\")", "key up", "key function(5)", "key backTab", "key delete", "key control(\"a\")", "key tab", "key enter", "key backspace",
            ])
        #expect(terminal.screen.unknown == [])
    }

    @Test func aLoneEscapeIsAKeyAndUnknownSequencesAreNone() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        terminal.type(Typed.escape)
        #expect(terminal.wait(for: "key escape"))
        terminal.type("\u{1B}[I\u{1B}[200~\u{1B}[1;3Ak")
        #expect(terminal.wait(for: "key character(\"k\")"))
        #expect(terminal.screen.lines.filter { $0.contains("key ") }.count == 2, "\(terminal.screen.text)")
    }

    @Test func theMouseClicksDoubleClicksAndScrolls() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        #expect(terminal.screen.mouseModes == [1000, 1006])
        terminal.type(
            Typed.click(row: 4, column: 9) + Typed.click(row: 4, column: 9) + Typed.wheel(down: true, row: 1, column: 2)
                + Typed.wheel(down: false, row: 1, column: 2))
        #expect(terminal.wait(for: "wheelUp, row: 1, column: 2"), "\(terminal.screen.text)")
        #expect(terminal.screen.text.contains("MouseEvent.click, row: 4, column: 9"))
        #expect(terminal.screen.text.contains("MouseEvent.doubleClick, row: 4, column: 9"))
        #expect(terminal.screen.text.contains("MouseEvent.wheelDown, row: 1, column: 2"))
    }

    @Test func aResizeIsToldAndTheNewSizeIsUsed() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        terminal.resize(rows: 30, columns: 100)
        #expect(terminal.wait(for: "resized 30 100"))
        #expect(terminal.wait { $0.text.hasPrefix("┌ 30×100") && $0.lines.last?.count == 100 })
        terminal.resize(rows: 5, columns: 20)
        #expect(terminal.wait(for: "┌ 5×20"))
    }

    @Test func graphemesThatTerminalsDisagreeAboutTakeTheColumnsTheyWereGiven() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "─┘"))
        #expect(terminal.screen.lines[1].hasPrefix("│ 日本語 e\u{301}|😀|❤ |DE|"))
        #expect(terminal.screen.lines[1].hasSuffix("│"))
    }

    @Test func aKeyPressSendsTheDifferenceOnly() throws {
        let terminal = try probe(rows: 60, columns: 200)
        #expect(terminal.wait(for: "─┘"))
        let before = terminal.output.count
        terminal.type("a")
        #expect(terminal.wait(for: "key character(\"a\")"))
        #expect(terminal.output.count - before < 100)
    }

    @Test func whateverWasThereBeforeTheScreenShowsTheGrid() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("probe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let terminal = try probe(environment: ["PROBE_GRIDS": file.path], rows: 20, columns: 60)
        for number in 1...150 {
            terminal.type("n")
            try #require(terminal.wait(for: "#\(number)"))
            #expect(try terminal.screen.text == String(contentsOf: file, encoding: .utf8), "picture \(number)")
        }
        #expect(terminal.screen.unknown == [])
    }

    @Test func outsideUTF8NothingButASCIIIsSent() throws {
        let terminal = try probe(environment: ["LANG": "C"])
        #expect(terminal.wait(for: "+ 24x80 --"))
        terminal.type("a")
        #expect(terminal.wait(for: "key character"))
        #expect(terminal.output.allSatisfy { $0 < 0x80 })
    }

    @Test(arguments: ["xterm", "screen", "tmux-256color", "linux", "vt100", "xterm-256color"]) func worksOn(term: String) throws {
        let terminal = try probe(environment: ["TERM": term])
        #expect(terminal.wait(for: "24×80"))
        terminal.type("a" + Typed.function(9))
        #expect(terminal.wait(for: "key function(9)"), "\(terminal.screen.text)")
        terminal.type("q")
        #expect(terminal.waitForEnd() == 0)
        #expect(terminal.isCooked)
    }

    @Test(arguments: ["dumb": "cannot place its cursor", "no-such-terminal": "knows no terminal \"no-such-terminal\"", "": "TERM is not set"])
    func saysWhyItCannotOpen(term: String, reason: String) throws {
        let terminal = try probe(environment: ["TERM": term])
        #expect(terminal.waitForEnd() == 3)
        #expect(terminal.screen.text.contains(reason), "\(terminal.screen.text)")
    }

    @Test func theClipboardAndTheTitleAreReached() throws {
        let terminal = try probe()
        #expect(terminal.wait(for: "24×80"))
        terminal.type("CW")
        #expect(terminal.wait { $0.title == "atitle" && $0.clipboard == Data("to be copied".utf8).base64EncodedString() })
        let output = String(decoding: terminal.output, as: UTF8.self)
        #expect(output.contains("\u{1B}[22;2t"))
        terminal.type("q")
        #expect(terminal.waitForEnd() == 0)
        #expect(String(decoding: terminal.output, as: UTF8.self).contains("\u{1B}[23;2t"))
    }
}
