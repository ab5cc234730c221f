import ArgumentParser
import CeleriacBroker
import CeleriacCore

/// `celeriac schedule`.
struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "schedule", abstract: "When periodic tasks run.", subcommands: [ScheduleNext.self])
}

/// `celeriac schedule next --crontab '*/5 9-17 * * mon-fri'`.
struct ScheduleNext: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "next", abstract: "The next runs of a schedule; needs no broker.")
    @Option(help: ArgumentHelp("Minute, hour, day of month, month, day of week, as Celery reads them.", valueName: "fields")) var crontab: String?
    @Option(help: ArgumentHelp("Interval.", valueName: "seconds")) var every: Double?
    @Option(help: ArgumentHelp("Event of the sun (sunrise, solar_noon, sunset, dawn_civil, …).", valueName: "event")) var solar: String?
    @Option(parsing: .unconditional, help: ArgumentHelp("Where the sun is seen, in degrees north and east: 52.5,13.4", valueName: "place")) var at: String?
    @Option(help: ArgumentHelp("Time zone of the schedule.", valueName: "name")) var timezone = "UTC"
    @Option(parsing: .unconditional, help: ArgumentHelp("The last run, else now.", valueName: "UNIX seconds")) var after: Double?
    @Option(name: .customShort("n"), help: ArgumentHelp("How many.", valueName: "count")) var count = 5
    @OptionGroup var list: ListOptions

    func run() async throws {
        let schedule = try schedule(), zone = try zone()
        guard 1...1000 ~= count else { throw Failure(.wrongUsage, "-n \(count): from 1 to 1000") }
        let after = after ?? Clock.now
        guard after.magnitude < 1e11 else { throw Failure(.wrongUsage, "--after: no time in seconds since 1970") }
        let runs = schedule.runs(after: after, count: count, zone: zone)
        if list.json { return Output.json(.array(runs.map { run in Int(exactly: run).map { .integer($0) } ?? .number(run) })) }
        Output.complain(schedule.words(zone: zone))
        for run in runs { Output.line("\(zone.weekday(run)) \(zone.dateAndTime(run)) \(zone.name)") }
        for warning in ScheduleEntry("", task: "", schedule: schedule).clockWarnings(now: after, zone: zone) { Output.complain(warning.text) }
        if runs.isEmpty { throw Failure(.failed, "no run is to come") }
    }

    private func zone() throws -> ZoneRules {
        do { return try ZoneFiles.system.rules(timezone) } catch { throw Failure(.wrongUsage, "--timezone: \(error)") }
    }

    private func schedule() throws -> Schedule {
        guard [crontab != nil, every != nil, solar != nil].count(where: \.self) == 1 else { throw Failure(.wrongUsage, "give one of --crontab, --every and --solar") }
        if at != nil, solar == nil { throw Failure(.wrongUsage, "--at belongs to --solar") }
        if let crontab {
            do { return .crontab(try CrontabSchedule(crontab)) } catch { throw Failure(.wrongUsage, "--crontab: \(ForeignText.safe("\(error)"))") }
        }
        if let every {
            guard every > 0, every < 1e11 else { throw Failure(.wrongUsage, "--every: a number of seconds above 0") }
            return .interval(IntervalSchedule(every: every))
        }
        guard let event = SolarSchedule.Event(rawValue: solar ?? "") else {
            throw Failure(.wrongUsage, "--solar: one of \(SolarSchedule.Event.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let place = at?.split(separator: ",").map { Double($0) } ?? []
        guard place.count == 2, let north = place[0], let east = place[1], let solar = SolarSchedule(event, latitude: north, longitude: east) else {
            throw Failure(.wrongUsage, "--solar needs --at NORTH,EAST: degrees from -90 to 90 and from -180 to 180")
        }
        return .solar(solar)
    }
}
