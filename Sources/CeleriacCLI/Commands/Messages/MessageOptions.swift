import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Dashboard
import Dispatch
import Foundation
import Synchronization

/// Which messages of a queue, and how.
struct SelectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Those that match, as 'name:shop.* args~\"42\" age>1h'.", valueName: "filter")) var match: String?
    @Flag(help: "Only tell which ones it would be.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false

    /// - Parameter all: whether every message is meant when nothing is given.
    func selection(_ ids: [String], all: Bool) throws(Failure) -> MessageSelection {
        switch (ids.isEmpty, match) {
        case (false, nil): return .tasks(ids.map { TaskID($0) })
        case (true, let match?): return .matching(try filter(match))
        case (true, nil) where all: return .all
        case (true, nil): throw Failure(.wrongUsage, "name task ids, or give --match FILTER; `celeriac purge` takes all")
        case (false, _?): throw Failure(.wrongUsage, "ids and --match exclude each other")
        }
    }
}

func filter(_ text: String) throws(Failure) -> Filter {
    do { return try Filter(text) } catch { throw Failure(.wrongUsage, "--match: \(ForeignText.safe(error.description))") }
}

extension MessageSelection {
    /// "2 messages", "all that match name:x", "all messages".
    var words: String {
        switch self {
        case .all: "all messages"
        case .matching(let filter): "all messages that match \(ForeignText.safe(filter.text))"
        case .tasks(let ids): ids.count == 1 ? "the message of \(ForeignText.safe(ids[0].rawValue))" : "the messages of \(ids.count) tasks"
        case .messages(let messages): Formats.plural(messages.count, "message")
        }
    }
}

extension Session {
    var trash: Trash { Trash(folder: Environment.stateFolder + "/trash") }

    func operations(_ broker: any BrokerConnection) -> QueueOperations {
        QueueOperations(broker, endpoint: broker.endpoint, trash: trash, who: Environment.who) { Clock.now }
    }

    func mustAct(_ what: String) throws(Failure) {
        guard permission == .act else { throw Failure(.wrongUsage, "\(what) acts: it cannot be \(permission == .passive ? "passive" : "read-only")") }
    }
}

/// Opens the broker for `work`, tells how far it has come on a terminal, and lets Ctrl-C stop it between two steps.
func withMessages<Output: Sendable>(
    _ session: Session, _ work: @escaping @Sendable (QueueOperations, @escaping @Sendable (JobProgress) -> Void) async throws -> Output
) async throws -> Output {
    try await withBroker(session) { broker in
        let operations = session.operations(broker)
        return try await stoppable { try await work(operations, $0) }
    }
}

/// Tells on a terminal how far `work` has come, and lets Ctrl-C stop it between two steps.
func stoppable<Output: Sendable>(_ work: @escaping @Sendable (_ progress: @escaping @Sendable (JobProgress) -> Void) async throws -> Output) async throws -> Output {
    let task = Task {
        let line = ProgressLine()
        defer { line.end() }
        return try await work { line.show($0) }
    }
    signal(SIGINT, SIG_IGN)
    let interrupts = DispatchSource.makeSignalSource(signal: SIGINT)
    interrupts.setEventHandler { task.cancel() }
    interrupts.resume()
    let result = await task.result
    interrupts.cancel()
    signal(SIGINT, SIG_DFL)
    return try result.get()
}

/// One line on standard error that is written over, when that is a terminal.
final class ProgressLine: Sendable {
    private let shownAt = Mutex(ContinuousClock.now)
    private let began = ContinuousClock.now
    private let isShown = Atomic<Bool>(false)
    private let isOn = isatty(STDERR_FILENO) == 1

    func show(_ progress: JobProgress) {
        let isDue = shownAt.withLock { last in
            guard last.duration(to: .now) > .milliseconds(200) else { return false }
            last = .now
            return true
        }
        guard isOn, isDue else { return }
        isShown.store(true, ordering: .relaxed)
        let rate = Double(progress.looked) / max(0.001, began.duration(to: .now).seconds)
        let text = "\(Formats.grouped(progress.looked)) of \(Formats.grouped(progress.total)) looked at, \(Formats.grouped(progress.found)) found, \(Formats.grouped(progress.done)) done, \(Formats.count(Int(rate))) /s, Ctrl-C stops"
        FileHandle.standardError.write(Data("\r\(text)\u{1b}[K".utf8))
    }

    func end() { if isShown.load(ordering: .relaxed) { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) } }
}

extension JobReport {
    func value(_ act: String) -> Value {
        ["act": .string(act), "done": .integer(done), "gone": .integer(gone), "trash": trash.map { .string($0.rawValue) } ?? .null, "stopped": .bool(isStopped)]
    }

    func words(_ act: String) -> String {
        let remarks = [gone > 0 ? "\(Formats.grouped(gone)) had gone meanwhile" : nil, isStopped ? "stopped" : nil, trash.map { "`celeriac trash restore \($0)` takes it back" }].compactMap(\.self)
        return "\(act) \(Formats.plural(done, "message"))" + (remarks.isEmpty ? "" : "; " + remarks.joined(separator: "; "))
    }

    /// Tells how it ended, and how to take it back.
    func tell(_ act: String, json: Bool) throws(Failure) {
        if json { Output.json(value(act)) } else { Output.line(words(act)) }
        if isStopped { throw Failure(.failed, "stopped before its end") }
        if done == 0 { throw Failure(.failed, gone > 0 ? "they had gone meanwhile" : "there is no such message") }
    }
}
