import ArgumentParser
import CeleriacBroker
import CeleriacCore
import Dashboard
import OrderedCollections

/// `celeriac schedule list`.
struct ScheduleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "All entries, broken ones with the reason.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        let entries = try await withSchedules(global) { try await $0.entries() }
        let now = Clock.now
        if list.json { return Output.json(.array(entries.map { Listing.value($0, now: now) })) }
        let rows = entries.map { stored in
            let entry = stored.entry, zone = try? rules(of: entry)
            let words = stored.problem.map { "broken: \($0)" } ?? zone.map { entry.schedule.words(zone: $0) } ?? "the zone \(entry.zone ?? "") is not known here"
            let next = Listing.next(stored, now: now).map { $0 <= now ? "due" : "in " + Formats.duration(($0 - now).rounded()) } ?? "-"
            let last = entry.lastRun.map { $0 > now ? "skipped" : Formats.age(now - $0) + " ago" } ?? "never"
            return [entry.name, entry.task, words, entry.isEnabled ? "yes" : "no", last, stored.problem == nil ? next : "-", Formats.grouped(entry.runs)].map { ForeignText.safe($0) }
        }
        Output.table(["NAME", "TASK", "SCHEDULE", "ENABLED", "LAST", "NEXT", "RUNS"], rows, right: [6])
    }
}

/// `celeriac schedule show NAME`.
struct ScheduleShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One entry, with its next runs.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Name of the entry.") var name: String

    func run() async throws {
        let stored = try await withSchedules(global) { try await find(name, in: $0) }
        let now = Clock.now, entry = stored.entry
        if list.json { return Output.json(Listing.whole(stored, now: now)) }
        if let problem = stored.problem { Output.line("Broken     \(ForeignText.safe(problem))") }
        for difference in entry.differences(from: nil) { Output.line(fact(difference.field.label, difference.after)) }
        if stored.isStatic { Output.line(fact("Static", "named by beat's own settings, which win at its next start")) }
        Output.line(fact("Runs", Formats.grouped(entry.runs)))
        if let last = entry.lastRun { Output.line(fact("Last run", "\(ZoneRules.utc.dateAndTime(last)) UTC")) }
        guard stored.problem == nil else { return }
        let zone = try rules(of: entry)
        Output.line(fact("In words", entry.schedule.words(zone: zone)))
        if entry.isEnabled, entry.lastRun == nil, Listing.next(stored, now: now) == nil, case .interval = entry.schedule {
            return Output.line(fact("Next", "not known: it has never run, and beat counts from its own start"))
        }
        for (index, run) in entry.runs(now: now, firstSeen: now, count: 5, zone: zone).enumerated() {
            Output.line(fact(index == 0 ? "Next" : "", "\(zone.weekday(run)) \(zone.dateAndTime(run)) \(zone.name)"))
        }
        for warning in entry.clockWarnings(now: now, zone: zone) { Output.line(fact("!", warning.text)) }
    }

    private func fact(_ label: String, _ text: String) -> String { label + String(repeating: " ", count: max(1, 11 - label.count)) + ForeignText.safe(text) }
}

extension Listing {
    /// Seconds since 1970; `nil`: never, or not known.
    static func next(_ stored: StoredEntry, now: Double) -> Double? {
        guard stored.problem == nil, let zone = try? rules(of: stored.entry) else { return nil }
        // Beat counts an interval that never ran from its own start, which no store tells.
        if stored.entry.lastRun == nil, stored.entry.start == nil, case .interval = stored.entry.schedule { return nil }
        return stored.entry.next(now: now, firstSeen: now, zone: zone)
    }

    /// The fields of a listed entry, `schedule` in words, and `problem` for a broken one. How the last run ended no store tells.
    static func value(_ stored: StoredEntry, now: Double) -> Value {
        let entry = stored.entry, isBroken = stored.problem != nil
        var value: OrderedDictionary<String, Value> = [
            "name": .string(entry.name), "task": .string(entry.task), "kind": isBroken ? .null : .string(EntryDraft(entry)[.kind]),
            "schedule": isBroken ? .null : .string(entry.schedule.words(zone: (try? rules(of: entry)) ?? .utc)),
            "args": .array(entry.args), "kwargs": .object(entry.kwargs), "options": .object(entry.options), "enabled": .bool(entry.isEnabled),
            "last_run": entry.lastRun.map(Value.init(time:)) ?? .null, "next_run": next(stored, now: now).map(Value.init(time:)) ?? .null,
            "total_runs": .integer(entry.runs), "last_state": .null, "last_runtime": .null,
        ]
        if let problem = stored.problem { value["problem"] = .string(problem) }
        return .object(value)
    }

    /// All that is stored of an entry; when it runs once more as `celeriac schedule add` takes it.
    static func whole(_ stored: StoredEntry, now: Double) -> Value {
        let entry = stored.entry, draft = EntryDraft(entry)
        var value = Self.value(stored, now: now).object ?? [:]
        for (field, name) in [(EntryDraft.Field.every, "every"), (.crontab, "crontab"), (.solar, "solar"), (.place, "at"), (.time, "clocked"), (.rrule, "rrule")] {
            let isItsOwn = draft.fields(.everything).contains(field) && stored.problem == nil
            value[name] = isItsOwn ? .string(draft[field]) : nil as Value?
        }
        value["timezone"] = entry.zone.map(Value.string) ?? .null
        value["relative"] = if case .interval(let interval) = entry.schedule { .bool(interval.isRelative) } else { .bool(false) }
        value["one_off"] = .bool(entry.isOneOff)
        value["start"] = entry.start.map(Value.init(time:)) ?? .null
        value["end"] = entry.end.map(Value.init(time:)) ?? .null
        value["note"] = .string(entry.note)
        value["static"] = .bool(stored.isStatic)
        return .object(value)
    }
}
