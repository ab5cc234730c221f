import TestSupport
import Testing

/// The emulator that the pseudo-terminal tests look through.
@Suite struct ScreenModelTests {
    /// A screen of 4 × 10 with `abcdefghij`, `klm`, `nop`, `qrs` in its rows, after `input`.
    private func screen(after input: String) -> ScreenModel {
        var screen = ScreenModel(rows: 4, columns: 10)
        screen.feed("abcdefghij\r\nklm\r\nnop\r\nqrs".utf8)
        screen.feed(input.utf8)
        return screen
    }

    @Test(arguments: [
        ("\u{1B}[2;2HX", "abcdefghij\nkXm\nnop\nqrs"),
        ("\u{1B}[1;3H\u{1B}[K", "ab\nklm\nnop\nqrs"),
        ("\u{1B}[1;3H\u{1B}[1K", "   defghij\nklm\nnop\nqrs"),
        ("\u{1B}[2;2H\u{1B}[J", "abcdefghij\nk\n\n"),
        ("\u{1B}[2J", "\n\n\n"),
        ("\u{1B}[1;3H\u{1B}[2X", "ab  efghij\nklm\nnop\nqrs"),
        ("\u{1B}[1;3H\u{1B}[2P", "abefghij\nklm\nnop\nqrs"),
        ("\u{1B}[1;3H\u{1B}[2@", "ab  cdefgh\nklm\nnop\nqrs"),
        ("\u{1B}[2;1H\u{1B}[L", "abcdefghij\n\nklm\nnop"),
        ("\u{1B}[2;1H\u{1B}[M", "abcdefghij\nnop\nqrs\n"),
        ("\u{1B}[2;3r\u{1B}[3;1H\nX", "abcdefghij\nnop\nX\nqrs"),
        ("\u{1B}[2;3r\u{1B}[2;1H\u{1B}M", "abcdefghij\n\nklm\nqrs"),
        ("\u{1B}[4;1H-\u{1B}[5b", "abcdefghij\nklm\nnop\n------"),
        ("\u{1B}[3G\u{1B}[2dX", "abcdefghij\nklX\nnop\nqrs"),
        ("\u{1B}(0lqk\u{1B}(B", "abcdefghij\nklm\nnop\nqrs┌─┐"),
        ("\u{1B}[1;10HZ", "abcdefghiZ\nklm\nnop\nqrs"),
        ("\u{1B}[1;10HZY", "abcdefghiZ\nYlm\nnop\nqrs"),
        ("\n!", "klm\nnop\nqrs\n   !"),
        ("\u{1B}[1;1H日\u{1B}[1;2HX", " Xcdefghij\nklm\nnop\nqrs"),
        ("\u{1B}[1;10H日", "abcdefghij\n日m\nnop\nqrs"),
        ("e\u{301}!", "abcdefghij\nklm\nnop\nqrse\u{301}!"),
        ("\u{1B}[?1049h\u{1B}[2J\u{1B}[Hother\u{1B}[?1049l", "abcdefghij\nklm\nnop\nqrs"),
    ])
    func showsWhatATerminalShows(input: String, picture: String) {
        let screen = screen(after: input)
        #expect(screen.text == picture)
        #expect(screen.unknown == [])
    }

    @Test func sequencesCutAnywhereMeanTheSame() {
        let bytes = Array("\u{1B}[31;1m日本\u{1B}[2;4He\u{301}\u{1B}]2;title\u{07}\u{1B}[?25l".utf8)
        for cut in bytes.indices {
            var screen = ScreenModel(rows: 3, columns: 10)
            screen.feed(bytes[..<cut])
            screen.feed(bytes[cut...])
            #expect(screen.text == "日本\n   e\u{301}\n")
            #expect(screen.title == "title" && !screen.isCursorVisible)
        }
    }

    @Test func whatItDoesNotKnowIsKeptForTheTest() {
        #expect(screen(after: "\u{1B}[5y").unknown == ["CSI [5] y"])
    }
}
