import CeleriacCore
import Logging

/// Why arguments make no sense; fit to be shown.
struct Misuse: Error, Hashable, Sendable { let description: String }

/// One option of a command that fills `Arguments`, in a table of them: a dozen do not make up for a package that every program using this library would have
/// to build.
struct CommandOption<Arguments>: Sendable {
    typealias Taking = @Sendable (inout Arguments, String) -> Bool

    var names: [String]
    /// What it wants, for the usage; `nil` for a flag.
    var value: String?
    /// False when it cannot take that value.
    var take: Taking

    static func level(_ key: any WritableKeyPath<Arguments, Logger.Level> & Sendable) -> Self {
        Self(names: ["-l", "--loglevel"], value: "LEVEL") { arguments, text in
            guard let level = Logger.Level(rawValue: text.lowercased()) else { return false }
            arguments[keyPath: key] = level
            return true
        }
    }

    static func usage(_ command: String, _ options: [Self]) -> String {
        "usage: \(command) " + options.map { option in "[\(option.names[0])\(option.value.map { " " + $0 } ?? "")]" }.joined(separator: " ")
    }

    /// Each as `--name value`, `--name=value`, `-n value` or `-nvalue`.
    static func read(_ arguments: ArraySlice<String>, _ options: [Self], into filled: inout Arguments) throws(Misuse) {
        var rest = arguments
        while let argument = rest.popFirst() {
            let isLong = argument.hasPrefix("--")
            let name = String(isLong ? argument.prefix { $0 != "=" } : argument.prefix(2))
            guard let option = options.first(where: { $0.names.contains(name) }) else {
                let nearest = Nearest.match(for: name, in: options.flatMap(\.names)).map { "; did you mean \($0)?" } ?? ""
                throw Misuse(description: "unknown option \(ForeignText.safe(name))\(nearest)")
            }
            let isAttached = name.count < argument.count
            let attached = isAttached ? String(argument.dropFirst(name.count).drop { $0 == "=" }) : nil
            guard let wanted = option.value else {
                if isAttached { throw Misuse(description: "\(name) takes no value") }
                _ = option.take(&filled, "")
                continue
            }
            guard let value = attached ?? rest.popFirst() else { throw Misuse(description: "\(name) wants \(wanted)") }
            guard option.take(&filled, value) else { throw Misuse(description: "\(name) wants \(wanted), not \"\(ForeignText.safe(value))\"") }
        }
    }
}
