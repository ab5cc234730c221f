/// What a theme file says, as text: names of the palette to colours, names of roles to `fg`, `bg` and `emphasis`. Any part may be missing.
public struct ThemeFile: Hashable, Sendable {
    public var palette: [String: String]
    public var roles: [String: [String: String]]

    public init(palette: [String: String] = [:], roles: [String: [String: String]] = [:]) {
        self.palette = palette
        self.roles = roles
    }

    /// This file where it says something, `base` elsewhere: name by name in the palette, field by field in the roles.
    func over(_ base: ThemeFile) -> ThemeFile {
        ThemeFile(
            palette: base.palette.merging(palette) { $1 },
            roles: base.roles.merging(roles) { $0.merging($1) { $1 } })
    }
}

/// Why a theme file cannot be used; the first of several in the order of names.
public enum ThemeError: Error, Hashable, CustomStringConvertible {
    case unknownRole(String, nearest: String?)
    case unknownField(String, role: String, nearest: String?)
    /// A palette entry that is no colour, or a role's colour that is neither a palette name nor a colour.
    case unknownColor(String, in: String, nearest: String?)
    case unknownEmphasis(String, role: String, nearest: String?)

    public var description: String {
        switch self {
        case .unknownRole(let name, let nearest): "there is no role \"\(name)\"" + didYouMean(nearest)
        case .unknownField(let name, let role, let nearest): "\(role): there is no field \"\(name)\"" + didYouMean(nearest)
        case .unknownColor(let name, let place, let nearest): "\(place): \"\(name)\" is no colour" + didYouMean(nearest)
        case .unknownEmphasis(let name, let role, let nearest): "\(role): there is no emphasis \"\(name)\"" + didYouMean(nearest)
        }
    }
}
