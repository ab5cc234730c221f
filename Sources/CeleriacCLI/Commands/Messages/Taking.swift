import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Dashboard

/// `celeriac delete QUEUE ID…`.
struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take waiting messages out of a queue; copies go to the trash.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Queue.") var queue: String
    @Argument(help: "Task ids.") var ids: [String] = []
    @OptionGroup var options: SelectionOptions

    func run() async throws {
        let selection = try options.selection(ids, all: false)
        try await take(global, selection, QueueName(queue), options, json: list.json, verb: "delete", done: "deleted") { operations, progress in
            try await operations.delete(selection, in: QueueName(queue), progress: progress)
        }
    }
}

/// `celeriac purge QUEUE`.
struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Take all waiting messages out of a queue; copies go to the trash.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Queue.") var queue: String
    @Flag(help: "Only tell how many it would be.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        var options = SelectionOptions()
        (options.match, options.dryRun, options.yes) = (nil, dryRun, yes)
        try await take(global, .all, QueueName(queue), options, json: list.json, verb: "purge", done: "purged") { operations, progress in
            try await operations.delete(.all, in: QueueName(queue), as: "purge", progress: progress)
        }
    }
}

/// `celeriac move QUEUE TO`.
struct Move: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Move waiting messages to the end of another queue; copies go to the trash.", discussion: "Without ids and --match all of them are moved.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Queue.") var queue: String
    @Argument(help: "Where they go.") var target: String
    @Argument(help: "Task ids.") var ids: [String] = []
    @Option(help: ArgumentHelp("Broker of the target, when it is another one.", valueName: "url")) var toBroker: String?
    @OptionGroup var options: SelectionOptions

    func run() async throws {
        let selection = try options.selection(ids, all: true), toBroker = toBroker
        let settings = try Session(global).settings
        try await take(
            global, selection, QueueName(queue), options, json: list.json, verb: "move to \(ForeignText.safe(target))\(toBroker == nil ? "" : " of another broker")", done: "moved"
        ) { operations, progress in
            guard let toBroker else { return try await operations.move(selection, from: QueueName(queue), to: QueueName(target), progress: progress) }
            let url: BrokerURL
            do { url = try BrokerURL(toBroker) } catch { throw Failure(.wrongUsage, "--to-broker: \(error)") }
            let other = try Schemes.broker(url, settings: settings)
            do {
                let report = try await operations.move(selection, from: QueueName(queue), to: QueueName(target), on: (other, other.endpoint), progress: progress)
                await other.close()
                return report
            } catch {
                await other.close()
                throw error
            }
        }
    }
}

/// `celeriac reorder QUEUE first|last`.
struct Reorder: AsyncParsableCommand {
    enum Place: String, ExpressibleByArgument, CaseIterable { case first, last }

    static let configuration = CommandConfiguration(
        abstract: "Put waiting messages to the front of their queue, or to its end; copies go to the trash.",
        discussion: "The front is that of the messages with the same priority. RabbitMQ has none.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Queue.") var queue: String
    @Argument(help: "When they are served: first or last.") var place: Place
    @Argument(help: "Task ids.") var ids: [String] = []
    @OptionGroup var options: SelectionOptions

    func run() async throws {
        let selection = try options.selection(ids, all: false), end: QueueEnd = place == .first ? .front : .back
        try await take(global, selection, QueueName(queue), options, json: list.json, verb: "reorder (served \(place))", done: "moved") { operations, progress in
            try await operations.reorder(selection, in: QueueName(queue), to: end, progress: progress)
        }
    }
}

/// Asks, does it, and tells.
private func take(
    _ global: GlobalOptions, _ selection: MessageSelection, _ queue: QueueName, _ options: SelectionOptions, json: Bool, verb: String, done: String,
    _ work: @escaping @Sendable (QueueOperations, @escaping @Sendable (JobProgress) -> Void) async throws -> JobReport
) async throws {
    let session = try Session(global)
    if options.dryRun { return try await tellOnly(session, selection, queue, json: json) }
    try session.mustAct(String(verb.prefix { $0 != " " }))
    let isOne = if case .tasks(let ids) = selection { ids.count == 1 } else { false }
    if !isOne || session.isProduction { try confirm("\(verb): \(selection.words) of queue \(ForeignText.safe(queue.rawValue)) at \(session.broker)", yes: options.yes) }
    let report = try await logged("\(verb): \(selection.words)", target: queue.rawValue, session, outcome: { $0.words(done) }) { try await withMessages(session, work) }
    try report.tell(done, json: json)
}

private func tellOnly(_ session: Session, _ selection: MessageSelection, _ queue: QueueName, json: Bool) async throws {
    let found = try await withMessages(session) { operations, progress in try await operations.find(selection, in: queue, progress: progress) }
    let messages = found.prefix(1000).enumerated().map { QueueSample.Message($0.element, position: $0.offset) }
    Output.complain("celeriac: it would be \(Formats.plural(found.count, "message"))" + (found.count > messages.count ? ", of which the first \(messages.count)" : ""))
    if json { Output.json(.array(messages.map { $0.value(now: Clock.now) })) } else { Listing.print(messages, now: Clock.now) }
}

/// `celeriac trash`.
struct TrashCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trash", abstract: "Copies of messages that were taken away, and how to put them back.", subcommands: [List.self, Restore.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "What is in the trash, the newest first.")
        @OptionGroup var list: ListOptions

        func run() async throws {
            let entries = try Trash(folder: Environment.stateFolder + "/trash").list()
            if list.json { return Output.json(.array(entries.map(\.value))) }
            Output.table(
                ["ID", "WHEN", "ACT", "MESSAGES", "QUEUE", "TO", "BROKER", "WHO", "STATE"],
                entries.map { entry in
                    [
                        entry.id.rawValue, Formats.age(max(0, Clock.now - entry.at)) + " ago", entry.act, Formats.grouped(entry.count), entry.queue.rawValue, entry.target?.rawValue ?? "-",
                        entry.broker, entry.who, entry.state,
                    ].map { ForeignText.safe($0) }
                }, right: [3])
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Put the messages of an act back where they were.", discussion: "What has been served meanwhile is left alone.")
        @OptionGroup var global: GlobalOptions
        @OptionGroup var list: ListOptions
        @Argument(help: "Its id, or last.") var id: String
        @Flag(help: "Do not ask.") var yes = false

        func run() async throws {
            let session = try Session(global)
            try session.mustAct("trash restore")
            let endpoint = try session.openBroker().endpoint
            let entries = try session.trash.list()
            let candidate = id == "last" ? entries.first { $0.restoredAt == nil && $0.broker == endpoint } : entries.first { $0.id.rawValue == id }
            guard let entry = candidate else { throw Failure(.failed, id == "last" ? "nothing in the trash can be put back at \(endpoint)" : "there is no \(ForeignText.safe(id)) in the trash; `celeriac trash list` tells what there is") }
            if entry.count > 1 { try confirm("put \(Formats.plural(entry.count, "message")) back into \(ForeignText.safe(entry.queue.rawValue)) at \(endpoint)", yes: yes) }
            let report = try await logged("put back \(entry.id)", target: entry.queue.rawValue, session, outcome: { $0.words("put back") }) {
                try await withMessages(session) { operations, progress in try await operations.restore(entry.id, progress: progress) }
            }
            var told = report
            told.trash = nil
            try told.tell("put back", json: list.json)
        }
    }
}

extension TrashEntry {
    var state: String { restoredAt != nil ? "put back" : isFinished ? "kept" : "UNFINISHED" }

    var value: Value {
        [
            "id": .string(id.rawValue), "at": .number(at), "act": .string(act), "count": .integer(count), "queue": .string(queue.rawValue), "target": target.map { .string($0.rawValue) } ?? .null,
            "broker": .string(broker), "who": .string(who), "bytes": .integer(bytes), "finished": .bool(isFinished), "restored": restoredAt.map(Value.number) ?? .null,
        ]
    }
}
