package import CeleriacCore

/// What was stored of an entry when it was read, as one text: what editors write apart from what beat writes.
/// Compared byte by byte, as servers do.
package struct EntryVersion: Sendable {
    package var definition: String
    package var runs: String

    package init(definition: String, runs: String) {
        self.definition = definition
        self.runs = runs
    }

    /// - Returns: `nil` when `text` is none of ours.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), let length = Int(text[..<colon]), length >= 0 else { return nil }
        let rest = text[text.index(after: colon)...].utf8
        guard let end = rest.index(rest.startIndex, offsetBy: length, limitedBy: rest.endIndex), let definition = String(rest[..<end]),
            let runs = String(rest[end...])
        else { return nil }
        self.init(definition: definition, runs: runs)
    }

    /// A hash of the definition in a version's text, for this process; of all of it when it is none of ours.
    package static func definitionHash(_ text: String) -> Int {
        var text = text, hasher = Hasher()
        text.withUTF8 { bytes in
            let digits = bytes.prefix { $0 != UInt8(ascii: ":") }
            let rest = bytes.dropFirst(digits.count + 1)
            let length = Int(String(decoding: digits, as: UTF8.self)).flatMap { 0...rest.count ~= $0 ? $0 : nil }
            hasher.combine(bytes: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: length.map { rest.prefix($0) } ?? bytes[...])))
        }
        return hasher.finalize()
    }

    package var text: String { "\(definition.utf8.count):\(definition)\(runs)" }

    /// Whether the edit that makes `entry` of what was read as `expected` may be written over `self`, which is stored now.
    package func admits(_ entry: ScheduleEntry, over expected: StoredEntry) -> Bool {
        guard let read = Self(expected.version), read.definition.utf8.elementsEqual(definition.utf8) else { return false }
        return entry.hasRunAs(expected.entry) || read.runs.utf8.elementsEqual(runs.utf8)
    }

    package func isEditedSince(_ expected: StoredEntry) -> Bool {
        Self(expected.version).map { !$0.definition.utf8.elementsEqual(definition.utf8) } ?? true
    }
}

extension ScheduleEntry {
    /// Whether both tell the same of runs.
    package func hasRunAs(_ other: ScheduleEntry) -> Bool { lastRun == other.lastRun && runs == other.runs }
}
