import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Foundation

/// `celeriac beat`: sends periodic tasks when they are due.
struct BeatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "beat", abstract: "The scheduler: sends periodic tasks when they are due.",
        discussion: """
            The entries are in the store that -S names: redbeat+redis://…, sqlite:///…, django+sqlite:///…, sqlalchemy+sqlite:///…, file:schedule.toml; without it, in \
            a broker that is an SQLite file. Edits, by whomever, are followed within a second. Of all beats on one store one leads and the others stand by.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: ArgumentHelp("Seconds after which all entries are read again, should a change have gone unheard.", valueName: "seconds")) var maxInterval: Double = 300
    @Option(help: ArgumentHelp("Time zone of entries that name none.", valueName: "name")) var timezone = "UTC"
    @Option(help: ArgumentHelp("Leave out a crontab's missed run that is older (default: make it good).", valueName: "seconds")) var cronStartingDeadline: Double?
    @Option(name: [.customShort("l"), .customLong("loglevel")], help: "Least level that is logged: debug, info, warning, error, critical.") var level: LogLevel = .warning
    @Option(name: [.customShort("f"), .customLong("logfile")], help: ArgumentHelp("Log to this file, not to standard error.", valueName: "file")) var logFile: String?

    func run() async throws {
        let session = try Session(global)
        guard session.permission == .act else { throw Failure(.wrongUsage, "a beat acts: it cannot be read-only or passive") }
        guard let schedules = try session.openSchedules() ?? Schemes.schedules(within: session.broker) else {
            throw Failure(.wrongUsage, "no schedule store: give -S URL, for instance redbeat+redis://localhost:6379/0, or set CELERIAC_SCHEDULER")
        }
        var configuration = AppConfiguration()
        configuration.broker = session.settings
        configuration.beat.maxInterval = try duration("--max-interval", maxInterval, isPositive: true)
        configuration.beat.zone = timezone
        configuration.beat.cronStartingDeadline = try cronStartingDeadline.map { try duration("--cron-starting-deadline", $0) }
        let app = try App("celeriac", broker: session.broker, resultBackend: session.resultBackend, configuration: configuration)
        let beat = try app.beat(schedules, log: WorkerLog.logger(level: level, file: logFile))
        Output.complain("celeriac: beat at \(session.broker), schedule at \(schedules.endpoint)")
        try await beat.runHeedingSignals()
        await schedules.close()
        await app.close()
    }
}
