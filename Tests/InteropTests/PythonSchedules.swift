import CeleriacBroker
import CeleriacCore
import TestSupport

extension ScheduleStore {
    /// Adds or edits; what is stored then.
    @discardableResult
    func put(_ entry: ScheduleEntry, over expected: StoredEntry? = nil) async throws -> StoredEntry {
        guard case .done(let stored) = try await save(entry, replacing: expected) else { throw Program.Missing(description: "\(entry.name): conflict") }
        return stored
    }
}
