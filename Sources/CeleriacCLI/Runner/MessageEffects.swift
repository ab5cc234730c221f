import Celeriac
import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import Dashboard
import Foundation

/// Does what the dashboard asks of waiting messages, and reports each step as an action.
actor MessageEffects {
    private let session: Session
    private let broker: any BrokerConnection
    private let operations: QueueOperations
    private let report: @Sendable (Action) -> Void
    private let nextLog: @Sendable () async -> Int
    private var jobs: [Int: Task<Void, Never>] = [:]

    /// - Parameter nextLog: numbers the lines of the log.
    init(_ session: Session, _ broker: any BrokerConnection, report: @escaping @Sendable (Action) -> Void, nextLog: @escaping @Sendable () async -> Int) {
        self.session = session
        self.broker = broker
        operations = session.operations(broker)
        self.report = report
        self.nextLog = nextLog
    }

    /// Stops what is under way, between two steps.
    func close() async {
        for job in jobs.values { job.cancel() }
        for job in jobs.values { await job.value }
    }

    // MARK: - Jobs

    func begin(_ act: MessageAct) async {
        guard session.permission == .act else { return report(.notify("refused: nothing is changed here", isError: true)) }
        let log = await begin(act.title, act.target, act.command(session.broker.description))
        report(.jobBegan(MessageJob(id: log, act: act, title: act.title, startedAt: Clock.now)))
        // Unstructured on purpose: it goes on while the screen does, and is stopped by `stop` and by `close`.
        jobs[log] = Task {
            await self.run(act, log)
            self.end(log)
        }
    }

    func stop(_ log: Int) { jobs[log]?.cancel() }

    private func end(_ log: Int) {
        jobs[log] = nil
        report(.jobEnded(log))
    }

    private nonisolated func run(_ act: MessageAct, _ log: Int) async {
        let began = Clock.now
        var toldAt = ContinuousClock.now
        func progress(_ progress: JobProgress) {
            guard ContinuousClock.now >= toldAt + .milliseconds(150) else { return }
            toldAt = .now
            report(.jobProgressed(log, progress))
        }
        do throws(TransportError) {
            let result: JobReport
            switch act {
            case .delete(let selection, let queue): result = try await operations.delete(selection, in: queue, progress: progress)
            case .purge(let queue): result = try await operations.delete(.all, in: queue, as: "purge", progress: progress)
            case .move(let selection, let queue, let target): result = try await operations.move(selection, from: queue, to: target, progress: progress)
            case .reorder(let selection, let queue, let isFirst): result = try await operations.reorder(selection, in: queue, to: isFirst ? .front : .back, progress: progress)
            case .restore(let entry): result = try await operations.restore(entry.id, progress: progress)
            }
            finish(act, result, began, log)
        } catch {
            report(.finished(log: log, summary: ForeignText.safe("\(act.title) failed: \(error); what was taken away is in the trash"), isError: true))
        }
    }

    private nonisolated func finish(_ act: MessageAct, _ result: JobReport, _ began: Double, _ log: Int) {
        if case .restore(let entry) = act {
            if !result.isStopped { report(.restored(entry.id)) }
        } else if let id = result.trash {
            var entry = TrashEntry(id: id, at: began, act: act.word, broker: broker.endpoint, queue: act.queue, who: Environment.who, count: result.done, isFinished: !result.isStopped)
            switch act {
            case .move(_, _, let target), .reorder(_, let target, _): entry.target = target
            default: break
            }
            report(.trashed(entry))
        }
        var words = [act.done(result.done)]
        if result.gone > 0 { words.append("\(Formats.grouped(result.gone)) had gone or changed meanwhile") }
        if result.isStopped { words.append("stopped") }
        let isNothing = result.done == 0 && !result.isStopped
        report(.finished(log: log, summary: ForeignText.safe(words.joined(separator: "; ")), isError: isNothing && result.gone > 0))
    }

    // MARK: - One message

    func edit(_ message: KeptMessage, by draft: MessageDraft) async {
        let task = QueueSample.Message(message, position: 0).task
        let id = task?.id.rawValue ?? "?"
        let log = await begin("edit \(task?.name ?? "?") \(id) in \(message.queue)", "\(id) in \(message.queue)", draft.command(id, message.queue, session.broker.description))
        let outcome: EditOutcome
        do throws(TransportError) { outcome = try await operations.edit(message, by: draft) } catch {
            let words = ForeignText.safe("\(error)")
            report(.messageEdited(.refused(words)))
            return report(.finished(log: log, summary: "edit failed: \(words)", isError: true))
        }
        switch outcome {
        case .edited(let new, let trash):
            report(.trashed(TrashEntry(
                id: trash, at: Clock.now, act: "edit", broker: broker.endpoint, queue: message.queue, target: new.queue == message.queue ? nil : new.queue, who: Environment.who, count: 1, isFinished: true)))
            report(.messageEdited(.edited(from: message, to: new)))
            report(.finished(log: log, summary: ForeignText.safe("edited \(task?.name ?? "?") \(id): \(draft.differences.map(\.field.rawValue).joined(separator: ", "))"), isError: false))
        case .gone: refuse("a worker took it meanwhile, or somebody else changed it", log)
        case .refused(let reason): refuse(reason, log)
        }
    }

    private func refuse(_ reason: String, _ log: Int) {
        report(.messageEdited(.refused(ForeignText.safe(reason))))
        report(.finished(log: log, summary: ForeignText.safe("refused: \(reason)"), isError: true))
    }

    /// The message of a task that a worker holds.
    func find(_ id: TaskID) async {
        do throws(TransportError) {
            guard let found = try await broker.message(of: id) else {
                return report(.notify(ForeignText.safe("the message of \(id) was not found: this broker does not show what workers hold, or it has ended"), isError: true))
            }
            guard found.position == nil else { return report(.notify(ForeignText.safe("it waits in \(found.queue) again: Messages lists it"), isError: true)) }
            report(.heldFound(found.queue, found.message))
        } catch { report(.notify(ForeignText.safe("\(error)"), isError: true)) }
    }

    // MARK: - The trash

    nonisolated func listTrash(isFirst: Bool) {
        do throws(TransportError) { report(.trashListed(try session.trash.list(), isFirst: isFirst)) } catch {
            if !isFirst { report(.notify(ForeignText.safe("the trash cannot be read: \(error)"), isError: true)) }
        }
    }

    /// Writes messages into the working folder.
    nonisolated func save(_ messages: [QueueSample.Message], _ kind: Effect.TableFile) {
        let now = Clock.now, values = messages.map { $0.value(now: now) }
        report(Self.saved(values, as: "messages", kind))
    }

    private func begin(_ title: String, _ target: String, _ command: String) async -> Int {
        let log = await nextLog()
        report(.logged(LogEntry(id: log, at: Clock.now, title: ForeignText.safe(title), command: ForeignText.safe(command), target: ForeignText.safe(target))))
        return log
    }
}

extension MessageEffects {
    /// Writes one file of values.
    static func saved(_ values: [Value], as name: String, _ kind: Effect.TableFile) -> Action {
        let name = "celeriac-\(name)-\(Int(Clock.now)).\(kind.rawValue)"
        let text = kind == .json ? "[\n" + values.map { JSON.text($0) }.joined(separator: ",\n") + "\n]\n" : CommaSeparated.text(values)
        do {
            try text.write(toFile: name, atomically: true, encoding: .utf8)
            return .notify("\(values.count) rows saved as \(FileManager.default.currentDirectoryPath)/\(name)", isError: false)
        } catch { return .notify("\(name) cannot be written: \(error.localizedDescription)", isError: true) }
    }
}

extension MessageAct {
    /// What the trash calls it.
    var word: String {
        switch self {
        case .delete: "delete"
        case .purge: "purge"
        case .move: "move"
        case .reorder: "reorder"
        case .restore: "restore"
        }
    }

    /// For the line of its job and for the log.
    var title: String {
        switch self {
        case .delete(let selection, let queue): "delete \(selection.words) from \(queue)"
        case .purge(let queue): "purge \(queue)"
        case .move(let selection, let queue, let target): "move \(selection.words) from \(queue) to \(target)"
        case .reorder(let selection, let queue, let isFirst): "serve \(selection.words) of \(queue) \(isFirst ? "first" : "last")"
        case .restore(let entry): "take back the \(entry.act) of \(Formats.plural(entry.count, "message")) of \(entry.queue)"
        }
    }

    var target: String {
        switch self {
        case .delete(let selection, let queue): "\(selection.words) of \(queue)"
        case .purge(let queue): "all messages of \(queue)"
        case .move(let selection, let queue, let target): "\(selection.words) of \(queue), to \(target)"
        case .reorder(let selection, let queue, _): "\(selection.words) of \(queue)"
        case .restore(let entry): "\(entry.id)"
        }
    }

    func done(_ count: Int) -> String {
        let noun = Formats.plural(count, "message")
        return switch self {
        case .delete(_, let queue): "deleted \(noun) from \(queue)"
        case .purge(let queue): "purged \(queue): \(noun)"
        case .move(_, let queue, let target): "moved \(noun) from \(queue) to \(target)"
        case .reorder(_, let queue, let isFirst): "moved \(noun) to the \(isFirst ? "front" : "end") of \(queue)"
        case .restore(let entry): "put \(noun) back into \(entry.queue)"
        }
    }

    /// The same on the command line.
    func command(_ broker: String) -> String {
        func words(_ selection: MessageSelection) -> [String] {
            switch selection {
            case .all: return []
            case .matching(let filter): return ["--match", filter.text]
            case .tasks(let ids): return ids.prefix(20).map(\.rawValue)
            case .messages(let messages): return messages.prefix(20).compactMap { QueueSample.Message($0, position: 0).task?.id.rawValue } + (messages.count > 20 ? ["…"] : [])
            }
        }
        let own: [String] = switch self {
        case .delete(let selection, let queue): ["delete", queue.rawValue] + words(selection)
        case .purge(let queue): ["purge", queue.rawValue]
        case .move(let selection, let queue, let target): ["move", queue.rawValue, target.rawValue] + words(selection)
        case .reorder(let selection, let queue, let isFirst): ["reorder", queue.rawValue, isFirst ? "first" : "last"] + words(selection)
        case .restore(let entry): ["trash", "restore", entry.id.rawValue]
        }
        return (["celeriac", "-b", broker] + own).map(\.quotedForShell).joined(separator: " ")
    }
}

extension MessageDraft {
    /// `celeriac edit` with what was changed.
    func command(_ id: String, _ queue: QueueName, _ broker: String) -> String {
        var words = ["celeriac", "-b", broker, "edit", queue.rawValue, id]
        for difference in differences {
            switch difference.field {
            case .args, .kwargs, .eta, .expires, .priority: words += ["--\(difference.field.rawValue)", difference.after]
            case .queue: words += ["--to", difference.after]
            case .name, .headers: break
            }
        }
        return words.map(\.quotedForShell).joined(separator: " ")
    }
}
