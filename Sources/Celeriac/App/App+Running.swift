public import CeleriacBroker
import CeleriacCore
import Glibc
public import Logging

extension App {
    /// Does what the program's arguments say: `worker` or `beat`, with the options of `celery worker` and `celery beat`. The last statement of a program that
    /// is one of them.
    ///
    /// Returns after a warm shutdown (SIGTERM, the first SIGINT, the control command). Ends the process itself, with Celery's exit code, after any other one,
    /// and with 2 and the usage on standard error when the arguments make no sense. In a child of the `process` pool, which is this program once more,
    /// it runs that child's tasks and does not return.
    /// - Parameter arguments: without the program's name.
    /// - Throws: `TransportError` when the broker refuses this worker, or the schedule store this beat, for good.
    public func run(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) async throws {
        if PoolChild.isThisProcess { await PoolChild.run(self) }
        let code: Int32
        switch arguments.first {
        case "worker":
            let options = read(WorkerArguments.usage) { () throws(Misuse) in try WorkerArguments(arguments.dropFirst(), configuration.worker) }
            code = try await Worker(app: self, configuration: options.configuration, log: Self.log("worker", options.logLevel)).runHeedingSignals()
        case "beat":
            let options = read(BeatArguments.usage) { () throws(Misuse) in try BeatArguments(arguments.dropFirst(), configuration.beat) }
            let schedules = try options.configuration.scheduler.map { url throws(TransportError) in try Schemes.schedules(url) }
            try await beat(schedules, configuration: options.configuration, log: Self.log("beat", options.logLevel)).runHeedingSignals()
            await schedules?.close()
            code = 0
        case let command:
            misused(command.map { "unknown command \"\(ForeignText.safe($0))\"" } ?? "what is to be done?", "\(WorkerArguments.usage)\n\(BeatArguments.usage)")
        }
        await close()
        if code != 0 { exit(code) }
    }

    /// A beat that sends this app's tasks.
    /// - Parameters:
    ///   - schedules: where the entries are; `nil`: in the memory of this process, which has those of the configuration.
    ///   - configuration: instead of the app's.
    /// - Throws: as `Beat.init`.
    public func beat(
        _ schedules: (any ScheduleStore)? = nil, configuration: BeatConfiguration? = nil, log: Logger = Logger(label: "celeriac.beat")
    ) throws(TransportError) -> Beat {
        try Beat(app: self, schedules: schedules ?? MemorySchedules(), configuration: configuration, log: log)
    }

    private func read<Options>(_ usage: String, _ read: () throws(Misuse) -> Options) -> Options {
        do throws(Misuse) { return try read() } catch { misused(error.description, usage) }
    }

    private func misused(_ complaint: String, _ usage: String) -> Never {
        let bytes = Array("\(complaint)\n\(usage)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
        exit(2)
    }

    private static func log(_ part: String, _ level: Logger.Level) -> Logger {
        var log = Logger(label: "celeriac.\(part)")
        log.logLevel = level
        return log
    }
}
