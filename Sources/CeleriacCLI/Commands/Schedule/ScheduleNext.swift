import ArgumentParser
import CeleriacBroker
import CeleriacCore

/// `celeriac schedule next --crontab '*/5 9-17 * * mon-fri'`, `celeriac schedule next NAME`.
struct ScheduleNext: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "next", abstract: "The next runs of a schedule, or of an entry; needs no broker.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Name of an entry; else the schedule is given by options.") var name: String?
    @OptionGroup var when: WhenOptions
    @Option(parsing: .unconditional, help: ArgumentHelp("The last run, else now.", valueName: "UNIX seconds")) var after: Double?
    @Option(name: .customShort("n"), help: ArgumentHelp("How many.", valueName: "count")) var count = 5

    func run() async throws {
        guard 1...1000 ~= count else { throw Failure(.wrongUsage, "-n \(count): from 1 to 1000") }
        let now = after ?? Clock.now
        guard now.magnitude < 1e11 else { throw Failure(.wrongUsage, "--after: no time in seconds since 1970") }
        var plan: ScheduleEntry
        if let name {
            guard !when.isGiven else { throw Failure(.wrongUsage, "either the name of an entry, or a schedule by options") }
            let stored = try await withSchedules(global) { try await find(name, in: $0) }
            if let problem = stored.problem { throw Failure(.failed, "\(ForeignText.safe(name)) is broken: \(ForeignText.safe(problem))") }
            plan = stored.entry
            if !plan.isEnabled { Output.complain("\(ForeignText.safe(name)) is disabled: none of these runs happens") }
            plan.isEnabled = true
            if let after { plan.lastRun = after }
        } else {
            guard when.isGiven else { throw Failure(.wrongUsage, "give one of --crontab, --every, --solar, --clocked and --rrule, or the name of an entry") }
            var draft = EntryDraft()
            try when.apply(to: &draft)
            let reading = draft.read()
            try refuse(reading.faults.filter { EntryDraft.Field.when.contains($0.key) })
            guard let read = reading.plan else { throw Failure(.wrongUsage, "no schedule was given") }
            plan = read
            plan.lastRun = now
        }
        let zone = try rules(of: plan)
        let runs = name == nil ? plan.schedule.runs(after: now, count: count, zone: zone) : plan.runs(now: now, firstSeen: now, count: count, zone: zone)
        if list.json { return Output.json(.array(runs.map(Value.init(time:)))) }
        Output.complain(ForeignText.safe(plan.schedule.words(zone: zone)))
        for run in runs { Output.line("\(zone.weekday(run)) \(zone.dateAndTime(run)) \(zone.name)") }
        for warning in plan.clockWarnings(now: now, zone: zone) { Output.complain(warning.text) }
        if runs.isEmpty { throw Failure(.failed, "no run is to come") }
    }
}

/// Rules of the zone that an entry names, else UTC.
func rules(of entry: ScheduleEntry) throws(Failure) -> ZoneRules {
    do { return try ZoneFiles.system.rules(entry.zone ?? "UTC") } catch { throw Failure(.wrongUsage, "--timezone: \(error)") }
}

extension Value {
    /// Seconds since 1970, as an integer when they are whole.
    init(time: Double) { self = Int(exactly: time).map { .integer($0) } ?? .number(time) }
}
