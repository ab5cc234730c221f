import CeleriacBroker
import CeleriacCore
import Dashboard

extension ScheduleStore {
    /// Carries out `Effect.saveEntry`.
    func write(_ entry: ScheduleEntry, replacing expected: StoredEntry?) async -> Action {
        do throws(TransportError) { return .entryWritten(try await save(entry, replacing: expected)) } catch { return .entryRefused(ForeignText.safe(error.description)) }
    }
}

extension ScheduleEntry {
    /// The `celeriac` command that does the same to what was read as `old`.
    func command(over old: ScheduleEntry?, store: String) -> String {
        var words = ["celeriac", "-S", store, "schedule", old == nil ? "add" : "edit", old?.name ?? name]
        for difference in differences(from: old) {
            let isYes = difference.after == "yes"
            switch difference.field {
            case .kind: break
            case .name: if old != nil { words += ["--rename", name] }
            case .relative: if case .interval = schedule { words.append(isYes ? "--relative" : "--no-relative") }
            case .oneOff: words.append(isYes ? "--one-off" : "--no-one-off")
            case .enabled: if old != nil || !isYes { words.append(isYes ? "--enabled" : "--disabled") }
            // Fields of the kind that it no longer is.
            case .every, .crontab, .solar, .place, .time, .rrule: if !difference.after.isEmpty { words += [difference.field.option, difference.after] }
            default: words += [difference.field.option, difference.after]
            }
        }
        return words.map(\.quotedForShell).joined(separator: " ")
    }
}

extension String {
    /// As one word of a shell.
    var quotedForShell: String {
        let isPlain = !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./:+@=,".contains($0)) }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}

/// Answers `Effect.askZone`.
func zone(_ name: String) -> Action { .zone(name, try? ZoneFiles.system.rules(name)) }
