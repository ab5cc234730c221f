package import CeleriacCore
import OrderedCollections

extension ScheduleFeatures {
    /// Options of publication that have columns in the tables of django-celery-beat.
    package static let tabledOptions: Set<String> = ["queue", "exchange", "routing_key", "priority", "expires", "headers"]

    /// - Throws: kind `.refused`, for an entry that such a store would not give back as it is.
    package func check(_ entry: ScheduleEntry, at endpoint: String) throws(TransportError) {
        guard let lack = lack(of: entry) else { return }
        throw TransportError(.refused, operation: "save", endpoint: endpoint, cause: "this store cannot hold \(lack)")
    }

    private func lack(of entry: ScheduleEntry) -> String? {
        if entry.name.isEmpty { return "an entry without a name" }
        switch entry.schedule {
        case .interval(let interval):
            guard interval.every > 0, interval.every.isFinite else { return "an interval that is no positive number of seconds" }
            if !contains(interval.isRelative ? .relativeInterval : .interval) { return interval.isRelative ? "relative intervals" : "intervals" }
        case .crontab: if !contains(.crontab) { return "crontabs" }
        case .solar: if !contains(.solar) { return "solar schedules" }
        case .clocked(let time):
            if !contains(.clocked) { return "clocked schedules" }
            if ISOTime.text(time) == nil { return "that time" }
        case .recurrence: if !contains(.recurrence) { return "recurrence rules" }
        }
        if entry.zone != nil, !contains(.zones) { return "time zones" }
        if entry.isOneOff, !contains(.oneOff) { return "one-off entries" }
        if entry.start != nil, !contains(.start) { return "a start" }
        if entry.end != nil, !contains(.end) { return "an end" }
        for time in [entry.start, entry.end, entry.lastRun] {
            if let time, ISOTime.text(time) == nil { return "that time" }
        }
        if !entry.note.isEmpty, !contains(.note) { return "notes" }
        if !contains(.anyOption), let option = entry.options.keys.first(where: { !Self.tabledOptions.contains($0) }) { return "the option \(option)" }
        return entry.runs < 0 ? "a negative number of runs" : nil
    }
}
