import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// The TOML file, read.
struct EntryDocument {
    private(set) var text: String
    private var sections: TOMLSections
    private var tables: OrderedDictionary<String, Value>

    /// - Throws: kind `.garbled`, with the line.
    init(_ text: String, _ operation: String, _ endpoint: String) throws(TransportError) {
        do throws(TOMLFault) { tables = try Self.tables(text) } catch {
            throw TransportError(.garbled, operation: operation, endpoint: endpoint, cause: "line \(error.line): \(ForeignText.safe(error.words))")
        }
        self.text = text
        sections = TOMLSections(text)
    }

    private static func tables(_ text: String) throws(TOMLFault) -> OrderedDictionary<String, Value> {
        let root = try TOMLReading.value(text)
        guard let entries = root["entries"] else { return [:] }
        guard let tables = entries.object else { throw TOMLFault(line: 1, words: "entries is no table") }
        return tables
    }

    func has(_ name: String) -> Bool { tables[name] != nil }

    func entries(_ states: RunStates) -> [StoredEntry] {
        // One pass over the sections for all.
        let texts = Dictionary(grouping: sections.sections.filter { $0.path.count >= 2 && $0.path[0] == "entries" }) { $0.path[1] }
        return tables.map { stored($0.key, $0.value, texts[$0.key] ?? [], states) }
    }

    func entry(_ name: String, _ states: RunStates) -> StoredEntry? {
        tables[name].map { stored(name, $0, sections.all(below: ["entries", name]), states) }
    }

    private func stored(_ name: String, _ table: Value, _ own: [TOMLSections.Section], _ states: RunStates) -> StoredEntry {
        var (entry, problem) = EntryTable.entry(name, table)
        let run = states[name]
        entry.lastRun = run.lastRun
        entry.runs = run.runs
        // What has no lines of its own is compared by what it says.
        let definition = own.isEmpty ? String(decoding: JSON.encode(table), as: UTF8.self) : sections.text(own)
        return StoredEntry(entry, version: EntryVersion(definition: definition, runs: run.version).text, problem: problem)
    }

    // MARK: - Editing

    /// - Throws: kind `.refused`; nothing is changed then.
    mutating func put(_ entry: ScheduleEntry, over old: String?, _ endpoint: String) throws(TransportError) {
        guard let block = EntryTable.block(entry) else {
            throw TransportError(.refused, operation: "save", endpoint: endpoint, cause: "this store cannot hold such an entry")
        }
        try change(to: old == nil ? sections.appending(block) : sections.replacing(try own(old ?? "", endpoint), with: block), [old, entry.name], endpoint)
    }

    mutating func remove(_ name: String, _ endpoint: String) throws(TransportError) {
        try change(to: sections.replacing(try own(name, endpoint), with: ""), [name], endpoint)
    }

    private func own(_ name: String, _ endpoint: String) throws(TransportError) -> [TOMLSections.Section] {
        let own = sections.all(below: ["entries", name])
        if own.isEmpty { throw unusual(endpoint) }
        return own
    }

    /// Takes over the new text if it differs in `names` only.
    private mutating func change(to text: String, _ names: [String?], _ endpoint: String) throws(TransportError) {
        guard var after = try? Self.tables(text) else { throw unusual(endpoint) }
        let tables = after
        var before = self.tables
        for case let name? in names { (before[name], after[name]) = (nil, nil) }
        guard before.count == after.count, before.allSatisfy({ after[$0.key] == $0.value }) else { throw unusual(endpoint) }
        self.text = text
        self.tables = tables
        sections = TOMLSections(text)
    }

    private func unusual(_ endpoint: String) -> TransportError {
        TransportError(
            .refused, operation: "save", endpoint: endpoint, cause: "the entry is not written as a table of its own", hint: "write it as [entries.NAME], and its keys below")
    }
}
