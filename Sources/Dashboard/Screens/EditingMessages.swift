import CeleriacCore

/// Changing one message: on a form, or in the user's editor.
extension DashboardState {
    /// Keys act on tasks that workers hold.
    var isOnHeld: Bool {
        if case .queue(_, .held) = details.last?.subject { return true }
        return false
    }

    mutating func editMessage(_ picture: Picture, _ now: Double) -> [Effect] {
        if isOnHeld, case .task(let task) = focus(picture) {
            tell("the message of \(task.shortID) is being looked for")
            return [.findHeld(task.id)]
        }
        guard let message = taking(picture)?.some.first, let task = message.task else { return [] }
        let draft = MessageDraft(task, in: message.kept.queue)
        var notes = editing.contains(.replacesAtEnd) ? [Self.atTheEnd] : []
        if case .opaque(let reason) = task.arguments { notes.append("Its body cannot be read here (\(reason)) and stays as it is.") }
        openMessageForm(draft, .edit(message), title: "Message \(task.id.rawValue)  \(task.name)", notes: notes, now)
        return []
    }

    private static let atTheEnd = "On this broker the changed message comes to the end of its queue; a crash at the wrong moment can leave both, the old one and the new one."
    private static let newID = "A worker holds it: that one is revoked, then what stands here is sent under a new id."

    mutating func openHeldForm(_ message: TaskMessage, in queue: QueueName, _ now: Double) {
        // Something else may have been opened while it was looked for.
        guard modals.isEmpty, isOnHeld else { return }
        notice = nil
        openMessageForm(MessageDraft(message, in: queue), .replaceHeld(message), title: "Held \(message.id.rawValue)  \(message.name)", notes: [Self.newID], now)
    }

    private mutating func openMessageForm(_ draft: MessageDraft, _ purpose: MessageForm.Purpose, title: String, notes: [String], _ now: Double) {
        modals.append(.message(MessageForm(draft, purpose, title: safe(title, limit: 120), notes: notes, now: now)))
    }

    /// Gives the form's document to the user's editor.
    func editorEffect(_ form: MessageForm) -> [Effect] { [.openEditor(form.document ?? form.draft.document([form.title] + form.notes))] }

    /// What the user made of the document: shown on the form, and, if it can be done, asked for.
    mutating func take(document: String, _ now: Double) {
        updateMessageForm { form in
            form.take(document: document, now: now)
            return true
        }
        guard case .message(var form) = modals.last, form.refusal == nil, form.draft.isChanged, let terms = form.check(now: now) else { return }
        confirm(form, terms, now)
    }

    mutating func askToEdit(_ message: QueueSample.Message, by draft: MessageDraft, _ now: Double) {
        guard draft.isChanged else { return tell("nothing is different: there is nothing to change") }
        var facts = differences(draft)
        if draft[.queue].trimmed != message.kept.queue.rawValue {
            facts.append("It leaves \(safe(message.kept.queue.rawValue)) and goes to the end of \(safe(draft[.queue].trimmed)).")
        } else if editing.contains(.replacesAtEnd) {
            facts.append(Self.atTheEnd)
        }
        facts += [place, "Refused if a worker has taken it meanwhile. u takes this back."]
        ask("Change 1 message of \(safe(message.kept.queue.rawValue, limit: 40))", facts: facts, verb: "change", need: need(count: 1), effect: .editMessage(message.kept, draft), now: now)
    }

    mutating func askToReplaceHeld(_ message: TaskMessage, by draft: MessageDraft, _ now: Double) {
        guard draft.isChanged else { return tell("nothing is different: there is nothing to send") }
        let facts = [safe(message.id.rawValue, limit: 40) + "  " + safe(message.name, limit: 60)] + differences(draft) + [
            place, Self.newID, "Nothing is sent unless a worker confirms that it revoked the old one.",
        ]
        ask("Revoke 1 task and send it again", facts: facts, verb: "revoke and send", need: need(count: 1), effect: .sendInstead(message, draft), now: now)
    }

    private func differences(_ draft: MessageDraft) -> [String] { draft.differences.map { safe($0.words, limit: 600) } }

    /// What became of an edit.
    mutating func take(_ verdict: MessageVerdict) {
        if case .refused(let reason) = verdict {
            return updateMessageForm { form in
                if form.isBusy, form.isEdit { (form.isBusy, form.refusal) = (false, safe(reason)) }
                return true
            }
        }
        updateMessageForm { !($0.isBusy && $0.isEdit) }
        guard case .edited(let old, let new) = verdict else { return }
        if new.queue == old.queue, !editing.contains(.replacesAtEnd) {
            look(at: old.queue) { $0.replace(old, with: new) }
        } else {
            look(at: old.queue) { $0.drop([old]) }
        }
        if case .message(let message) = details.last?.subject, message.kept.bytes == old.bytes { details[details.count - 1].subject = .message(QueueSample.Message(new, position: message.position)) }
        for queue in Set([old.queue, new.queue]) where looks[queue] != nil { look(at: queue) { $0.isOutdated = true } }
    }

    /// The listed messages as a file; `nil` where none are listed.
    func saveMessages(_ kind: Effect.TableFile, _ now: Double) -> Effect? {
        guard listedQueue != nil else { return nil }
        return .saveMessages(messagePage(now: now).rows.map(\.message), kind)
    }
}
