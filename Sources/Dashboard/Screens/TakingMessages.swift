public import CeleriacCore

/// Messages that an action is about, fixed when its key was pressed.
public struct Taking: Hashable, Sendable {
    public let queue: QueueName
    public let selection: MessageSelection
    /// As many as are known to be meant.
    let count: Int
    /// More may be meant.
    let isLeast: Bool
    /// Some of them, to be named.
    let some: [QueueSample.Message]
}

extension DashboardState {
    /// Keys act on messages here.
    var isAboutMessages: Bool {
        if case .message = details.last?.subject { return true }
        return listedQueue != nil
    }

    /// The marked messages, else the one under the cursor, else the one that is open.
    func taking(_ picture: Picture) -> Taking? {
        if case .message(let message) = details.last?.subject { return Taking(one: message) }
        guard let queue = listedQueue else { return nil }
        let look = messageLook
        if look.list.marksAllMatching, let filter = look.list.filter {
            let found = look.scan?.progress.found ?? messagePage(now: picture.now).matching
            return Taking(queue: queue, selection: .matching(filter), count: found, isLeast: look.scan?.isDone != true, some: Array(look.shown.prefix(5).map(\.message)))
        }
        let marked = look.marked.map(\.message)
        if !look.list.marks.isEmpty { return Taking(queue: queue, selection: .messages(marked.map(\.kept)), count: marked.count, isLeast: false, some: Array(marked.prefix(5))) }
        if case .message(let message) = focus(picture) { return Taking(one: message) }
        return nil
    }

    /// The queue that purging is about.
    func purgedQueue(_ picture: Picture) -> QueueName? {
        if let listedQueue { return listedQueue }
        if case .queue(let row) = focus(picture) { return row.name }
        return nil
    }

    // MARK: - Why not

    /// Why an action on messages makes no sense now; `nil` when it does.
    func whyNotOnMessages(_ command: Command, _ picture: Picture) -> String? {
        if let reason = whyNotAct(picture) { return reason }
        let queue = purgedQueue(picture) ?? taking(picture)?.queue
        let row = queue.flatMap { name in picture.queues?.rows.first { $0.name == name } }
        if peekingMarks, let reason = row?.traits?.whyNotPeek { return reason }
        switch command {
        case .removeHard:
            guard let queue else { return "this key is for queues" }
            if row?.ready.value == 0, looks[queue]?.total ?? 0 == 0 { return "no message waits in \(safe(queue.rawValue, limit: 40))" }
            return nil
        case .serveFirst where editing.contains(.noFront): return "this broker can put nothing at the front of a queue: a higher priority (e) is served earlier, where the queue has priorities"
        case .editMessage:
            if case .task(let task) = focus(picture), isOnHeld { return task.state == .started ? "\(task.shortID) is running already" : nil }
            guard let taking = taking(picture) else { return whyNoMessage(picture) }
            guard taking.count == 1, !taking.isLeast, let message = taking.some.first else { return "messages are edited one at a time: U unmarks" }
            return message.task == nil ? "it is no task's message: it can be moved or deleted" : nil
        default:
            guard let taking = taking(picture) else { return whyNoMessage(picture) }
            return taking.count == 0 && !taking.isLeast ? "no message matches" : nil
        }
    }

    private func whyNoMessage(_ picture: Picture) -> String {
        if listedQueue != nil || isOnHeld, case .nothing(let reason) = focus(picture) { return reason }
        return "this key is for messages: Enter on a queue lists them"
    }

    // MARK: - Acting

    /// Commands on messages; each opens a question or a form. `nil` for others.
    mutating func actOnMessages(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect]? {
        switch command {
        case .remove where isAboutMessages:
            if let taking = taking(picture) { askToDelete(taking, now) }
        case .removeHard:
            guard let queue = purgedQueue(picture) else { return nil }
            askToPurge(queue, waiting: picture.queues?.rows.first { $0.name == queue }?.ready.value ?? looks[queue]?.total, now)
        case .moveMessages:
            if let taking = taking(picture) { modals.append(.line(LineEdit(purpose: .target(taking), input: InputLine()))) }
        case .serveFirst, .serveLast:
            if let taking = taking(picture) { askToReorder(taking, isFirst: command == .serveFirst, now) }
        case .editMessage: return editMessage(picture, now)
        case .stopJob: return stopJob(now)
        default: return nil
        }
        return []
    }

    /// One: `y`; up to 20: their count; more: the queue's name. Where it counts most, the context's name in place of `y`.
    private func need(_ taking: Taking) -> Confirmation.Need {
        guard taking.isLeast || taking.count > 20 else { return need(count: taking.count) }
        return .text(taking.queue.rawValue, kind: "the queue's name")
    }

    private func facts(_ taking: Taking) -> [String] {
        var facts: [String] = []
        if case .matching(let filter) = taking.selection { facts.append("all that match \(safe(filter.text)) when it is done") }
        facts += taking.some.map { message in
            guard let task = message.task else { return "place \(message.position + 1)  no task's message" }
            return DisplayWidth.cut("\(safe(task.id.rawValue, limit: 40))  \(safe(task.name, limit: 60))  \(safe(message.arguments, limit: 80))", to: 74, ellipsis: Glyphs.unicode.ellipsis)
        }
        if taking.count > taking.some.count { facts.append("and \(Formats.grouped(taking.count - taking.some.count)) more") }
        return facts
    }

    private func counted(_ taking: Taking) -> String { (taking.isLeast ? "at least " : "") + Formats.plural(taking.count, "message") }

    /// What walking through a queue does where messages must be taken out to be looked at.
    private var ways: [String] {
        editing.contains(.holds) ? ["To be found, messages are taken out and given back with the flag redelivered set; workers do not get them meanwhile."] : []
    }

    private mutating func askToDelete(_ taking: Taking, _ now: Double) {
        ask(
            "Delete \(counted(taking)) of \(safe(taking.queue.rawValue, limit: 40))", facts: facts(taking) + [place] + ways + ["They are copied to the trash first: u takes this back."], verb: "delete",
            need: need(taking), effect: .begin(.delete(taking.selection, in: taking.queue)), now: now)
    }

    private mutating func askToPurge(_ queue: QueueName, waiting: Int?, _ now: Double) {
        let count = waiting.map { Formats.plural($0, "message") } ?? "all messages"
        ask(
            "Purge the queue \(safe(queue.rawValue, limit: 40))", facts: ["\(count) waiting; those that workers hold stay with them", place, "They are copied to the trash first: u takes this back."], verb: "purge",
            need: .text(queue.rawValue, kind: "the queue's name"), effect: .begin(.purge(queue)), now: now)
    }

    /// - Returns: why they cannot be moved there.
    mutating func askToMove(_ taking: Taking, to name: String, _ picture: Picture, _ now: Double) -> String? {
        let target = QueueName(name)
        if name.isEmpty { return "the queue's name is missing" }
        if target == taking.queue { return "they are there already: K and J reorder them" }
        var facts = facts(taking) + ["from \(safe(taking.queue.rawValue)) to the end of \(safe(name))", place]
        if let rows = picture.queues?.rows, !rows.contains(where: { $0.name == target }) { facts.append("No queue of this name has been seen: check that somebody will consume it.") }
        ask(
            "Move \(counted(taking)) to \(safe(name, limit: 40))", facts: facts + ways + ["They are copied to the trash first: u takes this back."], verb: "move", need: need(taking),
            effect: .begin(.move(taking.selection, from: taking.queue, to: target)), now: now)
        return nil
    }

    private mutating func askToReorder(_ taking: Taking, isFirst: Bool, _ now: Double) {
        let way = isFirst ? "to the front of the queue: served before all others of the same priority" : "to the end of the queue: served after all that wait now"
        ask(
            "Serve \(counted(taking)) of \(safe(taking.queue.rawValue, limit: 40)) \(isFirst ? "first" : "last")", facts: facts(taking) + [way, place] + ways + ["They are copied to the trash first: u takes this back."],
            verb: "move", need: need(taking), effect: .begin(.reorder(taking.selection, in: taking.queue, isFirst: isFirst)), now: now)
    }

    /// Queues that messages may go to, as far as they are known.
    func targets(of taking: Taking, _ text: String, _ picture: Picture) -> [String] {
        (picture.queues?.rows ?? []).map(\.name).filter { $0 != taking.queue && $0.rawValue.hasPrefix(text) }.map(\.rawValue).sorted()
    }
}

extension Taking {
    init(one message: QueueSample.Message) {
        self.init(queue: message.kept.queue, selection: .messages([message.kept]), count: 1, isLeast: false, some: [message])
    }
}
