extension Key {
    /// The name that keymap files use, such as "j", "down", "ctrl-d", "f9", "shift-tab", "space"; `nil` for the mouse.
    public var name: String? {
        switch self {
        case .character(" "): "space"
        case .character(let character): String(character)
        case .control(" "): "ctrl-space"
        case .control(let character): "ctrl-\(character)"
        case .function(let number): "f\(number)"
        case .mouse: nil
        default: Key.names.first { $0.key == self }?.name
        }
    }

    /// Reads a key's name; upper or lower case counts for single characters only.
    /// Control characters that a terminal cannot tell from a key of its own give that key: "ctrl-i" is tab.
    public init?(name: String) {
        if name.count == 1, let character = name.first, !character.isWhitespace {
            self = .character(character)
            return
        }
        let name = name.lowercased()
        if name == "space" { self = .character(" "); return }
        if let key = Key.names.first(where: { $0.name == name })?.key ?? Key.otherNames.first(where: { $0.name == name })?.key {
            self = key
        } else if name.hasPrefix("f"), let number = Int(name.dropFirst()), (1...24).contains(number), name == "f\(number)" {
            self = .function(number)
        } else if name == "ctrl-space" {
            self = .control(" ")
        } else if name.hasPrefix("ctrl-"), name.utf8.count == 6, let character = name.last, character.isASCII, character.isLetter || "\\]^_".contains(character)
        {
            self = .control(character)
        } else {
            return nil
        }
    }

    /// As hints and help show it: "Enter", "Ctrl-d", "F9", "j".
    public var label: String {
        switch self {
        case .character(" "): "Space"
        case .character(let character): String(character)
        case .control(" "): "Ctrl-Space"
        case .control(let character): "Ctrl-\(character)"
        case .function(let number): "F\(number)"
        case .mouse: "mouse"
        default: Key.names.first { $0.key == self }?.label ?? ""
        }
    }

    private static let names: [(name: String, key: Key, label: String)] = [
        ("enter", .enter, "Enter"), ("esc", .escape, "Esc"), ("tab", .tab, "Tab"), ("shift-tab", .backTab, "Shift-Tab"), ("backspace", .backspace, "Backspace"),
        ("delete", .delete, "Del"), ("insert", .insert, "Ins"), ("home", .home, "Home"), ("end", .end, "End"),
        ("page-up", .pageUp, "PgUp"), ("page-down", .pageDown, "PgDn"), ("up", .up, "Up"), ("down", .down, "Down"), ("left", .left, "Left"),
        ("right", .right, "Right"),
    ]

    private static let otherNames: [(name: String, key: Key)] = [
        ("return", .enter), ("escape", .escape), ("backtab", .backTab), ("del", .delete), ("ins", .insert), ("pgup", .pageUp), ("pgdn", .pageDown),
        ("ctrl-i", .tab), ("ctrl-m", .enter), ("ctrl-j", .enter), ("ctrl-h", .backspace), ("ctrl-[", .escape),
    ]

    /// All names but the single characters, for "did you mean".
    static let knownNames: [String] = names.map(\.name) + ["space"] + (1...12).map { "f\($0)" } + "abcdefghijklmnopqrstuvwxyz".map { "ctrl-\($0)" }
}
