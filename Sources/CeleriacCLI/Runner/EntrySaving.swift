import CeleriacBroker
import CeleriacCore
import Dashboard

extension ScheduleStore {
    /// Carries out `Effect.saveEntry`.
    func write(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async -> Action {
        do throws(TransportError) { return .entryWritten(try await save(entry, replacing: expected)) } catch { return .entryRefused(ForeignText.safe(error.description)) }
    }
}

/// Answers `Effect.askZone`.
func zone(_ name: String) -> Action { .zone(name, try? ZoneFiles.system.rules(name)) }
