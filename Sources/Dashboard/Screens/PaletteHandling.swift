import CeleriacCore

/// One line of the palette.
struct PaletteEntry: Hashable {
    enum Choice: Hashable { case command(Command), verb(CommandVerb) }
    var title: String
    /// Keys, or what to type after `:`.
    var note: String
    var choice: Choice
    var whyNot: String?
}

extension DashboardState {
    /// Entries that what was typed fits, the best first.
    func paletteEntries(_ palette: Palette, _ picture: Picture, _ keymap: Keymap?) -> [PaletteEntry] {
        let skipped: Set<Command> = [.up, .down, .left, .right, .pageUp, .pageDown, .halfUp, .halfDown, .palette]
        let commands = Command.allCases.filter { !skipped.contains($0) }.map { command in
            let keys = keymap?.keys(for: command.rawValue, scopes: scopes).prefix(2).map(\.label).joined(separator: " ") ?? ""
            return PaletteEntry(title: command.title, note: keys, choice: .command(command), whyNot: command.isActing ? whyNot(command, picture) : nil)
        }
        let verbs = CommandVerb.allCases.map { PaletteEntry(title: ":\($0.rawValue) \($0.title)", note: $0.usage, choice: .verb($0), whyNot: nil) }
        let wanted = palette.input.text
        guard !wanted.isEmpty else { return commands + verbs }
        return (commands + verbs).enumerated()
            .compactMap { index, entry in fuzzyScore(entry.title, wanted).map { (score: $0, index: index, entry: entry) } }
            .sorted { ($0.score, -$0.index) > ($1.score, -$1.index) }
            .map(\.entry)
    }

    mutating func answer(_ palette: Palette, _ key: Key, _ picture: Picture, _ now: Double) -> [Effect] {
        var palette = palette
        let entries = paletteEntries(palette, picture, nil)
        switch key {
        case .escape: return []
        case .down, .control("n"), .tab: palette.selected = min(max(0, entries.count - 1), palette.selected + 1)
        case .up, .control("p"), .backTab: palette.selected = max(0, palette.selected - 1)
        case .enter:
            guard entries.indices.contains(palette.selected) else { break }
            let entry = entries[palette.selected]
            if let reason = entry.whyNot { tell(reason); break }
            switch entry.choice {
            case .command(let command): return reduce(command, picture, now)
            case .verb(let verb) where verb.usage.isEmpty: return run(verb.rawValue, picture, now)
            case .verb(let verb): modals.append(.line(LineEdit(purpose: .command, input: InputLine(verb.rawValue + " ", history: commandHistory))))
            }
            return []
        default:
            if palette.input.take(key) { palette.selected = 0 }
        }
        modals.append(.palette(palette))
        return []
    }
}

/// How well the letters of `wanted`, in order, are found in `text`: higher is better, `nil` when they are not.
/// Beginnings of words and letters that follow each other count most.
func fuzzyScore(_ text: String, _ wanted: String) -> Int? {
    let text = Array(text.lowercased()), wanted = Array(wanted.lowercased().filter { $0 != " " })
    var score = 0, next = 0, last = -2
    for (index, character) in text.enumerated() where next < wanted.count && character == wanted[next] {
        let startsWord = index == 0 || !text[index - 1].isLetter
        score += (startsWord ? 6 : 1) + (index == last + 1 ? 4 : 0)
        (last, next) = (index, next + 1)
    }
    return next == wanted.count ? score * 10 - text.count / 4 : nil
}
