import CeleriacBroker
import CeleriacCore
import Dashboard
import Foundation
import Glibc
import OrderedCollections
import Synchronization

/// What was done from here: one JSON object a line, appended when an act ends, in a file that only its owner may read.
enum ActionLog {
    static var path: String { Environment.stateFolder + "/actions.jsonl" }

    /// Appends what one act was, and how it ended. One `write` a line: lines of several processes do not mix.
    ///
    /// - Parameters:
    ///   - target: what it was done to.
    ///   - command: the same as a `celery`, `celeriac` or broker command.
    ///   - session: in which context, at which broker.
    ///   - began: seconds since 1970.
    static func append(
        _ title: String, target: String, command: String, outcome: String, isError: Bool, replies: [ControlReply] = [], session: Session?, began: Double, who: String = Environment.who
    ) throws(Failure) {
        var members: OrderedDictionary<String, Value> = [
            "at": .number(began), "ended": .number(Clock.now), "who": .string(who), "action": .string(title), "target": .string(target), "outcome": .string(outcome),
            "failed": .bool(isError), "command": .string(command),
        ]
        members["context"] = session?.contextName.map(Value.string) ?? Value.null
        members["broker"] = session.map { .string($0.broker.description) } ?? Value.null
        members["replies"] = .array(replies.map { ["worker": .string($0.worker.rawValue), "value": $0.value] })
        try write(JSON.encode(.object(members)) + [UInt8(ascii: "\n")])
    }

    /// What was typed, without passwords.
    static var commandLine: String {
        (["celeriac"] + CommandLine.arguments.dropFirst()).map { word in
            guard word.contains("://"), let url = try? BrokerURL(word) else { return word.quotedForShell }
            return url.description.quotedForShell
        }.joined(separator: " ")
    }

    private static func write(_ line: [UInt8]) throws(Failure) {
        let path = path
        try? FileManager.default.createDirectory(atPath: Environment.stateFolder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let count = line.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        guard count == line.count else { throw Failure(.failed, "\(path) cannot be written: \(String(cString: strerror(errno)))") }
    }
}

private func complain(_ error: any Error) { Output.complain("celeriac: \((error as? Failure)?.message ?? "\(error)")") }

/// Does what a subcommand is for, and writes down what became of it. That it cannot be written is told, and stops nothing.
/// - Parameter outcome: in words.
func logged<Result: Sendable>(
    _ title: String, target: String, _ session: Session, outcome: (Result) -> String, replies: (Result) -> [ControlReply] = { _ in [] }, _ work: () async throws -> Result
) async throws -> Result {
    let began = Clock.now
    func note(_ words: String, isError: Bool, _ replies: [ControlReply]) {
        do { try ActionLog.append(title, target: target, command: ActionLog.commandLine, outcome: words, isError: isError, replies: replies, session: session, began: began) } catch {
            complain(error)
        }
    }
    do {
        let result = try await work()
        note(outcome(result), isError: false, replies(result))
        return result
    } catch {
        note(ForeignText.safe((error as? Failure)?.message ?? "\(error)"), isError: true, [])
        throw error
    }
}

/// Passes on what the runner reports, and writes every line of the log that ends to the file as well. That it cannot be written is told once, and stops nothing.
final class ActionRecorder: Sendable {
    private struct Open {
        var entries: [Int: LogEntry] = [:]
        var hasFailed = false
    }

    private let open = Mutex(Open())
    private let session: Session
    private let next: @Sendable (Action) -> Void

    init(_ session: Session, next: @escaping @Sendable (Action) -> Void) {
        self.session = session
        self.next = next
    }

    func pass(_ action: Action) {
        switch action {
        case .logged(var entry):
            if entry.who.isEmpty { entry.who = Environment.who }
            open.withLock { $0.entries[entry.id] = entry }
            next(.logged(entry))
        case .reply(let id, let reply):
            open.withLock { $0.entries[id]?.replies.append(reply) }
            next(action)
        case .finished(let id, let summary, let isError):
            next(action)
            record(id, summary, isError)
        default: next(action)
        }
    }

    private func record(_ id: Int, _ summary: String, _ isError: Bool) {
        let entry = open.withLock { state in
            // What follows later, as that beat took an edit up, is a line of its own; of the oldest no more is expected.
            state.entries = state.entries.filter { $0.key > id - 100 }
            return state.entries[id]
        }
        guard let entry, entry.summary != summary else { return }
        open.withLock { $0.entries[id]?.summary = summary }
        do {
            try ActionLog.append(
                entry.title, target: entry.target, command: entry.command, outcome: summary, isError: isError, replies: entry.replies, session: session, began: entry.at, who: entry.who)
        } catch {
            let isFirst = open.withLock { state in
                defer { state.hasFailed = true }
                return !state.hasFailed
            }
            if isFirst { next(.notify(ForeignText.safe("the log of actions: \(error.message)"), isError: true)) }
        }
    }
}
