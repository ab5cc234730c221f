import CeleriacCore

extension DashboardState {
    /// Tab moves, Ctrl-s checks, Esc leaves; no other key does anything but edit.
    ///
    /// Once the difference was confirmed the form stays open, busy, until `updateMessageForm` ends it.
    mutating func answer(_ form: MessageForm, _ key: Key, _ picture: Picture, _ now: Double) -> [Effect] {
        var form = form
        guard now < form.openedAt || now >= form.openedAt + Confirmation.grace else { modals.append(.message(form)); return [] }
        if form.isLeaving {
            form.isLeaving = false
            if key == .character("y") { return leave(form) }
            modals.append(.message(form))
            return []
        }
        switch key {
        case .escape:
            guard form.isChanged, !form.isBusy else { return leave(form) }
            form.isLeaving = true
        case _ where form.isBusy: break
        case .control("s"):
            let terms = form.check(now: now)
            modals.append(.message(form))
            if let reason = whyNotAct(picture) { tell(reason) } else if let terms { confirm(form, terms, now) } else { tell(form.fault) }
            return []
        case .control("o") where form.isEdit:
            modals.append(.message(form))
            return editorEffect(form)
        default: form.take(key, now: now)
        }
        modals.append(.message(form))
        return []
    }

    private mutating func leave(_ form: MessageForm) -> [Effect] {
        tell(form.isBusy ? "it is on its way: the last line will tell" : "nothing was changed")
        return []
    }

    /// Shows what would be done, and asks.
    mutating func confirm(_ form: MessageForm, _ terms: MessageDraft.Terms, _ now: Double) {
        switch form.purpose {
        case .edit(let message): askToEdit(message, by: form.draft, now)
        case .replaceHeld(let message): askToReplaceHeld(message, by: form.draft, now)
        case .send(let known): askToSend(CallOrder(terms, from: known), form.draft, now)
        case .resend(let known): askToSend(CallOrder(terms, from: known, resending: form.terms), form.draft, now)
        }
    }

    /// - Parameter change: `false` when the form has served.
    mutating func updateMessageForm(_ change: (inout MessageForm) -> Bool) {
        guard let index = modals.lastIndex(where: { if case .message = $0 { true } else { false } }), case .message(var form) = modals[index] else { return }
        if change(&form) { modals[index] = .message(form) } else { modals.remove(at: index) }
    }
}
