/// Bytes that ask the terminal for what curses does not know of. Source: "XTerm Control Sequences", Operating System Commands.
enum ControlStrings {
    /// More than xterm and tmux take is not sent at all, or half of it might land on the screen.
    static let longestCopy = 74_994

    /// OSC 52: puts `text` on the clipboard of the machine in front of the user; `nil` when it is too long.
    /// - Parameter multiplexer: tmux hands it on only when wrapped (and `allow-passthrough` is on), or plain (when `set-clipboard` is on); screen when wrapped in pieces.
    static func copy(_ text: String, through multiplexer: Multiplexer?) -> String? {
        let encoded = base64(Array(text.utf8))
        guard encoded.utf8.count <= longestCopy else { return nil }
        let plain = "\u{1B}]52;c;\(encoded)\u{07}"
        switch multiplexer {
        case nil: return plain
        case .tmux: return plain + "\u{1B}Ptmux;\u{1B}\(plain)\u{1B}\\"
        case .screen:
            let bytes = Array(plain.utf8)
            return stride(from: 0, to: bytes.count, by: 512).map { start in
                "\u{1B}P" + String(decoding: bytes[start..<min(start + 512, bytes.count)], as: UTF8.self) + "\u{1B}\\"
            }.joined()
        }
    }

    enum Multiplexer: Hashable { case tmux, screen }

    /// OSC 2. Controls in `title` would end it, and are left out.
    static func title(_ title: String) -> String {
        "\u{1B}]2;" + String(String.UnicodeScalarView(title.unicodeScalars.filter { $0.properties.generalCategory != .control })) + "\u{07}"
    }

    /// The window's title is kept by the terminal, and taken back from there.
    static let keepTitle = "\u{1B}[22;2t"
    static let restoreTitle = "\u{1B}[23;2t"

    /// Terminals that take a title; the Linux console, for one, would print it.
    static func takesTitle(term: String) -> Bool {
        ["xterm", "tmux", "screen", "rxvt", "alacritty", "foot", "konsole", "gnome", "vte", "st-", "wezterm", "ghostty", "kitty"].contains {
            term.hasPrefix($0)
        }
    }

    /// RFC 4648 §4.
    static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                encoded.append(place <= group.count ? alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
