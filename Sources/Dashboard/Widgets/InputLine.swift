/// One line of text being typed.
public struct InputLine: Hashable, Sendable {
    public internal(set) var text: String
    /// Characters before the cursor.
    public internal(set) var cursor: Int
    /// Lines entered before, newest last, and the one shown of them; `nil` = what is being typed.
    var history: [String]
    var recalled: Int?
    private var draft = ""
    /// Characters that can be typed; a filter or command that no screen can show is none.
    private let limit: Int

    init(_ text: String = "", history: [String] = [], limit: Int = 500) {
        self.text = text
        self.limit = limit
        cursor = text.count
        self.history = history
    }

    /// Takes a key that edits; `false` when it does not.
    mutating func take(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert(character)
        case .backspace: remove(before: true)
        case .delete: remove(before: false)
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(text.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = text.count
        case .control("u"): set(String(text.dropFirst(cursor)), cursor: 0)
        case .control("k"): set(String(text.prefix(cursor)), cursor: cursor)
        case .control("w"): removeWord()
        case .up: recall(-1)
        case .down: recall(1)
        default: return false
        }
        return true
    }

    mutating func set(_ new: String, cursor place: Int? = nil) {
        text = new
        cursor = max(0, min(place ?? new.count, new.count))
    }

    private mutating func insert(_ character: Character) {
        guard text.count < limit, character.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else { return }
        var characters = Array(text)
        characters.insert(character, at: min(cursor, characters.count))
        let count = characters.count
        text = String(characters)
        // A combining mark joins the character before it.
        cursor = min(text.count, cursor + 1 - (count - text.count))
    }

    private mutating func remove(before: Bool) {
        var characters = Array(text)
        let place = before ? cursor - 1 : cursor
        guard characters.indices.contains(place) else { return }
        characters.remove(at: place)
        set(String(characters), cursor: place)
    }

    private mutating func removeWord() {
        let characters = Array(text)
        var start = cursor
        while start > 0, characters[start - 1] == " " { start -= 1 }
        while start > 0, characters[start - 1] != " " { start -= 1 }
        set(String(characters[..<start] + characters[cursor...]), cursor: start)
    }

    /// What `width` columns show of it, the cursor always in sight; `cursor` is its column there, `nil` without focus.
    func window(width: Int, hasFocus: Bool) -> (text: String, cursor: Int?) {
        let before = safe(String(text.prefix(cursor)), limit: 100_000), after = safe(String(text.dropFirst(cursor)), limit: 4000)
        guard hasFocus else { return (DisplayWidth.cut(before + after, to: width, ellipsis: Glyphs.unicode.ellipsis), nil) }
        // One column is for the cursor behind the text.
        let place = DisplayWidth.columns(of: before)
        guard place >= width else { return (before + after, place) }
        var shown = Substring(before), hidden = place
        while hidden >= max(1, width - 1), let first = shown.first {
            hidden -= DisplayWidth.columns(of: first)
            shown.removeFirst()
        }
        return (Glyphs.unicode.ellipsis + shown + after, hidden + 1)
    }

    private mutating func recall(_ step: Int) {
        guard !history.isEmpty else { return }
        if recalled == nil { draft = text }
        let place = (recalled ?? history.count) + step
        if place >= history.count {
            recalled = nil
            set(draft)
        } else {
            recalled = max(0, place)
            set(history[max(0, place)])
        }
    }
}
