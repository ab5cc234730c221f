import CeleriacCore
import OrderedCollections

extension DashboardState {
    /// The entry that a key is about: that of the open detail, else the row under the cursor.
    func entryRow(_ picture: Picture) -> EntryRow? {
        if case .periodic(let name, _) = details.last?.subject { return picture.entry.flatMap { $0.row.name == name ? $0.row : nil } }
        if details.isEmpty, case .periodic(let row) = focus(picture) { return row }
        return nil
    }

    /// Keys act on entries here.
    var isAboutEntries: Bool {
        if case .periodic = details.last?.subject { return details.last?.text.selected == nil }
        return details.isEmpty && list.isOfEntries
    }

    /// The marked entries, else the one under the cursor.
    func entryTargets(_ picture: Picture) -> EntryTargets? {
        if details.isEmpty, list == .beat {
            let state = self[.beat]
            if state.marksAllMatching, let filter = state.filter { return .matching(filter, count: state.matching) }
            if !state.marks.isEmpty {
                let shown = Dictionary((picture.beat?.rows ?? []).map { ($0.name, $0.stored) }, uniquingKeysWith: { $1 })
                return .entries(state.marks.sorted().map { EntryTarget($0, seen: shown[$0]) })
            }
        }
        return entryRow(picture).map { .entries([EntryTarget($0.name, seen: $0.stored)]) }
    }

    /// Commands on schedule entries; each opens a question or a form. `nil` for others.
    mutating func actOnEntries(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect]? {
        switch command {
        case .suspendEntry: askAboutEntries(allAreOff(picture) ? .enable : .disable, picture, now)
        case .trigger: askAboutEntries(.trigger, picture, now)
        case .skip: askAboutEntries(.skip, picture, now)
        case .remove where isAboutEntries: askAboutEntries(.remove, picture, now)
        case .editEntry:
            guard let row = entryRow(picture) else { return [] }
            return openEntryForm(row.stored, features: beat.features, store: beat.endpoint, beatZone: beat.zone, now: now)
        case .addEntry: return openEntryForm(nil, features: beat.features, store: beat.endpoint, beatZone: beat.zone, now: now)
        case .pauseBeat: askToPause(now)
        case .undo:
            if let entry = selectedTrash { askToRestore(entry, now) } else { askToUndo(now) }
        default: return nil
        }
        return []
    }

    /// Suspending has been done to all that are meant, as far as they are shown.
    private func allAreOff(_ picture: Picture) -> Bool {
        switch entryTargets(picture) {
        case .entries(let targets): targets.allSatisfy { $0.seen?.entry.isEnabled == false }
        case .matching: (picture.beat?.rows ?? []).allSatisfy { !$0.entry.isEnabled }
        case .enabled, nil: false
        }
    }

    // MARK: - Questions

    private mutating func askAboutEntries(_ act: EntryAct, _ picture: Picture, _ now: Double) {
        guard let targets = entryTargets(picture) else { return }
        let count = targets.count, noun = count == 1 ? "entry" : "entries"
        let title = act == .trigger ? "Send the \(count == 1 ? "task" : "tasks") of \(Formats.grouped(count)) \(noun) now" : act.words.prefix(1).uppercased() + act.words.dropFirst() + " \(Formats.grouped(count)) \(noun)"
        var facts: [String] = []
        switch targets {
        case .entries(let entries):
            facts = entries.prefix(5).map { describe($0, picture) }
            if entries.count > 5 { facts.append("and \(Formats.grouped(entries.count - 5)) more") }
            if count == 1, let row = rows(of: entries, picture).first { facts += consequences(act, row, now) }
        case .matching(let filter, let count): facts = ["all \(Formats.grouped(count)) that match \(safe(filter.text))"]
        case .enabled: break
        }
        facts.append(act == .trigger ? "in context \(safe(context))\(isProduction ? " (production)" : ""), \(safe(endpoint))" : storePlace)
        facts.append(ending(act))
        ask(title, facts: facts, verb: act == .skip ? "skip" : act.words, need: need(count: count), effect: .entries(act, targets), now: now)
    }

    private var storePlace: String { "in context \(safe(context))" + (isProduction ? " (production)" : "") + ", \(safe(beat.endpoint))" }

    private func rows(of targets: [EntryTarget], _ picture: Picture) -> [EntryRow] {
        let rows = (picture.entry.map { [$0.row] } ?? []) + (picture.beat?.rows ?? [])
        return targets.compactMap { target in rows.first { $0.name == target.name } }
    }

    private func describe(_ target: EntryTarget, _ picture: Picture) -> String {
        guard let row = rows(of: [target], picture).first else { return safe(target.name, limit: 80) }
        return [safe(row.name, limit: 60), safe(row.entry.task, limit: 60), safe(row.words, limit: 60)].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    /// What follows for one entry.
    private func consequences(_ act: EntryAct, _ row: EntryRow, _ now: Double) -> [String] {
        let next = row.next.value.map { "\(Formats.date($0, zone)) \(zone.name)" }
        var facts: [String] = []
        switch act {
        case .disable: if let next { facts.append("its next run, \(next), and those after it fall out") }
        case .enable:
            let isOverdue = row.entry.lastRun != nil && row.entry.schedule.isRepeated
            if isOverdue { facts.append("if a run was due meanwhile, beat may make one good at once") }
        case .skip: if let next { facts.append("the run at \(next) falls out; the store then has that time as its last run") }
        case .trigger:
            let arguments = [row.entry.args.isEmpty ? nil : JSON.text(.array(row.entry.args)), row.entry.kwargs.isEmpty ? nil : JSON.text(.object(row.entry.kwargs))].compactMap { $0 }
            if !arguments.isEmpty { facts.append("with \(safe(arguments.joined(separator: " ")))") }
            if let queue = row.entry.options["queue"]?.string { facts.append("to queue \(safe(queue))") }
        case .remove: break
        }
        if row.stored.isStatic, act != .trigger { facts.append("beat was given it by its settings: it comes back as it was when beat starts again") }
        if beat.features.contains(.lateRecords), act == .skip { facts.append("a run that beat has not written down yet may undo this") }
        return facts
    }

    private func ending(_ act: EntryAct) -> String {
        switch act {
        case .trigger: "Its schedule goes on as before."
        case .skip, .disable, .enable, .remove: "u takes this back."
        }
    }

    private mutating func askToPause(_ now: Double) {
        let count = beat.enabled
        ask(
            "Pause the whole beat: suspend \(Formats.grouped(count)) \(count == 1 ? "entry" : "entries")", facts: ["every entry that is enabled now", storePlace, "Nothing periodic is sent until they are resumed; u resumes just these."],
            verb: "pause", need: .text(context, kind: "the context's name"), effect: .entries(.disable, .enabled(count: count)), now: now)
    }

    mutating func askToUndo(_ edit: DoneEdit, _ now: Double) {
        let names = edit.names.prefix(5).map { safe($0, limit: 80) } + (edit.count > 5 ? ["and \(Formats.grouped(edit.count - min(5, edit.names.count))) more"] : [])
        ask(
            "Take back: \(safe(edit.title, limit: 60))", facts: names + [storePlace, "What somebody else has changed since is left as it is."], verb: "take back", need: need(count: edit.count), effect: .undoEdit(edit.id, title: edit.title),
            now: now)
    }

    // MARK: - Why not

    /// Why an action on entries makes no sense now; `nil` when it does.
    func whyNotOnEntries(_ command: Command, _ picture: Picture) -> String? {
        if command.isActing, let reason = whyNotWriteEntries(picture) { return reason }
        switch command {
        case .pauseBeat: return beat.enabled == 0 ? "no entry is enabled" + (scheduleEdits.isEmpty ? "" : ": u takes the last edit back") : nil
        case .addEntry: return nil
        case .removeHard: return "x removes a schedule entry"
        case .upcoming: return entryRow(picture) == nil ? whyNoEntry(picture) : nil
        default: break
        }
        guard let targets = entryTargets(picture) else { return whyNoEntry(picture) }
        if targets.count == 0 { return "no entry matches" }
        if command == .trigger, let reason = whyNotAct(picture) { return reason }
        guard targets.count == 1, let row = entryRow(picture) else { return command == .editEntry || command == .skip ? "this is done to one entry at a time: U unmarks" : nil }
        switch (command, row.state) {
        case (.trigger, .broken) where row.entry.task.isEmpty: return "it names no task"
        case (.skip, .broken), (.skip, .ended): return "it has no next run"
        case (.skip, .disabled): return "it is suspended: it has no next run"
        case (.skip, .skipping): return "its next run is left out already"
        default: return nil
        }
    }

    private func whyNoEntry(_ picture: Picture) -> String {
        guard beat.hasStore else { return "no schedule store: start with -S URL" }
        if details.isEmpty, case .nothing(let reason) = focus(picture) { return reason }
        return "this key is for schedule entries: 5 lists them"
    }

    /// Why nothing in the store may be changed.
    func whyNotWriteEntries(_ picture: Picture) -> String? {
        switch permission {
        case .readOnly: return "read-only: nothing can be changed (start without --read-only)"
        case .passive: return "passive: nothing is changed (start without --passive)"
        case .act: break
        }
        switch picture.beatFacts.link {
        case .none: return "no schedule store: start with -S URL"
        case .reading: return "the schedule is being read: try again in a moment"
        case .lost: return "the schedule store cannot be reached now"
        case .live: return nil
        }
    }

    /// The same at the last moment, when a question has been answered.
    func whyNot(_ effect: Effect, _ picture: Picture) -> String? {
        switch effect {
        case .entries(.trigger, _): whyNotAct(picture)
        case .entries, .undoEdit, .saveEntry: whyNotWriteEntries(picture)
        default: whyNotAct(picture)
        }
    }
}

extension Schedule {
    /// It goes on after a run.
    var isRepeated: Bool { if case .clocked = self { false } else { true } }
}
