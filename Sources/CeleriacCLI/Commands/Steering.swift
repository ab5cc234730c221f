import ArgumentParser
import CeleriacBroker
import CeleriacCore
import Dashboard
import Foundation
import OrderedCollections

/// Which workers a remote-control request is for, and how long to wait.
struct ControlOptions: ParsableArguments {
    @Option(name: [.customShort("d"), .long], help: ArgumentHelp("Only these workers, comma-separated.", valueName: "node,…")) var destination: String?
    @Option(name: [.customShort("t"), .long], help: ArgumentHelp("Seconds to wait after the last reply.", valueName: "seconds")) var timeout: Double = 1

    /// `timeout`, checked.
    func pause() throws -> Duration { try duration("--timeout", timeout) }

    var workers: [WorkerName]? {
        destination.map { $0.split(separator: ",").map { WorkerName($0.trimmingCharacters(in: .whitespaces)) } }
    }
}

/// Sends one request and prints each reply as it comes.
/// - Returns: replies received.
func converse(_ session: Session, _ request: ControlRequest, timeout: Duration, json: Bool, quiet: Bool = false) async throws -> [ControlReply] {
    let replies = try await withBroker(session) { broker in
        var replies: [ControlReply] = []
        for try await reply in broker.ask(request, timeout: timeout) {
            replies.append(reply)
            if !json, !quiet { show(reply) }
        }
        return replies
    }
    // As `celery … -j`: one object, worker → reply.
    if json { Output.json(.object(replies.reduce(into: [:]) { $0[$1.worker.rawValue] = $1.value })) }
    return replies
}

/// A reply as people read it: one line when it fits, indented JSON below the name otherwise.
private func show(_ reply: ControlReply) {
    let name = ForeignText.safe(reply.worker.rawValue)
    if let ok = reply.value["ok"]?.string { return Output.line("\(name): OK \(ForeignText.safe(ok, newlines: .keep))") }
    if let error = reply.error { return Output.line("\(name): ERROR \(ForeignText.safe(error))") }
    Output.line("\(name):")
    for line in JSON.pretty(reply.value).split(separator: "\n") { Output.line("  \(ForeignText.safe(String(line)))") }
}

/// `celeriac status`.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Which workers answer.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var list: ListOptions

    func run() async throws {
        let replies = try await converse(Session(global), ControlRequest("ping", destination: control.workers), timeout: control.pause(), json: list.json)
        guard !replies.isEmpty else { throw Failure(.unavailable, "no worker replied within \(Formats.duration(control.timeout))") }
        if !list.json { Output.line("\n\(replies.count) \(replies.count == 1 ? "node" : "nodes") online.") }
    }
}

/// `celeriac inspect METHOD`.
struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask workers: \(ControlMethod.all.filter { !$0.acts }.map(\.name).joined(separator: ", ")).")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "What to ask.") var method: String
    @Argument(help: "Its arguments: values in order, or NAME=VALUE.") var arguments: [String] = []

    func run() async throws {
        let known = try ControlMethod.named(method, acts: false)
        let request = ControlRequest(known.name, arguments: try known.arguments(from: arguments), destination: control.workers)
        let replies = try await converse(Session(global), request, timeout: control.pause(), json: list.json)
        guard !replies.isEmpty else { throw Failure(.unavailable, "no worker replied within \(Formats.duration(control.timeout))") }
        if replies.contains(where: { $0.error != nil }) { throw Failure(.failed, "not every worker could do it") }
    }
}

/// `celeriac control METHOD`.
struct Control: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell workers: \(ControlMethod.all.filter(\.acts).map(\.name).joined(separator: ", ")).")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "What to do.") var method: String
    @Argument(help: "Its arguments: values in order, or NAME=VALUE.") var arguments: [String] = []
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        let known = try ControlMethod.named(method, acts: true)
        let session = try Session(global)
        let pause = try control.pause()
        let request = ControlRequest(known.name, arguments: try known.arguments(from: arguments), destination: control.workers)
        if known.isDestructive { try confirm("\(known.name) on \(control.destination ?? "every worker") of \(session.broker)", yes: yes) }
        if known.name == "shutdown" {
            let receivers = try await withBroker(session) { try await $0.send(request) }
            return Output.line("shutdown sent\(receivers.map { " to \($0) \($0 == 1 ? "node" : "nodes")" } ?? ""); workers do not reply to it")
        }
        let replies = try await logged(known.name, target: control.destination ?? "every worker", session, outcome: { "\(Formats.plural($0.count, "worker")) answered" }, replies: { $0 }) {
            try await converse(session, request, timeout: pause, json: list.json)
        }
        guard !replies.isEmpty else { throw Failure(.unavailable, "no worker replied within \(Formats.duration(control.timeout))") }
        if replies.contains(where: { $0.error != nil }) { throw Failure(.failed, "not every worker could do it") }
    }
}

/// `celeriac revoke`.
struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Revoke tasks; with --terminate, kill those that run.")
    @OptionGroup var global: GlobalOptions
    @OptionGroup var control: ControlOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Task ids.") var ids: [String]
    @Flag(help: "Kill them where they run.") var terminate = false
    @Option(help: "Signal for --terminate.") var signal = "SIGTERM"
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        let session = try Session(global)
        let pause = try control.pause()
        if terminate || ids.count > 1 {
            try confirm("\(terminate ? "terminate (\(signal))" : "revoke") \(ids.count) \(ids.count == 1 ? "task" : "tasks") on \(session.broker)", yes: yes)
        }
        let request = ControlRequest.revoke(ids.map { TaskID($0) }, terminate: terminate, signal: signal, destination: control.workers)
        let replies = try await logged("\(terminate ? "terminate" : "revoke") \(Formats.plural(ids.count, "task"))", target: ids.prefix(20).joined(separator: " "), session, outcome: { "\(Formats.plural($0.count, "worker")) answered" }, replies: { $0 }) {
            try await converse(session, request, timeout: pause, json: list.json)
        }
        guard !replies.isEmpty else { throw Failure(.unavailable, "no worker replied within \(Formats.duration(control.timeout)); a worker that starts later will not know of it") }
        if replies.contains(where: { $0.error != nil }) { throw Failure(.failed, "not every worker could do it") }
    }
}

/// Asks on a terminal; elsewhere `--yes` must have been given.
func confirm(_ what: String, yes: Bool) throws {
    if yes { return }
    guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { throw Failure(.wrongUsage, "\(what): needs --yes when not on a terminal") }
    try? FileHandle.standardError.write(contentsOf: Data("\(what)? [y/N] ".utf8))
    guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else { throw Failure(.failed, "nothing was done") }
}
