import ArgumentParser
import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard

/// `celeriac retry ID…`.
struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send tasks again that have ended, with the arguments that they had.",
        discussion: """
            The arguments are from the stored record (result_extended), else the message itself, else the text in events if it reads whole and nothing of it was \
            cut; tasks without such a source are told and left alone. Every retry is written down before it is sent: begun again, a retry of many leaves those alone \
            that were sent.
            """)
    @OptionGroup var global: GlobalOptions
    @OptionGroup var list: ListOptions
    @Argument(help: "Task ids.") var ids: [String] = []
    @Option(help: ArgumentHelp("All that match of those whose events come within --for, as 'state:failure name:shop.*'.", valueName: "filter")) var match: String?
    @Option(name: .customLong("for"), help: ArgumentHelp("Seconds to listen to events first (with --match: 10).", valueName: "seconds")) var span: Double?
    @Flag(help: "Change it in $EDITOR first; what is not known can be filled in there.") var edit = false
    @Flag(help: "Under the id that it had, instead of a new one.") var sameID = false
    @Flag(help: "With its callbacks, chain and chord; only where its message is found.") var keepLinks = false
    @Flag(help: "Only tell what would be sent.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false

    func run() async throws {
        guard ids.isEmpty != (match == nil) else { throw Failure(.wrongUsage, ids.isEmpty ? "name task ids, or give --match FILTER" : "ids and --match exclude each other") }
        guard ids.count == 1 || !(edit || keepLinks) else { throw Failure(.wrongUsage, "\(edit ? "--edit" : "--keep-links") is for one task") }
        let session = try Session(global), wanted = try readFilter(match)
        if !dryRun { try session.mustAct("retry") }
        let listening = try duration("--for", span ?? (match == nil ? 0 : 10))
        let work = Work(session: session, list: list, command: self)
        guard listening > .zero || wanted != nil else {
            return try await withBroker(session) { try await work.run(ids.map { TaskID($0) }, $0, nil) }
        }
        try await watching(session) { [ids] broker, monitor in
            try await monitor.firstLookOrFail(broker.endpoint)
            try await monitor.watch(for: listening, groups: false)
            let found = if let wanted { await monitor.ids(matching: wanted, limit: .max) } else { ids.map { TaskID($0) } }
            guard !found.isEmpty else { throw Failure(.failed, "no task that matches was seen") }
            try await work.run(found, broker, monitor)
        }
    }
}

/// One run of it, once it is known which tasks are meant.
private struct Work: Sendable {
    let session: Session
    let json: Bool
    let edit: Bool
    let terms: ResendingTerms
    let dryRun: Bool
    let yes: Bool

    init(session: Session, list: ListOptions, command: Retry) {
        (self.session, json, edit, dryRun, yes) = (session, list.json, command.edit, command.dryRun, command.yes)
        var terms = ResendingTerms()
        (terms.keepsID, terms.keepsLinks) = (command.sameID, command.keepLinks)
        self.terms = terms
    }

    func run(_ ids: [TaskID], _ broker: any BrokerConnection, _ monitor: ClusterMonitor?) async throws {
        let retrying = session.retrying(broker, results: try session.openResultBackend(), monitor: monitor)
        let outcome: Swift.Result<Void, any Error>
        do { outcome = .success(try await run(ids, retrying)) } catch { outcome = .failure(error) }
        await retrying.close()
        try outcome.get()
    }

    private func run(_ ids: [TaskID], _ retrying: Retrying) async throws {
        if dryRun, !edit { return try await tell(ids, retrying) }
        if ids.count == 1 { return try await one(ids[0], retrying) }
        try confirm("retry \(ids.count) tasks on \(session.broker)", yes: yes)
        let report = try await logged("retry \(ids.count) tasks", target: ids.prefix(20).map(\.rawValue).joined(separator: " "), session, outcome: \.words) {
            try await stoppable { [terms] progress in try await retrying.retry(ids, terms, progress: progress) }
        }
        if json { Output.json(report.value) } else { Output.line(ForeignText.safe(report.words)) }
        // Those that were retried before are as they were wanted: a retry that was cut off is begun again until all is done.
        if report.sent.count + report.before < ids.count { throw Failure(.failed, report.failure.map { ForeignText.safe($0) } ?? "not all of them were retried") }
    }

    private func tell(_ ids: [TaskID], _ retrying: Retrying) async throws {
        var calls: [KnownCall] = []
        for id in ids { calls.append(await retrying.find(id, wantsLinks: terms.keepsLinks)) }
        if json { Output.json(.array(calls.map(Listing.value))) } else { for call in calls { show(call) } }
        let unknown = calls.filter { $0.source == nil }.count
        if unknown > 0 { throw Failure(.failed, "of \(Formats.plural(unknown, "task")) the arguments are not known") }
    }

    private func show(_ call: KnownCall) {
        Output.line(ForeignText.safe("\(call.id) \(call.name ?? "?")" + (call.state.map { " \($0)" } ?? "")))
        Output.line("  args    \(call.args.map { ForeignText.safe(JSON.text(.array($0))) } ?? "?")")
        Output.line("  kwargs  \(call.kwargs.map { ForeignText.safe(JSON.text(.object($0))) } ?? "?")")
        Output.line("  queue   \(call.queue.map { ForeignText.safe($0.rawValue) } ?? "where routes lead")")
        Output.line("  source  \(call.source?.words ?? "none")")
        if call.source == nil || call.source == .shown { for lack in call.lacks { Output.line("          not \(lack.source.rawValue): \(ForeignText.safe(lack.words))") } }
        if !call.links.isEmpty { Output.line("  links   \(ForeignText.safe(call.links.joined(separator: "; ")))") }
    }

    // MARK: - One

    private func one(_ id: TaskID, _ retrying: Retrying) async throws {
        let call = await retrying.find(id, wantsLinks: self.terms.keepsLinks)
        if self.terms.keepsLinks, call.original == nil { throw Failure(.failed, "the message of \(ForeignText.safe(id.rawValue)) was not found: what follows it is not known") }
        if let state = call.state, !state.isFinal { throw Failure(.failed, "\(ForeignText.safe(id.rawValue)) has not ended: it is \(ForeignText.safe(state.rawValue))") }
        let draft = edit ? try inEditor(call) : call.draft
        guard let terms = draft.read(now: Clock.now).terms, edit || call.source != nil else {
            let reasons = (call.name == nil ? ["nobody told its name"] : []) + call.lacks.map { "\($0.source.rawValue): \(ForeignText.safe($0.words))" }
            throw Failure(.failed, "the arguments of \(ForeignText.safe(id.rawValue)) are not known (\(reasons.joined(separator: "; "))); --edit opens what is known of it")
        }
        if terms.queue == nil { Output.complain("nobody told its queue: it goes where routes lead, else to the queue celery") }
        let isThere = call.waiting != nil
        if let waiting = call.waiting { Output.complain("its message is still in \(ForeignText.safe(waiting.queue.rawValue)): it stays there, and may be run as well") }
        if dryRun { return }
        if edit || isThere || session.isProduction { try confirm("retry \(ForeignText.safe(terms.name)) on \(session.broker)", yes: yes) }
        let new = try await logged("retry \(id)", target: id.rawValue, session, outcome: { "sent \($0)" }) {
            try await retrying.send(CallOrder(terms, from: call, resending: self.terms))
        }
        if json {
            Output.json(["id": .string(new.rawValue), "retry_of": .string(id.rawValue), "source": (draft.isChanged ? nil : call.source).map { .string($0.rawValue) } ?? .null])
        } else { Output.line(new.rawValue) }
        if !json, !draft.isChanged, let source = call.source { Output.complain("arguments \(source.words)") }
    }

    private func inEditor(_ call: KnownCall) throws -> MessageDraft {
        let editor = try Editor(hint: "--edit needs an editor: set EDITOR")
        var title = ["retry of \(call.name ?? "?") \(call.id)", "arguments " + (call.source?.words ?? "not known whole")]
        if call.source == nil || call.source == .shown { title += call.lacks.map { "not \($0.source.rawValue): \($0.words)" } }
        let (text, file) = try editor.edit(call.draft.document(title), name: "retry.json")
        var draft = call.draft
        do { try draft.take(document: text) } catch { throw Failure(.wrongUsage, "\(file): \(error)") }
        let faults = draft.read(now: Clock.now).faults
        if let fault = faults.min(by: { $0.key.rawValue < $1.key.rawValue }) { throw Failure(.wrongUsage, "\(file): \(fault.key.rawValue): \(ForeignText.safe(fault.value))") }
        editor.discard(file)
        guard draft.isChanged else {
            Output.complain("nothing is different from what it was called with")
            return draft
        }
        for difference in draft.differences { Output.complain("  \(difference.field.rawValue): \(ForeignText.safe(difference.before)) → \(ForeignText.safe(difference.after))") }
        return draft
    }
}

extension RetryReport {
    var value: Value {
        let pairs = sent.map { pair -> Value in ["id": .string(pair.new.rawValue), "retry_of": .string(pair.task.rawValue)] }
        let lacking = unknown.map { lack -> Value in ["id": .string(lack.task.rawValue), "reason": .string(lack.reason)] }
        return [
            "sent": .array(pairs), "unknown": .array(lacking), "unfinished": .integer(unfinished), "retried_before": .integer(before), "stopped": .bool(isStopped),
            "failure": failure.map(Value.string) ?? .null,
        ]
    }
}
