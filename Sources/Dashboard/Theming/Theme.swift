import CeleriacCore

/// How a style looks on this terminal.
public struct Look: Hashable, Sendable {
    public var foreground: Color
    public var background: Color
    public var emphasis: Style.Emphasis

    public init(foreground: Color = .default, background: Color = .default, emphasis: Style.Emphasis = []) {
        self.foreground = foreground
        self.background = background
        self.emphasis = emphasis
    }
}

/// Colours and emphasis of every role.
public struct Theme: Hashable, Sendable {
    private let file: ThemeFile
    private let looks: [Role: Look]

    /// The terminal's own colours throughout, no emphasis: what remains when nothing is said.
    public static let plain = Theme()

    private init() {
        file = ThemeFile()
        looks = [:]
    }

    /// Reads `file`; what it does not say comes from `base`, the colours of `base`'s roles from the merged palette.
    /// A role without colours of its own has those of the role `text`.
    public init(_ file: ThemeFile, over base: Theme = .plain) throws(ThemeError) {
        let file = file.over(base.file)
        var palette: [String: Color] = [:]
        for (name, text) in file.palette.sorted(by: { $0.key < $1.key }) {
            guard let color = Color(text) else {
                throw .unknownColor(text, in: "palette.\(name)", nearest: Nearest.match(for: text, in: Array(Color.names + ["default"])))
            }
            palette[name] = color
        }
        let text = try Theme.look(of: Role.text.rawValue, file.roles[Role.text.rawValue] ?? [:], palette, otherwise: Look())
        var looks = [Role.text: text]
        for (name, fields) in file.roles.sorted(by: { $0.key < $1.key }) where name != Role.text.rawValue {
            guard let role = Role(rawValue: name) else { throw .unknownRole(name, nearest: Nearest.match(for: name, in: Array(Role.allCases.map(\.rawValue)))) }
            looks[role] = try Theme.look(of: name, fields, palette, otherwise: Look(foreground: text.foreground, background: text.background))
        }
        for role in Role.allCases where looks[role] == nil { looks[role] = text }
        self.file = file
        self.looks = looks
    }

    /// The role's look with the style's own emphasis added. A `reverse` of both cancels out.
    public subscript(style: Style) -> Look {
        var look = looks[style.role] ?? Look()
        look.emphasis.formUnion(style.emphasis.subtracting(.reverse))
        if style.emphasis.contains(.reverse) { look.emphasis.formSymmetricDifference(.reverse) }
        return look
    }

    private static func look(
        of role: String, _ fields: [String: String], _ palette: [String: Color], otherwise: Look
    ) throws(ThemeError) -> Look {
        var look = otherwise
        for (field, text) in fields.sorted(by: { $0.key < $1.key }) {
            switch field {
            case "fg": look.foreground = try color(text, palette, role)
            case "bg": look.background = try color(text, palette, role)
            case "emphasis": look.emphasis = try emphasis(text, role)
            default: throw .unknownField(field, role: role, nearest: Nearest.match(for: field, in: Array(["fg", "bg", "emphasis"])))
            }
        }
        return look
    }

    private static func color(_ text: String, _ palette: [String: Color], _ role: String) throws(ThemeError) -> Color {
        if let color = palette[text] ?? Color(text) { return color }
        throw .unknownColor(text, in: role, nearest: Nearest.match(for: text, in: Array(palette.keys + Color.names)))
    }

    /// Words apart by blanks.
    private static func emphasis(_ text: String, _ role: String) throws(ThemeError) -> Style.Emphasis {
        let words: [String: Style.Emphasis] = ["bold": .bold, "reverse": .reverse, "underline": .underline, "faint": .faint, "none": []]
        var emphasis: Style.Emphasis = []
        for word in text.split(separator: " ").map(String.init) {
            guard let one = words[word] else { throw .unknownEmphasis(word, role: role, nearest: Nearest.match(for: word, in: Array(words.keys))) }
            emphasis.formUnion(one)
        }
        return emphasis
    }
}
