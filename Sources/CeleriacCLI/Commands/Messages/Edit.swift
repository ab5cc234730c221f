import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard
import Foundation

/// `celeriac edit QUEUE ID`.
struct Edit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Change a waiting message; without options in $EDITOR.",
        discussion: """
            It is changed only if no worker took it meanwhile. On RabbitMQ it comes to the end of its queue, and a crash at the wrong moment can leave both the old and the new one. \
            With --held it is one that a worker holds, for its ETA for instance: that task is revoked, and the changed one sent under a new id.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Queue.") var queue: String
    @Argument(help: "Task id.") var id: String
    @Option(name: [.short, .long], help: ArgumentHelp("Positional arguments, a JSON array.", valueName: "json")) var args: String?
    @Option(name: [.short, .long], help: ArgumentHelp("Keyword arguments, a JSON object.", valueName: "json")) var kwargs: String?
    @Option(help: ArgumentHelp("Not before: ISO 8601, +30s from now, or empty for at once.", valueName: "time")) var eta: String?
    @Option(help: ArgumentHelp("Of no use after: as --eta; empty for never.", valueName: "time")) var expires: String?
    @Option(help: ArgumentHelp("0 to 255.", valueName: "number")) var priority: String?
    @Option(help: ArgumentHelp("To the end of another queue.", valueName: "queue")) var to: String?
    @Flag(help: "It is with a worker: revoke it and send the changed one under a new id.") var held = false
    @Flag(help: "Only tell what would change.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        let session = try Session(global)
        if !dryRun { try session.mustAct("edit") }
        if held { return try await withBroker(session) { try await replaceHeld(session, $0) } }
        let found = try await withMessages(session) { operations, progress in
            try await operations.find(.tasks([TaskID(id)]), in: QueueName(queue), limit: 1, progress: progress)
        }
        guard let message = found.first else {
            throw Failure(.failed, "\(ForeignText.safe(id)) does not wait in \(ForeignText.safe(queue)); `celeriac find` tells where it is, and --held edits one that a worker holds")
        }
        let task: TaskMessage
        do { task = try TaskMessage(Envelope(decoding: message.bytes)) } catch { throw Failure(.failed, ForeignText.safe("\(error)")) }
        guard let draft = try revised(task) else { return }
        if !isTyped || session.isProduction { try confirm("change this message in \(ForeignText.safe(queue)) at \(session.broker)", yes: yes) }
        let outcome = try await logged("edit \(id)", target: queue, session, outcome: Self.words) {
            try await withMessages(session) { operations, _ in try await operations.edit(message, by: draft) }
        }
        switch outcome {
        case .edited(let new, let trash):
            if list.json { return Output.json(QueueSample.Message(new, position: 0).value(now: Clock.now)) }
            Output.line("changed; `celeriac trash restore \(trash)` takes it back")
        case .gone: throw Failure(.failed, "nothing was changed: a worker took it meanwhile, or somebody else changed it")
        case .refused(let reason): throw Failure(.failed, ForeignText.safe(reason))
        }
    }

    /// The one that a worker holds is revoked, and another one sent in its place.
    private func replaceHeld(_ session: Session, _ broker: any BrokerConnection) async throws {
        guard let found = try await broker.message(of: TaskID(id)), found.queue.rawValue == queue, found.position == nil else {
            throw Failure(.failed, "no worker is known to hold \(ForeignText.safe(id)) of \(ForeignText.safe(queue)): it waits, or has ended, or this broker does not show what workers hold")
        }
        guard let draft = try revised(found.message) else { return }
        let new = TaskID(freshUUID())
        guard let call = try draft.call(insteadOf: found.message, id: new, now: Clock.now) else { throw Failure(.wrongUsage, "it is not said what is to be sent") }
        if !isTyped || session.isProduction { try confirm("revoke \(ForeignText.safe(id)) and send this in its place at \(session.broker)", yes: yes) }
        let retrying = session.retrying(broker, results: nil, monitor: nil)
        let isSent: Swift.Result<Bool, any Error>
        do {
            isSent = .success(try await logged("send \(found.message.name) \(id) again, changed", target: queue, session, outcome: { $0 ? "sent \(new) in its place" : "no worker has confirmed that it revoked it: nothing was sent" }) {
                try await retrying.send(call, insteadOf: found.message.id) { id in await Self.revoke(id, broker) }
            })
        } catch { isSent = .failure(error) }
        await retrying.close()
        guard try isSent.get() else { throw Failure(.unavailable, "no worker has confirmed that it revoked \(ForeignText.safe(id)): nothing was sent") }
        if list.json { Output.json(["revoked": .string(id), "sent": .string(new.rawValue)]) } else { Output.line("revoked \(ForeignText.safe(id)), sent \(new) in its place") }
    }

    private static func revoke(_ id: TaskID, _ broker: any BrokerConnection) async -> Bool {
        var isConfirmed = false
        do {
            for try await reply in broker.ask(ControlRequest.revoke([id], terminate: false, signal: "SIGTERM"), timeout: .seconds(1)) where reply.error == nil { isConfirmed = true }
        } catch {}
        return isConfirmed
    }

    private var changes: [(field: MessageDraft.Field, text: String?)] { [(.args, args), (.kwargs, kwargs), (.eta, eta), (.expires, expires), (.priority, priority), (.queue, to)] }
    private var isTyped: Bool { changes.contains { $0.text != nil } }

    /// What it is to become, once that has been told; `nil` when there is nothing to do.
    private func revised(_ task: TaskMessage) throws -> MessageDraft? {
        var draft = MessageDraft(task, in: QueueName(queue))
        if isTyped {
            for (field, text) in changes { if let text { try set(field, text, &draft) } }
        } else {
            draft = try inEditor(draft, task)
        }
        let reading = draft.read(now: Clock.now)
        if let fault = reading.faults.min(by: { $0.key.rawValue < $1.key.rawValue }) { throw Failure(.wrongUsage, "\(fault.key.rawValue): \(ForeignText.safe(fault.value))") }
        guard draft.isChanged else {
            Output.complain("nothing is different: nothing was changed")
            return nil
        }
        if dryRun, list.json {
            Output.json(.array(draft.differences.map { ["field": .string($0.field.rawValue), "before": .string($0.before), "after": .string($0.after)] }))
        } else if !list.json {
            Output.line("\(ForeignText.safe(task.name)) \(ForeignText.safe(id)) \(dryRun ? "would become" : "becomes")")
            for difference in draft.differences { Output.line("  \(difference.field.rawValue): \(ForeignText.safe(difference.before)) → \(ForeignText.safe(difference.after))") }
        }
        return dryRun ? nil : draft
    }

    private static func words(_ outcome: EditOutcome) -> String {
        switch outcome {
        case .edited(_, let trash): "changed; `celeriac trash restore \(trash)` takes it back"
        case .gone: "nothing was changed: a worker took it meanwhile, or somebody else changed it"
        case .refused(let reason): "refused: \(reason)"
        }
    }

    private func set(_ field: MessageDraft.Field, _ text: String, _ draft: inout MessageDraft) throws {
        guard draft.fields.contains(field) else { throw Failure(.failed, "its body cannot be read here: its arguments cannot be changed") }
        draft[field] = text
    }

    private func inEditor(_ draft: MessageDraft, _ task: TaskMessage) throws -> MessageDraft {
        let editor = try Editor(hint: "nothing to change: give options, or set EDITOR to edit the message as a document")
        let (text, file) = try editor.edit(draft.document(["\(task.name) \(task.id), \(held ? "held by a worker of" : "waiting in") \(queue)"]), name: "message.json")
        var draft = draft
        do { try draft.take(document: text) } catch { throw Failure(.wrongUsage, "\(file): \(error)") }
        let faults = draft.read(now: Clock.now).faults
        if let fault = faults.min(by: { $0.key.rawValue < $1.key.rawValue }) { throw Failure(.wrongUsage, "\(file): \(fault.key.rawValue): \(ForeignText.safe(fault.value))") }
        editor.discard(file)
        return draft
    }
}
