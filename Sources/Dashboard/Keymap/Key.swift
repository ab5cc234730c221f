/// A key press as the terminal tells it.
public enum Key: Hashable, Sendable {
    /// A printable character.
    case character(Character)
    /// Ctrl with a letter, in lower case.
    case control(Character)
    case enter, escape, tab, backTab, backspace, delete, insert, home, end, pageUp, pageDown, up, down, left, right
    case function(Int)
    /// 0-based cell of a click, a double click, or the wheel.
    case mouse(MouseEvent, row: Int, column: Int)

    public enum MouseEvent: Hashable, Sendable { case click, doubleClick, wheelUp, wheelDown }
}
