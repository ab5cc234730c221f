import Dashboard
import Foundation
import TOMLKit

/// The compiled-in themes and keys, and TOML files of the user's.
enum Themes {
    static let names = ["default", "dark", "mono"]

    /// The theme of that name, or the TOML file of that path laid over the default theme.
    static func theme(_ name: String) throws -> Theme {
        let base = try parse(Array(PackageResources.default_toml), file: "default.toml", over: .plain)
        switch name {
        case "default": return base
        case "dark": return try parse(Array(PackageResources.dark_toml), file: "dark.toml", over: base)
        // Over nothing: what it leaves out must not come back with a colour.
        case "mono": return try parse(Array(PackageResources.mono_toml), file: "mono.toml", over: .plain)
        default:
            guard let data = FileManager.default.contents(atPath: name) else {
                throw Failure(.wrongUsage, "no theme \"\(name)\": known are \(names.joined(separator: ", ")), or give a TOML file")
            }
            return try parse(Array(data), file: name, over: base)
        }
    }

    /// The default keys with the user's laid over them.
    static func keymap(_ changes: [String: [String: [String]]]) throws -> Keymap {
        let document = try TOMLDocument(String(decoding: PackageResources.keys_toml, as: UTF8.self), file: "keys.toml")
        var tables: [String: [String: [String]]] = [:]
        for scope in document.root.keys {
            guard let table = document.root[scope]?.table else { continue }
            tables[scope] = try document.stringLists(table, at: [scope])
        }
        do { return try Keymap(tables: changes, over: Keymap(tables: tables)) } catch { throw Failure(.wrongUsage, "keys: \(error)") }
    }

    private static func parse(_ bytes: [UInt8], file: String, over base: Theme) throws -> Theme {
        let document = try TOMLDocument(String(decoding: bytes, as: UTF8.self), file: file)
        let top = try document.table(document.root, at: [], known: ["palette", "roles"])
        let palette = try top["palette"]?.table.map { try document.texts($0) } ?? [:]
        let roles = try document.tables(top, "roles").reduce(into: [:]) { $0[$1.0] = try document.texts($1.1) }
        do { return try Theme(ThemeFile(palette: palette, roles: roles), over: base) } catch { throw Failure(.wrongUsage, "\(file): \(error)") }
    }
}
