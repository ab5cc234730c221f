import CeleriacCore
import OrderedCollections

extension DashboardState {
    /// Commands that send tasks: again, others like them, new ones. `nil` for others.
    mutating func actOnCalls(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect]? {
        switch command {
        case .retry:
            guard let deed = retryDeed(picture) else { return [] }
            if case .tasks(let ids) = deed, ids.count == 1 { return look(for: ids[0], .retry) }
            chooseIDs(deed, now)
            return []
        case .clone:
            guard case .tasks(let ids)? = retryDeed(picture), ids.count == 1 else { return [] }
            return look(for: ids[0], .clone)
        case .newTask:
            modals.append(.message(MessageForm(MessageDraft(), .send(nil), title: "Send a new task", notes: [place], now: now)))
            return [.askTaskNames]
        default: return nil
        }
    }

    private mutating func look(for id: TaskID, _ use: CallUse) -> [Effect] {
        lookingFor = CallQuestion(id: id, use: use)
        tell("looking for what \(String(safe(id.rawValue).prefix(8))) was called with …")
        return [.findCall(id, use)]
    }

    /// Why there is nothing to send now; `nil` when there is.
    func whyNotSend(_ command: Command, _ focus: Focus, _ picture: Picture) -> String? {
        if command == .newTask { return nil }
        guard let deed = retryDeed(picture) else {
            switch focus {
            case .nothing(let reason): return reason
            case .workflow: return "Enter shows its tasks, there r retries"
            case .failure: return "no filter can name this group"
            default: return "this key is for tasks"
            }
        }
        if deed.count == 0 { return "no task matches" }
        if command == .clone { return deed.count == 1 && isSingle(deed) ? nil : "one task at a time is cloned: U unmarks" }
        guard isSingle(deed), case .task(let task) = focus else { return nil }
        return Self.whyNotRetry(task.state).map { "\(task.shortID) \($0)" }
    }

    private func isSingle(_ deed: Deed) -> Bool { if case .tasks(let ids) = deed { ids.count == 1 } else { false } }

    /// Why a task in that state is not sent again.
    static func whyNotRetry(_ state: TaskState) -> String? {
        switch state {
        case .success, .failure, .revoked, .rejected: nil
        case .retry: "is tried again by its worker: c sends another one like it"
        default: "has not ended: c sends another one like it"
        }
    }

    // MARK: - One task

    /// The call that was looked for was found, whole or not: asks, or opens the form.
    mutating func take(_ call: KnownCall, for use: CallUse, _ now: Double) {
        guard lookingFor == CallQuestion(id: call.id, use: use), modals.isEmpty else { return }
        lookingFor = nil
        notice = nil
        let isRetry = use == .retry, id = String(safe(call.id.rawValue).prefix(8))
        if isRetry, let state = call.state, let reason = Self.whyNotRetry(state) { return tell("\(id) \(reason)") }
        let form = MessageForm(
            call.draft, isRetry ? .resend(call) : .send(call), title: isRetry ? "Retry \(id)" : "Send another one like \(id)", notes: notes(on: call) + [place], now: now)
        guard isRetry, call.source != nil, let terms = call.draft.read(now: now).terms else {
            modals.append(.message(form))
            return
        }
        askToSend(CallOrder(terms, from: call, resending: ResendingTerms()), call.draft, form: form, now)
    }

    /// Where it is from, what else is known of it, and why better places do not tell. Not yet made safe to show.
    private func notes(on call: KnownCall) -> [String] {
        var notes = [call.source.map { "Arguments \($0.words)." } ?? "The arguments are not known whole: fill in what is missing."]
        if call.source == nil || call.source == .shown { notes += call.lacks.map { "\($0.source.title): \($0.words)" } }
        if !call.links.isEmpty { notes.append("It had links: " + call.links.joined(separator: "; ") + ".") }
        if let waiting = call.waiting { notes.append(waiting.words) }
        return notes
    }

    /// Asks before one task is sent.
    /// - Parameters:
    ///   - draft: what its terms were read from.
    ///   - form: what changes it first; `nil`: it comes from there.
    mutating func askToSend(_ order: CallOrder, _ draft: MessageDraft, form: MessageForm? = nil, _ now: Double) {
        let terms = order.terms, name = safe(terms.name, limit: 80)
        var facts: [String] = []
        if let known = order.known, let resending = order.resending {
            facts.append("\(safe(known.id.rawValue, limit: 40))  \(name)" + (known.state.map { "  " + safe($0.rawValue) } ?? ""))
            facts += arguments(of: terms)
            facts += draft.differences.map { safe($0.words, limit: 600) }
            if let source = known.source { facts.append("arguments \(source.words)") } else { facts.append("arguments as you typed them") }
            facts.append(resending.keepsID ? "under its own id: the old result will be overwritten" : "as a new task with an id of its own")
            if resending.keepsID, known.state == .revoked { facts.append("It was revoked: workers that remember that will refuse this id.") }
            if known.original == nil { facts.append("what was to follow it (callbacks, chain, chord) is not known here, and not sent") }
            if !known.links.isEmpty { facts.append((resending.keepsLinks ? "links kept: " : "links dropped: ") + safe(known.links.joined(separator: "; "))) }
            if let waiting = known.waiting { facts.append(safe(waiting.words)) }
        } else {
            facts.append(name)
            facts += arguments(of: terms)
        }
        facts.append("to \(terms.queue.map { "queue " + safe($0.rawValue, limit: 80) } ?? "where routes lead, else the queue celery")")
        if let eta = terms.eta { facts.append("not before \(Formats.date(eta, zone)) \(zone.name)") }
        if let expires = terms.expires { facts.append("of no use after \(Formats.date(expires, zone)) \(zone.name)") }
        facts.append(place)
        let title = order.resending == nil ? "Send 1 task" : "Retry 1 task"
        ask(title, facts: facts, verb: order.resending == nil ? "send" : "retry", need: need(count: 1), effect: .send(order), form: form, now: now)
    }

    private func arguments(of terms: MessageDraft.Terms) -> [String] {
        var facts = ["args " + safe(JSON.text(.array(terms.args ?? [])), limit: 300)]
        if let kwargs = terms.kwargs, !kwargs.isEmpty { facts.append("kwargs " + safe(JSON.text(.object(kwargs)), limit: 300)) }
        return facts
    }

    // MARK: - Many

    private mutating func chooseIDs(_ deed: Deed, _ now: Double) {
        var same = ResendingTerms()
        same.keepsID = true
        modals.append(
            .menu(
                Menu(
                    "Retry \(Formats.plural(deed.count, "task"))",
                    [
                        Menu.Item("as new tasks", note: "ids of their own", .retry(deed, ResendingTerms())),
                        Menu.Item("under their own ids", note: "old results are overwritten", .retry(deed, same)),
                    ], openedAt: now)))
    }

    mutating func askToRetry(_ deed: Deed, _ terms: ResendingTerms, _ picture: Picture, _ now: Double) {
        var facts: [String] = []
        switch deed {
        case .tasks(let ids):
            facts = ids.prefix(5).map { describe($0, picture) }
            if ids.count > 5 { facts.append("and \(Formats.grouped(ids.count - 5)) more") }
        case .matching(let filter, let count): facts = ["all that match \(safe(filter.text)), at most \(Formats.grouped(count))"]
        }
        facts += [
            terms.keepsID ? "under their own ids: old results will be overwritten" : "as new tasks with ids of their own, without links",
            "Each with its true arguments: from the stored record (result_extended), else its message, else messages seen from here, else the text that the sender showed if it reads whole.",
            "Left alone and counted: those whose arguments are not known for sure, that have not ended, or that were retried from here since they ended.", place,
        ]
        ask("Retry \(Formats.plural(deed.count, "task"))", facts: facts, verb: "retry", need: need(count: deed.count), effect: .retry(deed, terms), now: now)
    }
}

extension CallSource {
    /// At the head of a line that says why it does not tell.
    var title: String {
        switch self {
        case .record: "Stored record"
        case .message: "Message"
        case .history: "Seen before"
        case .shown: "Sender's text"
        }
    }
}

extension SeenMessage {
    /// Of one that is still there.
    var words: String {
        switch standing {
        case .waiting: "Its message still waits in \(queue): it stays there, and may be run as well."
        case .held: "A worker still holds its message (\(queue)): it may be run as well."
        case .past: "Its message was seen in \(queue)."
        }
    }
}
