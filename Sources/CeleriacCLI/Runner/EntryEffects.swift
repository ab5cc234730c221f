import Celeriac
import CeleriacBroker
import CeleriacCore
import Dashboard
import Foundation

/// Does what the dashboard asks of schedule entries, and reports each step as an action.
actor EntryEffects {
    private let session: Session
    private let watch: ScheduleWatch
    private let editor: ScheduleEditor
    private let report: @Sendable (Action) -> Void
    private let nextLog: @Sendable () async -> Int
    /// Opened by the first task that is sent.
    private var app: App?

    /// - Parameter nextLog: numbers the lines of the log.
    init(_ session: Session, _ watch: ScheduleWatch, report: @escaping @Sendable (Action) -> Void, nextLog: @escaping @Sendable () async -> Int) {
        self.session = session
        self.watch = watch
        editor = ScheduleEditor(watch) { Clock.now }
        self.report = report
        self.nextLog = nextLog
    }

    func close() async { await app?.close() }

    func perform(_ act: EntryAct, _ targets: EntryTargets) async {
        let entries: [EntryTarget] = switch targets {
        case .entries(let entries): entries
        case .matching(let filter, let count): await watch.names(matching: filter).prefix(count).map { EntryTarget($0) }
        case .enabled: await enabled()
        }
        guard !entries.isEmpty else { return report(.notify("refused: no entry is meant any more", isError: true)) }
        if case .enabled(let count) = targets, entries.count > count {
            return report(.notify("refused: there are \(entries.count) enabled entries by now, not \(count)", isError: true))
        }
        let log = await begin("\(act.words) \(Self.subject(entries.map(\.name)))", command(act.verb, entries.map(\.name)), target: entries.map(\.name))
        switch act {
        case .trigger: await trigger(entries, log)
        case .enable, .disable: await finish(editor.enable(act == .enable, entries), act == .enable ? "resumed" : "suspended", log)
        case .remove: await finish(editor.remove(entries), "removed", log)
        case .skip: await finish(editor.skip(entries[0]), "skipped the next run of", log)
        }
    }

    /// Stores what a form says, if the entry is still the one that was read as `old`.
    func save(_ entry: ScheduleEntry, replacing old: StoredEntry?) async {
        let title = old == nil ? "add schedule entry \(entry.name)" : "edit schedule entry \(entry.name)"
        let log = await begin(title, entry.command(over: old?.entry, store: watch.store.endpoint), target: [entry.name])
        let outcome = await watch.store.write(entry, replacing: old)
        report(outcome)
        switch outcome {
        case .entryWritten(.done(let stored)):
            await watch.note(stored, before: old)
            let done = "\(old == nil ? "added" : "edited") \(entry.name)"
            report(.edited(DoneEdit(id: await editor.keep([EntryChange(before: old, after: stored)]), title: done, names: [entry.name], count: 1)))
            report(.finished(log: log, summary: ForeignText.safe(done), isError: false))
            follow(entry.name, done, log)
        case .entryRefused(let reason): report(.finished(log: log, summary: ForeignText.safe("\(title) failed: \(reason)"), isError: true))
        default: report(.finished(log: log, summary: ForeignText.safe("refused: somebody changed \(entry.name) meanwhile"), isError: true))
        }
    }

    func undo(_ id: Int, of title: String) async {
        let log = await begin("take back: \(title)", "")
        let result = await editor.undo(id)
        if result.refusals.isEmpty { report(.undone(id)) }
        let names = result.changes.map(\.name)
        let done = names.isEmpty ? "nothing was taken back" : "taken back for \(Self.subject(names))"
        report(.finished(log: log, summary: ForeignText.safe(done + Self.remark(result.refusals, of: names.count)), isError: !result.refusals.isEmpty))
        if names.count == 1, result.refusals.isEmpty, result.changes[0].after != nil { follow(names[0], done, log) }
    }

    /// Those that are enabled, as they are now.
    private func enabled() async -> [EntryTarget] {
        var found: [EntryTarget] = []
        for name in await watch.names() {
            if let stored = await watch.stored(name), stored.entry.isEnabled { found.append(EntryTarget(name, seen: stored)) }
        }
        return found
    }

    // MARK: - Telling

    private func begin(_ title: String, _ command: String, target: [String] = []) async -> Int {
        let log = await nextLog()
        report(.logged(LogEntry(id: log, at: Clock.now, title: ForeignText.safe(title), command: ForeignText.safe(command), target: ForeignText.safe(target.prefix(20).joined(separator: " ")))))
        return log
    }

    private func finish(_ result: EditReport, _ done: String, _ log: Int) async {
        let names = result.changes.map(\.name).sorted()
        if !names.isEmpty {
            let title = "\(done) \(Self.subject(names))"
            report(.edited(DoneEdit(id: await editor.keep(result.changes), title: title, names: Array(names.prefix(20)), count: names.count)))
        }
        let summary = names.isEmpty ? "nothing was changed" : "\(done) \(Self.subject(names))"
        report(.finished(log: log, summary: ForeignText.safe(summary + Self.remark(result.refusals, of: names.count)), isError: !result.refusals.isEmpty))
        if names.count == 1, result.refusals.isEmpty, result.changes[0].after != nil { follow(names[0], summary, log) }
    }

    private static func remark(_ refusals: [(name: String, reason: String)], of done: Int) -> String {
        guard let first = refusals.first else { return "" }
        if refusals.count == 1, done == 0 { return ": \(first.name.isEmpty ? "" : first.name + ": ")\(first.reason)" }
        return ", \(refusals.count) left as they are (\(first.name): \(first.reason))"
    }

    /// `nightly`, or `3 entries`.
    static func subject(_ names: [String]) -> String { names.count == 1 ? names[0] : "\(names.count) entries" }

    /// Goes on looking for a sign that beat took the edit up.
    private func follow(_ name: String, _ summary: String, _ log: Int) {
        // Unstructured on purpose: it ends with the process, or when there is nothing more to learn.
        Task { [watch, report] in
            var told: EditVerdict?
            let editedAt = await watch.editedAt(name)
            let end = ContinuousClock.now + .seconds(3600)
            while ContinuousClock.now < end {
                try? await Task.sleep(for: .milliseconds(500))
                // What follows another edit says nothing of this one.
                guard let verdict = await watch.verdict(name), await watch.editedAt(name) == editedAt else { return }
                let isNews = if case .silent = verdict { told == nil } else { verdict.isFinal }
                if isNews {
                    told = verdict
                    let zone = Clock.zone(at: Clock.now)
                    report(.finished(log: log, summary: ForeignText.safe("\(summary); \(verdict.words(Zone(offset: zone.offset, name: zone.name)))"), isError: verdict.isError))
                }
                if verdict.isFinal { return }
            }
        }
    }

    private func command(_ verb: String, _ names: [String]) -> String {
        let quoted = names.prefix(20).map(\.quotedForShell).joined(separator: " ") + (names.count > 20 ? " …" : "")
        let broker = verb == EntryAct.trigger.verb ? " -b \(session.broker.description.quotedForShell)" : ""
        return "celeriac\(broker) -S \(watch.store.endpoint.quotedForShell) schedule \(verb) \(quoted)"
    }

    // MARK: - Sending

    private func trigger(_ targets: [EntryTarget], _ log: Int) async {
        var sent: [TaskID] = [], failures: [(name: String, reason: String)] = []
        for target in targets {
            do {
                guard let stored = try await watch.store.entry(target.name) else {
                    failures.append((target.name, "it is gone"))
                    continue
                }
                let id = try await producer().trigger(stored.entry)
                await watch.note(id, sentFor: target.name)
                sent.append(id)
            } catch { failures.append((target.name, "\(error)")) }
        }
        let summary = sent.count == 1 ? "sent \(sent[0]) for \(Self.subject(targets.map(\.name)))" : "sent \(sent.count) tasks"
        report(.finished(log: log, summary: ForeignText.safe(summary + Self.remark(failures, of: sent.count)), isError: !failures.isEmpty))
    }

    private func producer() throws -> App {
        if let app { return app }
        guard session.permission == .act else {
            throw TransportError(.readOnly, operation: "send", endpoint: session.broker.description, cause: "not done: this session is \(session.permission == .passive ? "passive" : "read-only")")
        }
        let opened = try session.openApp()
        app = opened
        return opened
    }
}
