import CeleriacCore
import Glibc
import Logging

extension App {
    /// Does what the program's arguments say: `worker`, with the options of `celery worker`. The last statement of a program that is a worker.
    ///
    /// Returns after a warm shutdown (SIGTERM, the first SIGINT, the control command). Ends the process itself, with Celery's exit code, after any other one,
    /// and with 2 and the usage on standard error when the arguments make no sense. In a child of the `process` pool, which is this program once more,
    /// it runs that child's tasks and does not return.
    /// - Parameter arguments: without the program's name.
    /// - Throws: `TransportError` when the broker refuses this worker for good.
    public func run(_ arguments: [String] = Array(CommandLine.arguments.dropFirst())) async throws {
        if PoolChild.isThisProcess { await PoolChild.run(self) }
        let options: WorkerArguments
        do { options = try WorkerArguments(arguments, configuration.worker) } catch {
            let complaint = Array("\(error.description)\n\(WorkerArguments.usage)\n".utf8)
            _ = write(STDERR_FILENO, complaint, complaint.count)
            exit(2)
        }
        var log = Logger(label: "celeriac.worker")
        log.logLevel = options.logLevel
        let code = try await Worker(app: self, configuration: options.configuration, log: log).runHeedingSignals()
        await close()
        if code != 0 { exit(code) }
    }
}
