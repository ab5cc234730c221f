import CeleriacCore

/// Which keys ask for which command, scope by scope.
///
/// A binding's name is scope, dot, command: `tasks.take-away` binds the command `take-away` where the scope `tasks` is looked up.
public struct Keymap: Hashable, Sendable {
    /// Keys of each binding, in the order of the file: the first is the one that hints show.
    private var bindings: [String: [Key]]
    /// Scope, then key, to command.
    private var commands: [String: [Key: String]]

    /// From full names of commands to lists of key names; an empty list leaves the command unbound.
    ///
    /// Over a `base`, a command named here takes its keys from here, and a key named here is taken from whichever command had it.
    /// - Throws: for a name that `base` does not have, a key that is none, and a key given to two commands of one scope.
    public init(_ keyNames: [String: [String]], over base: Keymap? = nil) throws(KeymapError) {
        var bindings = base?.bindings ?? [:]
        var taken: [String: [Key: String]] = [:]
        for (name, keys) in keyNames.sorted(by: { $0.key < $1.key }) {
            guard let scope = Keymap.scope(of: name) else { throw .unknownCommand(name, nearest: nil) }
            if let base, base.bindings[name] == nil { throw .unknownCommand(name, nearest: Nearest.match(for: name, in: Array(base.bindings.keys))) }
            bindings[name] = []
            for keyName in keys {
                guard let key = Key(name: keyName) else { throw .unknownKey(keyName, command: name, nearest: Nearest.match(for: keyName, in: Array(Key.knownNames))) }
                if let other = taken[scope]?[key], other != name { throw .conflict(key: keyName, [other, name]) }
                guard taken[scope, default: [:]].updateValue(name, forKey: key) == nil else { continue }
                bindings[name, default: []].append(key)
            }
        }
        for (name, keys) in bindings where keyNames[name] == nil {
            guard let own = Keymap.scope(of: name).flatMap({ taken[$0] }) else { continue }
            bindings[name] = keys.filter { own[$0] == nil }
        }
        self.bindings = bindings
        commands = [:]
        for (name, keys) in bindings {
            guard let scope = Keymap.scope(of: name) else { continue }
            for key in keys { commands[scope, default: [:]][key] = String(name.dropFirst(scope.count + 1)) }
        }
    }

    /// From the tables of a keymap file: scope, then command, to lists of key names.
    public init(tables: [String: [String: [String]]], over base: Keymap? = nil) throws(KeymapError) {
        var flat: [String: [String]] = [:]
        for (scope, commands) in tables {
            for (command, keys) in commands { flat["\(scope).\(command)"] = keys }
        }
        try self.init(flat, over: base)
    }

    /// The command, without its scope, that `key` asks for; the first scope that binds the key wins.
    public func command(for key: Key, scopes: [String]) -> String? {
        for scope in scopes {
            if let command = commands[scope]?[key] { return command }
        }
        return nil
    }

    /// Keys that ask for `command` when `scopes` are looked up in that order: none that an earlier scope binds to something else.
    public func keys(for command: String, scopes: [String]) -> [Key] {
        scopes.flatMap { bindings["\($0).\(command)"] ?? [] }.filter { self.command(for: $0, scopes: scopes) == command }
    }

    /// Keys of a full name.
    public func keys(for name: String) -> [Key] { bindings[name] ?? [] }

    /// All full names, sorted.
    public var names: [String] { bindings.keys.sorted() }

    private static func scope(of name: String) -> String? {
        guard let dot = name.firstIndex(of: "."), dot > name.startIndex, name.index(after: dot) < name.endIndex else { return nil }
        return String(name[..<dot])
    }
}

/// Why a keymap file cannot be used; the first of several in the order of names.
public enum KeymapError: Error, Hashable, CustomStringConvertible {
    case unknownCommand(String, nearest: String?)
    case unknownKey(String, command: String, nearest: String?)
    case conflict(key: String, [String])

    public var description: String {
        switch self {
        case .unknownCommand(let name, let nearest): "there is no command \"\(name)\"" + didYouMean(nearest)
        case .unknownKey(let key, let command, let nearest): "\(command): there is no key \"\(key)\"" + didYouMean(nearest)
        case .conflict(let key, let commands): "the key \"\(key)\" cannot mean both \(commands.joined(separator: " and "))"
        }
    }
}
