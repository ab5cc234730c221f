/// What a cell's colour is for; themes map roles to colours.
public enum Role: String, CaseIterable, Hashable, Sendable {
    case text, dim, title, border, heading, tab, tabActive = "tab-active", accent, selection, mark, hint, hintKey = "hint-key", input, dialog, stale
    case good, warning, bad, info
    case success, failure, started, received, pending, retry, revoked, rejected
    case gauge, spark
}

/// Roles plus the emphasis that needs no colour.
public struct Style: Hashable, Sendable {
    public var role: Role
    public var emphasis: Emphasis

    public struct Emphasis: OptionSet, Hashable, Sendable {
        public let rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }
        public static let bold = Emphasis(rawValue: 1)
        public static let reverse = Emphasis(rawValue: 2)
        public static let underline = Emphasis(rawValue: 4)
        /// Fainter than normal, where the terminal can.
        public static let faint = Emphasis(rawValue: 8)
    }

    public init(_ role: Role = .text, _ emphasis: Emphasis = []) {
        self.role = role
        self.emphasis = emphasis
    }

    public static let text = Style()
}
