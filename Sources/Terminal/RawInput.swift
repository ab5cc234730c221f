import CTerminal
import Dashboard

/// One thing that curses read.
enum RawInput: Hashable {
    case scalar(UInt32)
    case key(Key)
    /// A press of the first button.
    case press(row: Int, column: Int)
    /// Known to curses, without meaning here.
    case ignored
}

extension RawInput {
    /// `nil` when nothing is waiting.
    init?(_ input: ct_input) {
        switch input.kind {
        case CT_NONE: return nil
        case CT_CHARACTER: self = .scalar(input.value)
        case CT_FUNCTION: self = .key(.function(Int(input.value)))
        case CT_KEY: self = Int(input.value) < RawInput.named.count ? .key(RawInput.named[Int(input.value)]) : .ignored
        case CT_CLICK: self = .press(row: Int(input.row), column: Int(input.column))
        case CT_WHEEL_UP: self = .key(.mouse(.wheelUp, row: Int(input.row), column: Int(input.column)))
        case CT_WHEEL_DOWN: self = .key(.mouse(.wheelDown, row: Int(input.row), column: Int(input.column)))
        default: self = .ignored
        }
    }

    /// In the order of `ct_named`.
    private static let named: [Key] = [.enter, .backspace, .backTab, .delete, .insert, .home, .end, .pageUp, .pageDown, .up, .down, .left, .right]
}
