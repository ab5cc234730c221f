import CeleriacCore

extension DashboardState {
    /// Enter: what the row leads to.
    mutating func open(_ picture: Picture, _ now: Double) -> [Effect] {
        if let entry = selectedTrash {
            askToRestore(entry, now)
            return []
        }
        if let target = details.last?.text.selected { return open(target) }
        switch focus(picture) {
        case .task(let task): return show(.task(task.id, .summary), isFinal: task.state.isFinal)
        case .worker(let worker): return show(.worker(worker.name, .active))
        case .queue(let queue): return show(.queue(queue.name, peekingMarks ? .facts : .messages))
        case .message(let message): return show(.message(message))
        case .workflow(let row): return show(.workflow(row.id))
        case .periodic(let row): return show(.periodic(row.name, .runs))
        case .entry(let entry): return show(.entry(entry.id))
        case .timing(let row): showTasks("name:\(row.name.quotedForFilter)")
        case .failure(let row): showTasks(row.memberFilter)
        case .nothing(let reason): tell(reason)
        }
        return []
    }

    mutating func open(_ target: Target) -> [Effect] {
        switch target {
        case .task(let id): show(.task(id, .summary))
        case .worker(let name): show(.worker(name, .active))
        case .queue(let name): show(.queue(name, peekingMarks ? .facts : .messages))
        case .trash: []
        case .named(let task, let queue): openMessages(of: queue, ofTask: task)
        }
    }

    mutating func show(_ subject: Subject, isFinal: Bool = false) -> [Effect] {
        // A chain of parents and children can be walked round and round.
        if details.count >= 50 { details.removeFirst() }
        details.append(OpenDetail(subject))
        return questions(about: subject, isFinal: isFinal)
    }

    mutating func openTask(_ tab: TaskTab, _ picture: Picture) -> [Effect] {
        let selected: TaskRow? =
            switch focus(picture) {
            case .task(let row): row
            // What stands at a workflow's row is its worst task.
            case .workflow(let row): row.worst
            default: nil
            }
        guard let task = selected else {
            tell("no task is selected")
            return []
        }
        if case .task(task.id, _) = details.last?.subject {
            details[details.count - 1].show(tab: tab.rawValue)
            return questions(about: .task(task.id, tab), isFinal: task.state.isFinal)
        }
        return show(.task(task.id, tab), isFinal: task.state.isFinal)
    }

    mutating func openUpcoming(_ picture: Picture) -> [Effect] {
        if case .periodic = details.last?.subject { details[details.count - 1].show(tab: PeriodicTab.upcoming.rawValue) } else if let row = entryRow(picture) {
            return show(.periodic(row.name, .upcoming))
        }
        return []
    }

    mutating func openWorkflow(_ picture: Picture) -> [Effect] {
        switch focus(picture) {
        case .task(let task): return show(.workflow(task.id))
        case .workflow(let row): return show(.workflow(row.id))
        default:
            tell("no task is selected")
            return []
        }
    }

    private mutating func showTasks(_ text: String) {
        guard let filter = try? Filter(text) else { return tell("no filter can name this") }
        show(.tasks)
        narrow(.tasks, to: filter)
    }

    /// What must be asked outside so that a detail can be shown; each thing once.
    mutating func questions(about subject: Subject, isFinal: Bool = false) -> [Effect] {
        switch subject {
        case .task(let id, .message):
            guard foundMessages[id] == nil else { return [] }
            foundMessages.set(id, .asking)
            return [.findMessage(id)]
        case .task(let id, let tab) where tab == .result || isFinal:
            guard results[id] == nil else { return [] }
            results.set(id, .asking)
            return [.fetchResult(id)]
        case .worker(let name, _) where permission != .passive && inspections[name] == nil:
            inspections[name] = Inspection()
            return [.inspect(name)]
        case .queue(let name, let tab): return questions(about: name, tab)
        case .trash: return [.listTrash(isFirst: false)]
        default: return []
        }
    }

    mutating func showLogOfRow(_ picture: Picture) {
        let name: String
        switch focus(picture) {
        case .task(let task): name = task.id.rawValue
        case .worker(let worker): name = worker.name.rawValue
        case .queue(let queue): name = queue.name.rawValue
        case .message(let message): name = message.task?.id.rawValue ?? message.kept.queue.rawValue
        case .timing(let row): name = row.name
        case .failure(let row): name = row.task
        case .workflow(let row): name = row.id.rawValue
        case .periodic(let row): name = row.name
        case .entry, .nothing: return tell("this is the log")
        }
        show(.log)
        narrow(.log, to: try? Filter(name.quotedForFilter))
    }

    /// The id or name of the row.
    func copyID(_ picture: Picture) -> [Effect] {
        switch focus(picture) {
        case .task(let task): [.copy(task.id.rawValue)]
        case .worker(let worker): [.copy(worker.name.rawValue)]
        case .queue(let queue): [.copy(queue.name.rawValue)]
        case .message(let message): message.task.map { [.copy($0.id.rawValue)] } ?? []
        case .timing(let row): [.copy(row.name)]
        case .failure(let row): [.copy(row.exception)]
        case .workflow(let row): [.copy(row.id.rawValue)]
        case .periodic(let row): [.copy(row.name)]
        case .entry(let entry): [.copy(entry.command)]
        case .nothing: []
        }
    }

    /// Everything that is known of the row, as JSON.
    func record(_ picture: Picture) -> (title: String, text: String)? {
        switch focus(picture) {
        case .task(let task): (task.shortID, pretty(task.record))
        case .worker(let worker): (safe(worker.name.rawValue), pretty(worker.record))
        case .queue(let queue): (safe(queue.name.rawValue), pretty(queue.record))
        case .message(let message): (message.task.map { String(safe($0.id.rawValue).prefix(8)) } ?? "message", pretty(record(of: message, now: picture.now)))
        case .timing(let row): (safe(row.name), pretty(row.record))
        case .failure(let row): (safe(row.exception), pretty(row.record))
        case .workflow(let row): (String(safe(row.id.rawValue).prefix(8)), pretty(row.record))
        case .periodic(let row): (safe(row.name), pretty(row.record))
        case .entry(let entry): ("log", pretty(entry.record))
        case .nothing:
            if case .record(let title, let text) = details.last?.subject { (title, text) } else { nil }
        }
    }
}

extension String {
    /// As one word of the filter language.
    var quotedForFilter: String {
        let isPlain = !isEmpty && unicodeScalars.allSatisfy { $0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-@".unicodeScalars.contains($0) }
        if isPlain { return self }
        return contains("\"") && !contains("'") ? "'\(self)'" : "\"" + replacing("\"", with: "") + "\""
    }
}
