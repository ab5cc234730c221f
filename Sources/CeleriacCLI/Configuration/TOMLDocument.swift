import CeleriacCore
import OrderedCollections
import TOMLKit

/// A TOML text read into plain values, with errors that name file, line and the nearest known key. The one file that speaks to TOMLKit besides its callers' tables.
struct TOMLDocument {
    let file: String
    let root: TOMLTable
    private let lines: [Substring]

    init(_ text: String, file: String) throws {
        self.file = file
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        do { root = try TOMLTable(string: text) } catch let error as TOMLParseError {
            throw Failure(.wrongUsage, "\(file):\(error.source.begin.line): \(error.description.split(separator: "\n").first ?? "not TOML")")
        }
    }

    /// `table` itself, after a look whether all its keys are known.
    func table(_ table: TOMLTable, at path: [String], known: [String]) throws -> TOMLTable {
        for key in table.keys where !known.contains(key) {
            let nearest = Nearest.match(for: key, in: known).map { "; did you mean \($0)?" } ?? "; known are \(known.joined(separator: ", "))"
            throw wrong(key, "unknown key \((path + [key]).joined(separator: "."))\(nearest)")
        }
        return table
    }

    func string(_ table: TOMLTable, _ key: String) throws -> String? {
        guard let value = table[key] else { return nil }
        guard let text = value.string else { throw wrong(key, "\(key) must be a text") }
        return text
    }

    func strings(_ table: TOMLTable, _ key: String) throws -> [String] {
        guard let value = table[key] else { return [] }
        if let text = value.string { return [text] }
        guard let items = value.array else { throw wrong(key, "\(key) must be a list of texts") }
        return try items.map {
            guard let text = $0.string else { throw wrong(key, "\(key) must be a list of texts") }
            return text
        }
    }

    func flag(_ table: TOMLTable, _ key: String) throws -> Bool {
        guard let value = table[key] else { return false }
        guard let flag = value.bool else { throw wrong(key, "\(key) must be true or false") }
        return flag
    }

    func number(_ table: TOMLTable, _ key: String) throws -> Double? {
        guard let value = table[key] else { return nil }
        guard let number = value.double ?? value.int.map(Double.init) else { throw wrong(key, "\(key) must be a number") }
        return number
    }

    func integer(_ table: TOMLTable, _ key: String) throws -> Int? {
        guard let value = table[key] else { return nil }
        guard let integer = value.int else { throw wrong(key, "\(key) must be a whole number") }
        return integer
    }

    /// The tables under `key`, by name.
    func tables(_ table: TOMLTable, _ key: String) throws -> [(String, TOMLTable)] {
        guard let value = table[key] else { return [] }
        guard let outer = value.table else { throw wrong(key, "\(key) must be a table") }
        return try outer.keys.map {
            guard let inner = outer[$0]?.table else { throw wrong($0, "\(key).\($0) must be a table") }
            return ($0, inner)
        }
    }

    /// Name → text or list of texts.
    func stringLists(_ table: TOMLTable, at path: [String]) throws -> [String: [String]] {
        try table.keys.reduce(into: [:]) { $0[$1] = try strings(table, $1) }
    }

    /// Name → text.
    func texts(_ table: TOMLTable) throws -> [String: String] {
        try table.keys.reduce(into: [:]) { lists, key in
            guard let text = try string(table, key) else { return }
            lists[key] = text
        }
    }

    /// Scalars, lists and tables as `Value`; dates as text.
    func value(_ value: (any TOMLValueConvertible)?) -> Value {
        guard let value else { return .null }
        if let flag = value.bool { return .bool(flag) }
        if let integer = value.int { return .integer(integer) }
        if let number = value.double { return .number(number) }
        if let text = value.string { return .string(text) }
        if let items = value.array { return .array(items.map { self.value($0) }) }
        if let table = value.table { return .object(table.keys.reduce(into: [:]) { $0[$1] = self.value(table[$1]) }) }
        return .string(value.debugDescription)
    }

    /// What is wrong with `key`, with the line where it stands first.
    func wrong(_ key: String, _ what: String) -> Failure {
        let line = lines.firstIndex { $0.contains(key) }.map { ":\($0 + 1)" } ?? ""
        return Failure(.wrongUsage, "\(file)\(line): \(what)")
    }
}
