/// What one field of an entry says, and what it said.
public struct EntryDifference: Hashable, Sendable {
    public var field: EntryDraft.Field
    /// Empty for nothing; `nil` where there was no entry.
    public var before: String?
    public var after: String

    /// `Crontab: 0 4 * * * → 0 5 * * *`, and of a new entry `Crontab: 0 5 * * *`. **Not yet made safe to show.**
    public var words: String {
        func shown(_ text: String) -> String { text.isEmpty ? "nothing" : text }
        return "\(field.label): " + (before.map { shown($0) + " → " } ?? "") + shown(after)
    }
}

extension ScheduleEntry {
    /// What it says otherwise than `old`, in the order of a form's fields; all that it says without one. Runs do not count.
    public func differences(from old: ScheduleEntry?) -> [EntryDifference] {
        let before = old.map(EntryDraft.init), after = EntryDraft(self)
        func text(_ draft: EntryDraft, _ field: EntryDraft.Field) -> String { draft.texts[field] ?? "" }
        return EntryDraft.Field.allCases.compactMap { field in
            let new = text(after, field)
            guard let before else {
                return new.isEmpty || new == EntryDraft.defaults[field] && field != .enabled ? nil : EntryDifference(field: field, before: nil, after: new)
            }
            let old = text(before, field)
            return old == new ? nil : EntryDifference(field: field, before: old, after: new)
        }
    }
}
