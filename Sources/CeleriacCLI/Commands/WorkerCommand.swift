import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Foundation
import Logging

/// `celeriac worker`: runs commands as tasks.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "A worker whose tasks are other programs.",
        discussion: """
            The file has a table for each task:

              [tasks."ledger.write"]
              command = ["python3", "ledger.py"]   # no shell is in between
              timeout = 60                         # seconds; soft_timeout asks by SIGTERM first
              retry = 3                            # or { max = 3, delay = 5, backoff = true, max_delay = 600 }
              queue = "ledger"
              env = { LEDGER = "main" }

            A program reads one line of JSON, {"id", "name", "args", "kwargs", "retries"}, and prints the result, JSON or text. \
            It exits with 0 for success, 75 to be run again, 76 to be rejected; anything else is a failure, with the end of its \
            standard error as the traceback.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: ArgumentHelp("TOML file of the tasks.", valueName: "file")) var tasks: String
    @Option(name: [.customShort("n"), .customLong("hostname")], help: ArgumentHelp("Node name (default: celery@HOST); %h, %n, %d stand for the host's name and its parts.", valueName: "name"))
    var nodeName: String?
    @Option(name: [.customShort("Q"), .long], help: ArgumentHelp("Queues to consume from, comma-separated (default: celery and those of the tasks).", valueName: "name,…")) var queues: String?
    @Option(name: [.short, .long], help: ArgumentHelp("Tasks at once (default: as many as there are processors).", valueName: "count")) var concurrency: Int?
    @Option(name: [.customShort("P"), .long], help: "async: all in this process. process: each task in a child process.") var pool: PoolName = .async
    @Flag(name: [.customShort("E"), .long], help: "Send events, for monitors.") var taskEvents = false
    @Option(name: [.customShort("l"), .customLong("loglevel")], help: "Least level that is logged: debug, info, warning, error, critical.") var level: LogLevel = .warning
    @Option(name: [.customShort("f"), .customLong("logfile")], help: ArgumentHelp("Log to this file, not to standard error.", valueName: "file")) var logFile: String?
    @Option(help: ArgumentHelp("Grow and shrink with the work.", valueName: "max,min")) var autoscale: String?
    @Option(help: ArgumentHelp("Messages taken in advance for each task that can run; 0: all there are.", valueName: "count")) var prefetchMultiplier: Int = 4
    @Option(help: ArgumentHelp("Seconds after which a task is ended.", valueName: "seconds")) var timeLimit: Double?
    @Option(help: ArgumentHelp("Seconds after which a task is asked to end.", valueName: "seconds")) var softTimeLimit: Double?
    @Option(name: .customLong("statedb"), help: ArgumentHelp("File that keeps revoked ids over a restart.", valueName: "file")) var stateFile: String?
    @Option(help: ArgumentHelp("Tasks after which a child process is replaced.", valueName: "count")) var maxTasksPerChild: Int?
    @Option(help: ArgumentHelp("Kilobytes resident after which a child process is replaced.", valueName: "kilobytes")) var maxMemoryPerChild: Int?

    func run() async throws {
        let session = try Session(global)
        guard session.permission == .act else { throw Failure(.wrongUsage, "a worker acts: it cannot be read-only or passive") }
        let file = try WorkerTaskFile.read(tasks)
        let log = try WorkerLog.logger(level: level, file: logFile)
        let app = try App("celeriac", broker: session.broker, resultBackend: session.resultBackend, configuration: try configuration(session, file))
        for task in file.tasks { app.register(task.definition) }
        if PoolChild.isThisProcess { await PoolChild.run(app) }
        let worker = Worker(app: app, log: log)
        Output.complain("celeriac: \(ForeignText.safe(worker.name.rawValue)) at \(session.broker): \(file.tasks.count) \(file.tasks.count == 1 ? "task" : "tasks"), pool \(pool.rawValue)")
        let code = try await worker.runHeedingSignals()
        await app.close()
        if code != 0 { throw Failure(.failed, "ended before its tasks had") }
    }

    private func configuration(_ session: Session, _ file: WorkerTaskFile) throws -> AppConfiguration {
        var configuration = AppConfiguration()
        configuration.broker = session.settings
        configuration.limits = TimeLimits(
            soft: try softTimeLimit.map { try duration("--soft-time-limit", $0, isPositive: true) },
            hard: try timeLimit.map { try duration("--time-limit", $0, isPositive: true) })
        configuration.queues = file.tasks.compactMap(\.options.queue).reduce(into: [Queue(configuration.defaultQueue)]) { queues, name in
            if !queues.contains(where: { $0.name == name }) { queues.append(Queue(name)) }
        }
        var worker = WorkerConfiguration()
        worker.name = nodeName
        worker.pool = pool == .process ? .process : .async
        worker.concurrency = try Self.positive("-c", concurrency)
        worker.autoscale = try autoscale.map(Self.range)
        worker.prefetchMultiplier = max(0, prefetchMultiplier)
        worker.queues = queues.map { $0.split(separator: ",").map { QueueName($0.trimmingCharacters(in: .whitespaces)) } }
        worker.sendsEvents = taskEvents
        worker.stateFile = stateFile
        worker.maxTasksPerChild = try Self.positive("--max-tasks-per-child", maxTasksPerChild)
        worker.maxMemoryPerChild = try Self.positive("--max-memory-per-child", maxMemoryPerChild)
        configuration.worker = worker
        return configuration
    }

    private static func positive(_ option: String, _ count: Int?) throws -> Int? {
        if let count, count < 1 { throw Failure(.wrongUsage, "\(option) wants at least 1, not \(count)") }
        return count
    }

    /// `MAX,MIN` as Celery has it; without `MIN` it is 0, which here is 1.
    private static func range(_ text: String) throws -> ClosedRange<Int> {
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard let most = numbers.first ?? nil, let least = numbers.count == 2 ? numbers[1] : numbers.count == 1 ? 1 : nil, most >= 1, 0...most ~= least else {
            throw Failure(.wrongUsage, "--autoscale wants MAX,MIN, not \"\(text)\"")
        }
        return max(1, least)...most
    }
}

/// `-P`.
enum PoolName: String, ExpressibleByArgument, CaseIterable {
    case async, process
}
