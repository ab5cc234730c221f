import CeleriacCore

extension DashboardState {
    /// Opens the form of an entry, or an empty one.
    ///
    /// What it emits: `.askZone`, to be answered by `Action.zone`, and, once the difference was confirmed, `.saveEntry`, to be answered by `Action.entryWritten` or
    /// `.entryRefused`. It stays open until the entry is stored.
    /// - Parameters:
    ///   - stored: as it was read; `nil`: a new one.
    ///   - features: what the store can hold; nothing else is offered.
    ///   - store: its masked endpoint.
    ///   - beatZone: that of entries which name none; Celery's default where it is not known.
    mutating func openEntryForm(_ stored: StoredEntry?, features: ScheduleFeatures, store: String, beatZone: ZoneRules = .utc, now: Double) -> [Effect] {
        let form = EntryForm(stored, features: features, store: store, beatZone: beatZone, now: now)
        modals.append(.entry(form))
        return questions(of: form)
    }

    /// Tab moves, Ctrl-s checks, Esc leaves; no other key does anything but edit.
    mutating func answer(_ form: EntryForm, _ key: Key, _ now: Double) -> [Effect] {
        var form = form
        guard now < form.openedAt || now >= form.openedAt + Confirmation.grace else { modals.append(.entry(form)); return [] }
        if let question = form.question {
            form.question = nil
            if key == .character("y") {
                switch (question, form.conflict) {
                case (.leave, _): return leave(form)
                case (.loadTheirs, .changed(let theirs)?): form.load(theirs, now: now)
                case (.loadTheirs, _): break
                }
            }
            modals.append(.entry(form))
            return questions(of: form)
        }
        switch key {
        case .escape:
            guard form.draft.isChanged, !form.isSaving else { return leave(form) }
            form.question = .leave
        case _ where form.isSaving: break
        case .control("s"): return save(form, now)
        case .control("t"):
            guard case .changed(let theirs) = form.conflict, form.base != nil || theirs.entry.name == form.draft[.name] else { break }
            form.question = .loadTheirs
        default: form.take(key, now: now)
        }
        modals.append(.entry(form))
        return questions(of: form)
    }

    private func questions(of form: EntryForm) -> [Effect] { form.unknownZone.map { [.askZone($0)] } ?? [] }

    private mutating func leave(_ form: EntryForm) -> [Effect] {
        tell(form.isSaving ? "the entry is still being saved: the last line will tell" : "nothing was changed")
        return []
    }

    /// Shows what would change, and asks.
    private mutating func save(_ form: EntryForm, _ now: Double) -> [Effect] {
        var form = form
        let entry = form.check(now: now)
        modals.append(.entry(form))
        if let reason = whyNotWrite { tell(reason); return [] }
        guard let entry else {
            if let zone = form.unknownZone { tell("it is being asked whether there is a time zone \(safe(zone, limit: 60)): try again in a moment") }
            return []
        }
        let old = form.replaced, differences = entry.differences(from: old?.entry)
        guard !differences.isEmpty || old?.problem != nil else { tell("nothing is different: there is nothing to save"); return [] }
        var facts = differences.map { safe($0.words, limit: 600) }
        switch form.conflict {
        case .changed where old != nil: facts.append("This overwrites what somebody else has changed since.")
        case .removed: facts.append("It was removed meanwhile: this adds it again.")
        default: break
        }
        if form.preview.isDue, entry.isEnabled { facts.append("By this schedule a run is due already: beat sends it at once.") }
        if old?.isStatic == true { facts.append("Beat's own settings name this entry: its next start undoes the change.") }
        facts.append("in \(safe(form.store)), context \(safe(context))" + (isProduction ? " (production)" : ""))
        let name = safe(entry.name, limit: 60)
        ask(old == nil ? "Add \(name)" : "Save \(name)", facts: facts, verb: "save", need: need(count: 1), effect: .saveEntry(entry, replacing: old), now: now)
        return []
    }

    /// Why no schedule may be written.
    var whyNotWrite: String? {
        switch permission {
        case .readOnly: "read-only: nothing can be changed (start without --read-only)"
        case .passive: "passive: nothing is changed (start without --passive)"
        case .act: nil
        }
    }

    /// - Parameter change: `false` when the form has served.
    mutating func updateEntryForm(_ change: (inout EntryForm) -> Bool) {
        guard let index = modals.lastIndex(where: { if case .entry = $0 { true } else { false } }), case .entry(var form) = modals[index] else { return }
        if change(&form) { modals[index] = .entry(form) } else { modals.remove(at: index) }
    }
}
