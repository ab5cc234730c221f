/// Labelled fields to fill in: lines of text, choices, yes or no. It knows nothing of what they mean: whoever shows it reads them and tells what is wrong.
public struct Form: Hashable, Sendable {
    public struct Field: Hashable, Sendable {
        public enum Content: Hashable, Sendable {
            case text(InputLine)
            case choice([String], selected: Int)
            case flag(Bool)
        }

        /// By which it is known, unique in its form.
        public var id: String
        public var label: String
        /// What may be typed.
        public var hint: String
        public var content: Content
        /// What is wrong with it, fit to be shown.
        public var problem: String?

        public init(_ id: String, label: String, hint: String = "", _ content: Content) {
            self.id = id
            self.label = label
            self.hint = hint
            self.content = content
        }

        public static func text(_ id: String, label: String, hint: String = "", _ text: String) -> Self {
            Self(id, label: label, hint: hint, .text(InputLine(text, limit: 50_000)))
        }

        /// What it says: the text, the chosen word, `yes` or `no`.
        public var value: String {
            switch content {
            case .text(let line): line.text
            case .choice(let words, let selected): words.indices ~= selected ? words[selected] : ""
            case .flag(let isTrue): isTrue ? "yes" : "no"
            }
        }
    }

    /// Others may take their place: what has the focus keeps it as long as it is there.
    public var fields: [Field] { didSet { focus = fields.firstIndex { $0.id == focused } ?? max(0, min(focus, fields.count - 1)) } }
    /// Index of the field that has the keys.
    public private(set) var focus = 0
    private var focused: String

    public init(_ fields: [Field]) {
        self.fields = fields
        focused = fields.first?.id ?? ""
    }

    public mutating func focus(on id: String) { if let index = fields.firstIndex(where: { $0.id == id }) { move(to: index) } }

    public enum Answer: Hashable, Sendable {
        /// The field of that id says something else.
        case edited(String)
        case moved
        case ignored
    }

    /// Tab, Shift-Tab, Enter and the arrows up and down go from field to field; the rest edits the one that has the focus.
    public mutating func take(_ key: Key) -> Answer {
        guard fields.indices.contains(focus) else { return .ignored }
        let before = fields[focus].value
        switch key {
        case .tab: move(to: (focus + 1) % fields.count)
        case .backTab: move(to: (focus + fields.count - 1) % fields.count)
        case .down, .enter: move(to: min(fields.count - 1, focus + 1))
        case .up: move(to: max(0, focus - 1))
        case .pageUp: move(to: 0)
        case .pageDown: move(to: fields.count - 1)
        default: return fields[focus].take(key) ? (fields[focus].value == before ? .moved : .edited(fields[focus].id)) : .ignored
        }
        return .moved
    }

    private mutating func move(to index: Int) {
        focus = index
        focused = fields[index].id
    }
}

extension Form.Field {
    /// `false` for a key that means nothing here.
    fileprivate mutating func take(_ key: Key) -> Bool {
        switch content {
        case .text(var line):
            guard line.take(key) else { return false }
            content = .text(line)
        case .choice(let words, let selected):
            guard let step = step(key), !words.isEmpty else { return false }
            content = .choice(words, selected: (selected + step + words.count) % words.count)
        case .flag(let isTrue):
            guard step(key) != nil else { return false }
            content = .flag(!isTrue)
        }
        return true
    }

    private func step(_ key: Key) -> Int? {
        switch key {
        case .right, .character(" "): 1
        case .left: -1
        default: nil
        }
    }
}

// MARK: - Drawing

extension Form {
    private struct Row {
        var field: Int
        /// Of the problem under the field; `nil`: the field itself.
        var problem: String?
    }

    /// From so many columns on a problem stands beside its field, else under it.
    private static let roomy = 110

    /// Rows that it takes in all at that width.
    func rowCount(columns: Int) -> Int { rows(columns: columns).count }

    private func rows(columns: Int) -> [Row] {
        fields.enumerated().flatMap { index, field in
            guard let problem = field.problem, columns < Self.roomy else { return [Row(field: index)] }
            return [Row(field: index), Row(field: index, problem: problem)]
        }
    }

    /// As much as fits, the field with the focus always in sight.
    func render(_ style: Style = Style(.dialog), into grid: inout Grid, at area: Rect) {
        guard !area.isEmpty else { return }
        let rows = rows(columns: area.columns), labels = (fields.map { DisplayWidth.columns(of: $0.label) }.max() ?? 0) + 2
        let focused = rows.firstIndex { $0.field == focus } ?? 0
        let top = max(0, min(focused - (area.rows - 1) / 2, rows.count - area.rows))
        for (offset, row) in rows.dropFirst(top).prefix(area.rows).enumerated() {
            let field = fields[row.field], hasFocus = row.field == focus
            var line = Rect(row: area.row + offset, column: area.column, rows: 1, columns: area.columns - 2)
            if let problem = row.problem {
                grid.write(problem, row: line.row, column: line.column + 2 + labels, width: line.columns - 2 - labels, style: Style(.bad), ellipsis: Glyphs.unicode.ellipsis)
                continue
            }
            if hasFocus { grid.write(Glyphs.unicode.pointer, row: line.row, column: line.column, style: Style(.accent)) }
            grid.write(field.label, row: line.row, column: line.column + 2, width: labels, style: Style(style.role, hasFocus ? .bold : []))
            line = Rect(row: line.row, column: line.column + 2 + labels, rows: 1, columns: line.columns - 2 - labels)
            render(field, hasFocus, style, into: &grid, at: line, isRoomy: area.columns >= Self.roomy)
        }
        // What is out of sight.
        if top > 0 { grid.write(Glyphs.unicode.up, row: area.row, column: area.column + area.columns - 1, style: Style(.accent)) }
        if top + area.rows < rows.count { grid.write(Glyphs.unicode.down, row: area.row + area.rows - 1, column: area.column + area.columns - 1, style: Style(.accent)) }
    }

    private func render(_ field: Field, _ hasFocus: Bool, _ style: Style, into grid: inout Grid, at area: Rect, isRoomy: Bool) {
        let problem = isRoomy ? field.problem : nil
        // Beside a problem, or a hint, the text keeps the greater part.
        let beside = problem.map { min(DisplayWidth.columns(of: $0) + 2, area.columns / 2) } ?? 0
        var used = 0
        switch field.content {
        case .text(let line):
            let width = area.columns - beside, (text, cursor) = line.window(width: width, hasFocus: hasFocus)
            used = grid.write(text, row: area.row, column: area.column, width: width, style: Style(hasFocus ? .input : style.role), ellipsis: Glyphs.unicode.ellipsis)
            if let cursor {
                let cell = grid[area.row, area.column + cursor].text
                let isBehind = cursor >= DisplayWidth.columns(of: text)
                grid[area.row, area.column + cursor] = isBehind ? Cell("_", Style(.input, .bold)) : Cell(cell, Style(.input, .reverse))
                used = max(used, cursor + 1)
            }
        case .choice(let words, let selected):
            used = choice(words, selected, hasFocus, style, into: &grid, at: area)
        case .flag(let isTrue):
            used = choice(["yes", "no"], isTrue ? 0 : 1, hasFocus, style, into: &grid, at: area)
        }
        let note = problem ?? (hasFocus ? field.hint : "")
        let room = area.columns - used - 2
        if room > 3 { grid.write(note, row: area.row, column: area.column + used + 2, width: room, style: Style(problem == nil ? .dim : .bad), ellipsis: Glyphs.unicode.ellipsis) }
    }

    /// All of them side by side where there is room, else the chosen one.
    private func choice(_ words: [String], _ selected: Int, _ hasFocus: Bool, _ style: Style, into grid: inout Grid, at area: Rect) -> Int {
        guard words.indices ~= selected else { return 0 }
        let isWide = words.reduce(0) { $0 + DisplayWidth.columns(of: $1) + 3 } <= area.columns
        var column = area.column
        for (index, word) in words.enumerated() where isWide || index == selected {
            let text = isWide ? (index == selected ? "[\(word)]" : " \(word) ") : "\(Glyphs.unicode.left) \(word) \(Glyphs.unicode.right)  \(selected + 1) of \(words.count)"
            let role: Role = index != selected ? .dim : hasFocus ? .input : style.role
            column += grid.write(text, row: area.row, column: column, width: area.column + area.columns - column, style: Style(role, index == selected && hasFocus ? .bold : []))
            if isWide { column += 1 }
        }
        return column - area.column
    }
}
