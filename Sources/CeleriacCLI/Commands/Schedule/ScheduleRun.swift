import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore

/// `celeriac schedule run NAME`.
struct ScheduleRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Send an entry's task now, as beat would; its schedule goes on as before.", discussion: "Needs a broker beside the schedule store.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @OptionGroup var write: WriteOptions
    @Argument(help: "Names of entries.") var names: [String]

    func run() async throws {
        let session = try Session(global)
        let found = try await withSchedules(global, writes: true) { try await find(names, in: $0) }
        for read in found { if let problem = read.problem { throw Failure(.failed, "\(ForeignText.safe(read.entry.name)) is broken: \(ForeignText.safe(problem))") } }
        if found.count > 1, !write.dryRun { try confirm("send \(found.count) tasks to \(session.broker)", yes: write.yes) }
        var configuration = AppConfiguration()
        configuration.broker = session.settings
        configuration.sendsSentEvents = true
        let app = try App("celeriac", broker: session.broker, resultBackend: session.resultBackend, configuration: configuration)
        for read in found {
            let entry = read.entry, task = ForeignText.safe(entry.task)
            if write.dryRun { Output.line("\(task) would be sent to \(session.broker)"); continue }
            let id: TaskID
            do { id = try await app.trigger(entry) } catch let error as CanvasError {
                throw Failure(.failed, "\(ForeignText.safe(entry.name)) cannot be sent: \(ForeignText.safe("\(error)"))")
            }
            Output.complain("\(task) sent to \(session.broker)")
            if list.json { Output.json(["name": .string(entry.name), "id": .string(id.rawValue)]) } else { Output.line(id.rawValue) }
        }
        await app.close()
    }
}
