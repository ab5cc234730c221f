import CeleriacCore

/// Looking at the messages that wait in a queue.
extension DashboardState {
    /// Messages of one look, and of one sample where looking leaves marks.
    public static let peekedAtOnce = 200
    public static let sampledAtOnce = 50
    /// Messages looked at so that they can be counted by task.
    public static let countedAtOnce = 10_000
    /// Messages that a search keeps, and bytes of them.
    public static let foundAtOnce = 2000
    public static let foundBytes = 32_000_000
    /// Seconds after which the front of a queue is looked at again.
    private static let lookPause = 2.0
    /// Seconds after which workers are asked again what they hold: events do not tell of which queue it is.
    private static let heldPause = 5.0

    func whyNotPeek(_ focus: Focus, _ picture: Picture) -> String? {
        let name: QueueName
        switch focus {
        case .queue(let row): name = row.name
        case .message: name = listedQueue ?? ""
        case .nothing(let reason):
            guard let listed = listedQueue else { return reason }
            name = listed
        default: return "this key is for queues"
        }
        guard peekingMarks else { return nil }
        if let reason = whyNotAct(picture) { return reason }
        return picture.queues?.rows.first { $0.name == name }?.traits?.whyNotPeek
    }

    /// Where looking leaves a mark, it asks first.
    mutating func peek(_ picture: Picture, _ now: Double) -> [Effect] {
        let name: QueueName
        if let listed = listedQueue { name = listed } else if case .queue(let row) = focus(picture) { name = row.name } else { return [] }
        guard peekingMarks else { return openMessages(of: name, from: 0) }
        askToPeek(name, ready: picture.queues?.rows.first { $0.name == name }?.ready.value, now)
        return []
    }

    /// Shows the messages of a queue, and asks for them anew.
    mutating func openMessages(of queue: QueueName, from first: Int) -> [Effect] {
        if case .queue(queue, _) = details.last?.subject { details[details.count - 1] = OpenDetail(.queue(queue, .messages)) } else {
            if details.count >= 50 { details.removeFirst() }
            details.append(OpenDetail(.queue(queue, .messages)))
        }
        return ask(for: queue, from: first)
    }

    private mutating func ask(for queue: QueueName, from first: Int) -> [Effect] {
        look(at: queue) { $0.isAsking = true }
        return [.peek(queue, from: first)]
    }

    mutating func look(at queue: QueueName, _ change: (inout MessageLook) -> Void) {
        var look = looks[queue] ?? MessageLook()
        change(&look)
        looks.set(queue, look)
    }

    /// What a tab of a queue needs that has not been asked for.
    mutating func questions(about queue: QueueName, _ tab: QueueTab) -> [Effect] {
        guard !peekingMarks else { return [] }
        switch tab {
        case .messages: return looks[queue]?.at == nil && looks[queue]?.isAsking != true ? ask(for: queue, from: 0) : []
        case .names: return [.countTasks(queue)]
        case .dead: return ask(for: queue.deadLetters, from: 0)
        case .held, .facts: return []
        }
    }

    /// What the list of messages lacks of what it is to show: others than those it has, or a walk through the queue for what a filter lets through.
    mutating func messagesWanted() -> [Effect] {
        var effects = stopsOfScans()
        guard let queue = listedQueue, !peekingMarks, var look = looks[queue] else { return effects }
        // A filter that is being typed is tried on what is there.
        if case .line(let line) = modals.last, case .filter(.messages, _) = line.purpose { return effects }
        defer { looks.set(queue, look) }
        let list = look.list
        if list.filter != nil || list.sort != nil {
            if let scan = look.scan, scan.filter == list.filter { return effects }
            scans += 1
            look.carry()
            look.scan = MessageScan(id: scans, filter: list.filter)
            return effects + [.scan(queue, list.filter, id: scans)]
        }
        if look.scan != nil {
            effects += look.scan?.isDone == false ? [.stopScan(queue)] : []
            look.carry()
            look.scan = nil
            look.list.unselect()
        }
        guard look.at != nil, list.cursor != nil, !list.isGone else { return effects }
        let last = max(0, look.total - 1), window = window(of: .messages)
        let wanted = max(0, min(last, (look.pending ?? list.index) + list.move)), row = max(0, min(window - 1, list.targetRow ?? list.row))
        let top = max(0, min(wanted - row, look.total - window)), end = min(look.total, top + window)
        guard list.move != 0 || look.pending != nil, top < look.first || end > look.first + look.rows.count else { return effects }
        (look.pending, look.list.move, look.list.targetRow) = (wanted, 0, row)
        guard !look.isAsking else { return effects }
        look.isAsking = true
        return effects + [.peek(queue, from: max(0, min(top - (Self.peekedAtOnce - window) / 2, look.total - Self.peekedAtOnce)))]
    }

    /// Walks that nobody waits for any more.
    private mutating func stopsOfScans() -> [Effect] {
        let open = details.compactMap { if case .queue(let name, _) = $0.subject { name } else { nil } }
        var effects: [Effect] = []
        for queue in looks.keys where looks[queue]?.scan?.isDone == false && !open.contains(queue) {
            look(at: queue) { $0.scan = nil }
            effects.append(.stopScan(queue))
        }
        return effects
    }

    /// What is to be looked at again by now, as long as nothing keeps the operator elsewhere: the front of the queue that is shown, or what workers hold of it.
    public mutating func due(now: Double) -> [Effect] {
        if isOnHeld, permission != .passive, frozen == nil, modals.isEmpty, now >= (heldAskedAt ?? 0) + Self.heldPause {
            heldAskedAt = now
            return [.askHeld]
        }
        guard let queue = listedQueue, !peekingMarks, frozen == nil, modals.isEmpty, let look = looks[queue] else { return [] }
        guard !look.isAsking, look.pending == nil, let at = look.at else { return [] }
        if look.isOutdated {
            self.look(at: queue) { $0.scan = nil }
            return ask(for: queue, from: look.first) + messagesWanted()
        }
        guard look.scan == nil, look.first == 0, now >= at + Self.lookPause else { return [] }
        return ask(for: queue, from: 0)
    }

    /// The same look again.
    mutating func refreshMessages() -> [Effect] {
        guard let queue = listedQueue else { return [] }
        guard !peekingMarks else {
            tell("p takes another sample")
            return []
        }
        look(at: queue) { $0.scan = nil }
        return ask(for: queue, from: looks[queue]?.first ?? 0)
    }

    /// Lets the cursor settle on messages that have just come.
    mutating func settleMessages(_ now: Double) {
        guard let page = messageIDs(now: now) else { return }
        self[.messages].settle(page, window: window(of: .messages), selectsFirst: true)
    }
}
