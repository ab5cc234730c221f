import CeleriacBroker
import CeleriacCore
import Foundation
import TOMLKit

/// An entry as a TOML document for `$EDITOR`: each field a text, a comment above it.
struct EntryDocument {
    private let draft: EntryDraft
    private let stored: StoredEntry
    private let store: any ScheduleStore

    init(_ draft: EntryDraft, _ stored: StoredEntry, _ store: any ScheduleStore) {
        (self.draft, self.stored, self.store) = (draft, stored, store)
    }

    /// What the user made of it.
    /// - Throws: wrong usage, with file and line, for what cannot be read; the file stays then, so that nothing typed is lost.
    func edit() throws -> EntryDraft {
        let editor = try Editor(hint: "nothing to change: give options, or set EDITOR to edit the entry as a document")
        let (edited, file) = try editor.edit(text, name: "entry.toml")
        let draft = try read(edited, file: file)
        let reading = draft.read(store.features)
        if !reading.faults.isEmpty {
            let lines = edited.split(separator: "\n", omittingEmptySubsequences: false)
            let faults = EntryDraft.Field.allCases.compactMap { field -> String? in
                guard let words = reading.faults[field] else { return nil }
                let line = lines.firstIndex { $0.hasPrefix("\(field.rawValue) ") || $0.hasPrefix("\(field.rawValue)=") }.map { ":\($0 + 1)" } ?? ""
                return "\(file)\(line): \(field.rawValue): \(ForeignText.safe(words))"
            }
            throw Failure(.wrongUsage, faults.joined(separator: "\n          "))
        }
        editor.discard(file)
        return draft
    }

    private func read(_ text: String, file: String) throws -> EntryDraft {
        let document = try TOMLDocument(text, file: file)
        let table = try document.table(document.root, at: [], known: EntryDraft.Field.allCases.map(\.rawValue))
        var draft = draft
        for field in EntryDraft.Field.allCases {
            guard let value = table[field.rawValue].map(document.value) else { continue }
            draft[field] = switch value {
            case .string(let text): text
            case .bool(let flag): flag ? "yes" : "no"
            // `args = [1, 2]` is understood as well.
            default: JSON.text(value)
            }
        }
        return draft
    }

    /// The fields of its kind that the store can hold.
    var text: String {
        var lines = ["# \(ForeignText.safe(stored.entry.name)) at \(store.endpoint)", "# Save and leave the editor: the difference is shown. Leave it as it is to change nothing."]
        if let problem = stored.problem { lines.append("# BROKEN: \(ForeignText.safe(problem))") }
        for field in draft.fields(store.features) {
            let hint = field == .kind ? draft.kinds(store.features).map(\.rawValue).joined(separator: ", ") + ". Each wants fields of its own: every; crontab; solar and place; time; rrule" : field.hint
            lines += ["", "# \(field.label)\(hint.isEmpty ? "" : ": \(hint)")", "\(field.rawValue) = \(Self.quoted(draft[field]))"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Bare between apostrophes where it can be, since JSON is full of quotation marks.
    static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0 != "'" }
        return isPlain ? "'\(text)'" : TOMLWriting.quoted(text)
    }
}
