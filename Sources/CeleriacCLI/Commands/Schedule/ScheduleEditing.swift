import ArgumentParser
import CeleriacBroker
import CeleriacCore
import Foundation

/// `celeriac schedule add NAME --task T --every 5m`.
struct ScheduleAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "add", abstract: "Add an entry.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Its name, unique in the store.") var name: String
    @OptionGroup var options: EntryOptions
    @OptionGroup var write: WriteOptions

    func run() async throws {
        guard options.when.isGiven else { throw Failure(.wrongUsage, "give one of --crontab, --every, --solar, --clocked and --rrule") }
        var draft = EntryDraft(name: name)
        try options.apply(to: &draft)
        try await withSchedules(global, writes: true) { [draft] store in
            let entry = try checked(draft, store.features)
            if write.dryRun, let taken = try await store.entry(name) { _ = try ScheduleWrite.conflict(taken).stored(over: nil, ours: entry) }
            let stored = write.dryRun ? StoredEntry(entry, version: "") : try await store.save(entry, replacing: nil).stored(over: nil, ours: entry)
            if list.json { return Output.json(Listing.whole(stored, now: Clock.now)) }
            tell(entry.differences(from: nil), of: entry, "\(write.dryRun ? "would be added" : "added") at \(store.endpoint)")
        }
    }
}

/// `celeriac schedule edit NAME --every 10m`, or in `$EDITOR`.
struct ScheduleEditing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change an entry; without options in $EDITOR.",
        discussion: "It is saved only if nobody changed the entry meanwhile; else the difference is told.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Name of the entry.") var name: String
    @Option(help: ArgumentHelp("Its new name.", valueName: "name")) var rename: String?
    @OptionGroup var options: EntryOptions
    @OptionGroup var write: WriteOptions

    func run() async throws {
        try await withSchedules(global, writes: true) { store in
            let read = try await find(name, in: store)
            var draft = EntryDraft(read.entry)
            if options.isGiven || rename != nil {
                if let rename { draft[.name] = rename }
                try options.apply(to: &draft)
            } else {
                draft = try EntryDocument(draft, read, store).edit()
            }
            let entry = try checked(draft, store.features), differences = entry.differences(from: read.entry)
            guard !differences.isEmpty || read.problem != nil else {
                if list.json { return Output.json(Listing.whole(read, now: Clock.now)) }
                return Output.complain("nothing is different: nothing was changed")
            }
            if !options.isGiven, rename == nil, !write.dryRun, !write.yes, isatty(STDIN_FILENO) == 1 {
                tell(differences, of: entry, "would become")
                try confirm("save \(ForeignText.safe(entry.name)) at \(store.endpoint)", yes: false)
            }
            let stored = write.dryRun ? StoredEntry(entry, version: "") : try await store.save(entry, replacing: read).stored(over: read, ours: entry)
            if read.isStatic { Output.complain("beat's own settings name this entry: its next start undoes the change") }
            if list.json { return Output.json(Listing.whole(stored, now: Clock.now)) }
            tell(differences, of: entry, "\(write.dryRun ? "would be saved" : "saved") at \(store.endpoint)")
        }
    }
}

/// The difference, a line each.
private func tell(_ differences: [EntryDifference], of entry: ScheduleEntry, _ deed: String) {
    Output.line("\(ForeignText.safe(entry.name)) \(deed)")
    for difference in differences { Output.line("  \(ForeignText.safe(difference.words))") }
}
