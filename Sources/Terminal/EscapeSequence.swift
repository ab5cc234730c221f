import Dashboard

/// The key sequences of xterm, VT220, the Linux console and rxvt ("XTerm Control Sequences", PC-Style Function Keys), for terminals that send
/// others than their entry in the terminal database says. A modifier is left out: Shift-Up is up.
enum EscapeSequence {
    /// The key of ESC [ `parameters` `final`, or of ESC O `final`; `nil` when it is none.
    static func key(parameters: String, final: Character) -> Key? {
        switch final {
        case "A": return .up
        case "B": return .down
        case "C": return .right
        case "D": return .left
        case "F": return .end
        case "H": return .home
        case "M" where parameters.isEmpty: return .enter
        case "P": return .function(1)
        case "Q": return .function(2)
        case "R": return .function(3)
        case "S": return .function(4)
        case "Z": return .backTab
        case "~": return numbered[Int(parameters.prefix { $0 != ";" }) ?? 0]
        default: return nil
        }
    }

    private static let numbered: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
        11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6), 18: .function(7), 19: .function(8),
        20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]
}
