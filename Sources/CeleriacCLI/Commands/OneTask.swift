import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import OrderedCollections

/// `celeriac result ID`.
struct Result: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The stored result of a task.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Task id.") var id: String

    func run() async throws {
        let session = try Session(global)
        guard let backend = try session.openResultBackend() else { throw Failure(.wrongUsage, session.lackOfResults) }
        guard let record = try await backend.record(of: TaskID(id)) else { throw Failure(.failed, "no result is stored for \(ForeignText.safe(id)); it may be waiting, running, expired or ignored") }
        if list.json { return Output.json(record.value) }
        for (name, value) in record.value.object ?? [:] where value != .null {
            let text = value.string ?? JSON.pretty(value)
            Output.line("\(name): \(text.contains("\n") ? "\n" : "")\(ForeignText.safe(text, newlines: .keep))")
        }
    }
}

/// `celeriac find ID`.
struct Find: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One task in events, workers, queues and results.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Task id.") var id: String
    @Option(name: .customLong("for"), help: ArgumentHelp("Seconds to listen to events as well.", valueName: "seconds")) var span: Double = 0

    func run() async throws {
        let session = try Session(global)
        let listening = try duration("--for", span)
        let task = TaskID(id)
        let found = try await watching(session) { broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await monitor.watch(for: listening, groups: false)
            var workers: [ControlReply] = []
            if session.permission != .passive {
                for try await reply in broker.ask(ControlRequest("query_task", arguments: ["ids": [.string(id)]]), timeout: .seconds(1)) where reply.value[id] != nil { workers.append(reply) }
            }
            return (row: await monitor.task(task), workers: workers, message: try await broker.message(of: task))
        }
        var record: ResultRecord?
        var unread: String?
        do { record = try await session.openResultBackend()?.record(of: task) } catch { unread = error.description }
        let answer: Value = [
            "id": .string(id), "seen": found.row.map(Listing.value) ?? .null,
            "workers": .object(found.workers.reduce(into: [:]) { $0[$1.worker.rawValue] = $1.value[id] }),
            "message": found.message.map(\.value) ?? .null, "result": record?.value ?? .null, "problem": unread.map(Value.string) ?? .null,
        ]
        if list.json { Output.json(answer) } else { tell(found.row, found.workers, found.message, record) }
        if let unread { throw Failure(.failed, ForeignText.safe(unread)) }
        if found.row == nil, found.workers.isEmpty, found.message == nil, record == nil { throw Failure(.failed, "\(ForeignText.safe(id)) is nowhere to be found") }
    }

    private func tell(_ row: TaskRow?, _ workers: [ControlReply], _ message: FoundMessage?, _ record: ResultRecord?) {
        if let row {
            Output.line("seen     \(ForeignText.safe([row.state.rawValue, row.name, row.worker?.rawValue].compactMap { $0 }.joined(separator: " ")))")
            if let args = row.args { Output.line("         args \(ForeignText.safe(args)) kwargs \(ForeignText.safe(row.kwargs ?? "{}"))") }
        }
        for reply in workers { Output.line("worker   \(ForeignText.safe(reply.worker.rawValue)): \(ForeignText.safe(reply.value[id]?.array?.first?.string ?? "known"))") }
        if let message {
            let place = message.position.map { "waiting in \(message.queue.rawValue), \($0) before it" } ?? "held unacked, from \(message.queue.rawValue)"
            Output.line("message  \(ForeignText.safe(place))")
        }
        if let record {
            Output.line("result   \(record.state.rawValue) \(ForeignText.safe(record.result.string ?? JSON.text(record.result)))")
        }
    }
}
