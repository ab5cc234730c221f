import Dashboard

/// The key sequences of xterm, VT220, the Linux console and rxvt ("XTerm Control Sequences", PC-Style Function Keys), for terminals that send
/// others than their entry in the terminal database says, and its mouse reports. With a modifier a key is another one, and none that we know.
enum EscapeSequence {
    /// The key of ESC [ `parameters` `final`, or of ESC O `final`; `nil` when it is none.
    static func key(parameters: String, final: Character) -> Key? {
        if parameters.hasPrefix("<") {
            let numbers = parameters.dropFirst().split(separator: ";").compactMap { Int($0) }
            return final == "M" && numbers.count == 3 ? mouse(button: numbers[0], row: numbers[2] - 1, column: numbers[1] - 1) : nil
        }
        guard !parameters.contains(";") else { return nil }
        switch final {
        case "A": return .up
        case "B": return .down
        case "C": return .right
        case "D": return .left
        case "F": return .end
        case "H": return .home
        case "P": return .function(1)
        case "Q": return .function(2)
        case "R": return .function(3)
        case "S": return .function(4)
        case "Z": return .backTab
        case "~": return numbered[Int(parameters) ?? 0]
        default: return nil
        }
    }

    /// The first button and the wheel, with whatever modifier; `nil` for other buttons, releases and cells that are none.
    static func mouse(button: Int, row: Int, column: Int) -> Key? {
        guard row >= 0, column >= 0 else { return nil }
        let modifiers = 4 | 8 | 16
        switch button & ~modifiers {
        case 0: return .mouse(.click, row: row, column: column)
        case 64: return .mouse(.wheelUp, row: row, column: column)
        case 65: return .mouse(.wheelDown, row: row, column: column)
        default: return nil
        }
    }

    private static let numbered: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
        11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6), 18: .function(7), 19: .function(8),
        20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]
}
