import ArgumentParser
import CeleriacBroker
import CeleriacCore

/// `celeriac schedule remove NAME…`.
struct ScheduleRemove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "remove", abstract: "Remove entries.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var write: WriteOptions
    @Argument(help: "Names of entries.") var names: [String]

    func run() async throws {
        try await withSchedules(global, writes: true) { store in
            let found = try await find(names, in: store)
            if !write.dryRun { try confirm("remove \(list(found)) at \(store.endpoint)", yes: write.yes) }
            for read in found {
                if !write.dryRun { _ = try await store.remove(read).stored(over: read, ours: nil) }
                Output.line("\(ForeignText.safe(read.entry.name)) \(write.dryRun ? "would be removed" : "removed")")
                if read.isStatic { Output.complain("beat's own settings name it: its next start adds it again") }
            }
        }
    }
}

/// `celeriac schedule enable NAME…`.
struct ScheduleEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let entries run again.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var write: WriteOptions
    @Argument(help: "Names of entries.") var names: [String]

    func run() async throws { try await turn(names, on: true, global, write) }
}

/// `celeriac schedule disable NAME…`.
struct ScheduleDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "disable", abstract: "Let entries not run until they are enabled.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var write: WriteOptions
    @Argument(help: "Names of entries.") var names: [String]

    func run() async throws { try await turn(names, on: false, global, write) }
}

private func turn(_ names: [String], on: Bool, _ global: GlobalOptions, _ write: WriteOptions) async throws {
    let verb = on ? "enable" : "disable"
    try await withSchedules(global, writes: true) { store in
        let found = try await find(names, in: store)
        let others = found.filter { $0.entry.isEnabled != on }
        if others.count > 1, !write.dryRun { try confirm("\(verb) \(list(others)) at \(store.endpoint)", yes: write.yes) }
        for read in found {
            let name = ForeignText.safe(read.entry.name)
            guard read.entry.isEnabled != on else { Output.line("\(name) is \(verb)d already"); continue }
            if let problem = read.problem { throw Failure(.failed, "\(name) is broken, edit it first: \(ForeignText.safe(problem))") }
            var entry = read.entry
            entry.isEnabled = on
            if !write.dryRun { _ = try await store.save(entry, replacing: read).stored(over: read, ours: entry) }
            Output.line("\(name) \(write.dryRun ? "would be " : "")\(verb)d")
            if read.isStatic { Output.complain("beat's own settings name it: its next start undoes the change") }
        }
    }
}

/// `celeriac schedule skip NAME`.
struct ScheduleSkip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skip", abstract: "Leave out the next run of an entry, and only that.",
        discussion: "The time of the coming run is written as that of the last one, so that beat, Python's or ours, waits for the one after it.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @OptionGroup var write: WriteOptions
    @Argument(help: "Name of the entry.") var name: String

    func run() async throws {
        try await withSchedules(global, writes: true) { store in
            let read = try await find(name, in: store), safeName = ForeignText.safe(name)
            let zone = try rules(of: read.entry)
            let skip: ScheduleSkipping
            do throws(ScheduleSkipping.Refusal) { skip = try ScheduleSkipping(read, now: Clock.now, zone: zone) } catch {
                throw Failure(.failed, "\(safeName) is not skipped: \(ForeignText.safe(error.words))")
            }
            if !write.dryRun { _ = try await store.save(skip.entry, replacing: read).stored(over: read, ours: skip.entry) }
            if list.json { return Output.json(["name": .string(name), "skipped": Value(time: skip.skipped), "next_run": Value(time: skip.next)]) }
            Output.line("\(safeName) \(write.dryRun ? "would skip" : "skips") \(zone.dateAndTime(skip.skipped)), then runs at \(zone.dateAndTime(skip.next)) \(zone.name)")
        }
    }
}

private func list(_ entries: [StoredEntry]) -> String {
    entries.count > 3 ? "\(entries.count) entries" : entries.map { ForeignText.safe($0.entry.name) }.joined(separator: ", ")
}
