import CTerminal
import Dashboard

/// One thing that curses read.
enum RawInput: Hashable {
    case scalar(UInt32)
    case key(Key)
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
        default: self = .ignored
        }
    }

    /// In the order of `ct_named`.
    private static let named: [Key] = [.enter, .backspace, .backTab, .delete, .insert, .home, .end, .pageUp, .pageDown, .up, .down, .left, .right]
}
