import ArgumentParser
import CeleriacBroker
import Foundation

/// Exit codes, as the README lists them.
enum Outcome: Int32 {
    case done = 0
    case failed = 1
    case wrongUsage = 2
    /// The broker cannot be reached, or no worker replied.
    case unavailable = 69
}

/// Ends the program with a code and one line on standard error.
struct Failure: Error {
    var outcome: Outcome
    var message: String

    init(_ outcome: Outcome = .failed, _ message: String) {
        self.outcome = outcome
        self.message = message
    }

    init(_ error: TransportError) {
        let outcome: Outcome =
            switch error.kind {
            case .misconfigured: .wrongUsage
            case .unreachable, .timedOut, .unauthorized: .unavailable
            default: .failed
            }
        self.init(outcome, error.description)
    }
}

@main
enum Entry {
    static func main() async {
        // A reader that goes away (`celeriac events | head`) is an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try CeleriacCommand.parseAsRoot(globalsLast(Array(CommandLine.arguments.dropFirst())))
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            exit(Outcome.done.rawValue)
        } catch let failure as Failure {
            Output.complain("celeriac: \(failure.message)")
            exit(failure.outcome.rawValue)
        } catch let error as TransportError {
            let failure = Failure(error)
            Output.complain("celeriac: \(failure.message)")
            exit(failure.outcome.rawValue)
        } catch {
            let code = CeleriacCommand.exitCode(for: error)
            if code.isSuccess {
                print(CeleriacCommand.fullMessage(for: error))
                exit(Outcome.done.rawValue)
            }
            Output.complain(CeleriacCommand.fullMessage(for: error))
            exit(Outcome.wrongUsage.rawValue)
        }
    }

    /// Global options may stand before the subcommand: they are moved behind it, where the parser wants them.
    static func globalsLast(_ arguments: [String]) -> [String] {
        let valued: Set = ["-b", "--broker", "-r", "--result-backend", "-S", "--scheduler", "--context", "--theme", "--color", "--config", "--control-exchange", "--event-exchange", "--transport-option"]
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("-"), first != "-h", first != "--help", first != "--version", first != "--" {
            leading.append(first)
            rest = rest.dropFirst()
            if valued.contains(first), let value = rest.first {
                leading.append(value)
                rest = rest.dropFirst()
            }
        }
        guard let subcommand = rest.first, CeleriacCommand.configuration.subcommands.contains(where: { $0._commandName == subcommand }) else { return arguments }
        return [subcommand] + rest.dropFirst().prefix(while: { $0 != "--" }) + leading + rest.dropFirst().drop(while: { $0 != "--" })
    }
}

struct CeleriacCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "celeriac",
        abstract: "Watch and steer a Celery cluster.",
        discussion: "Without a subcommand, the dashboard opens. Every action of the dashboard is a subcommand too.",
        version: "0.1.0",
        subcommands: [
            Top.self, Status.self, Inspect.self, Control.self, Events.self, Queues.self, Workers.self, Tasks.self, Workflows.self, Timings.self, Find.self, Peek.self, Edit.self, Move.self, Reorder.self, Delete.self, Purge.self, TrashCommand.self, Result.self, Revoke.self, Retry.self, Info.self, Call.self, WorkerCommand.self, BeatCommand.self, ScheduleCommand.self, Demo.self, DemoWorker.self, DemoBeat.self,
            BenchIngest.self,
        ],
        defaultSubcommand: Top.self)
}
