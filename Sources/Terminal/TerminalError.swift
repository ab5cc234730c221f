/// Why the dashboard cannot have this terminal; plain text can still be printed.
public struct TerminalError: Error, Hashable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// Standard input or output is a pipe or a file.
        case notATerminal
        /// TERM is empty or has no entry in the terminal database.
        case unknownTerm(String)
        /// TERM is known but cannot place its cursor, as "dumb".
        case dumb(String)
        /// The system refused; its reason.
        case refused(String)
    }

    public let kind: Kind

    public var description: String {
        switch kind {
        case .notATerminal: "standard input and output must be a terminal"
        case .unknownTerm(""): "the environment variable TERM is not set"
        case .unknownTerm(let term): "this machine knows no terminal \"\(term)\" (TERM; install its terminfo entry, or try TERM=xterm)"
        case .dumb(let term): "a terminal of the kind \"\(term)\" (TERM) cannot place its cursor"
        case .refused(let reason): "the terminal cannot be set up: \(reason)"
        }
    }
}
