import CeleriacCore

extension DashboardState {
    /// Why a command makes no sense now, in words for the last line; `nil` when it does.
    func whyNot(_ command: Command, _ picture: Picture) -> String? {
        if command == .undo || (command == .open && selectedTrash != nil) {
            if case .trash = details.last?.subject { return whyNotRestore(picture) }
            return whyNotUndo(picture)
        }
        if command == .stopJob { return whyNotStop }
        if isOnMessages(command, picture) { return whyNotOnMessages(command, picture) }
        if command.isActing && (command.place == .beat || isAboutEntries) { return whyNotOnEntries(command, picture) }
        if command.isActing, let reason = whyNotAct(picture) { return reason }
        let focus = focus(picture)
        switch command {
        case .upcoming: return whyNotOnEntries(command, picture)
        case .remove: return whyNotRemove(focus, picture)
        case .removeHard: return whyNotRemoveHard(focus, picture)
        case .shrink, .grow: return whyNotResize(focus, grows: command == .grow)
        case .consumers: return whyNotWorker(focus)
        case .peek: return whyNotPeek(focus, picture)
        case .events: return picture.header.workersKnown == 0 ? "no worker is known yet" : nil
        case .open:
            if details.last?.text.selected != nil { return nil }
            if case .workflow = details.last?.subject { return "no task is selected: j or a click selects" }
            if !isOnList { return "there is nothing further to open here" }
            if case .nothing(let reason) = focus { return reason }
            return nil
        case .info, .traceback, .family, .copyID, .copyRecord, .raw, .rowLog:
            if case .nothing(let reason) = focus, !isRecord || command == .rowLog { return reason }
            return nil
        case .mark, .markRange, .markAll:
            return isOnList && list.marks ? nil : "only tasks, messages and schedule entries can be marked"
        case .retry, .clone, .newTask: return whyNotSend(command, focus, picture)
        case .failures: return nil
        case .sort, .sortLeft, .sortRight, .sortReverse:
            return isOnList && !sortFields.isEmpty ? nil : "this list has its own order"
        default: return nil
        }
    }

    /// It is about waiting messages here.
    private func isOnMessages(_ command: Command, _ picture: Picture) -> Bool {
        switch command {
        case .editMessage, .moveMessages, .serveFirst, .serveLast: true
        case .remove: isAboutMessages
        case .removeHard: purgedQueue(picture) != nil || isAboutMessages
        default: false
        }
    }

    /// Why nothing at all may be changed.
    func whyNotAct(_ picture: Picture) -> String? {
        switch permission {
        case .readOnly: return "read-only: nothing can be changed (start without --read-only)"
        case .passive: return "passive: nothing is sent to workers (start without --passive)"
        case .act: break
        }
        if case .live = picture.header.link { return nil }
        return "the broker cannot be reached now"
    }

    var isRecord: Bool {
        if case .record = details.last?.subject { return true }
        return false
    }

    private func whyNotRemove(_ focus: Focus, _ picture: Picture) -> String? {
        if let deed = deed(picture), deed.count != 1 || hasMarks { return deed.count == 0 ? "no task matches" : nil }
        switch focus {
        case .task(let task) where task.state.isFinal: return "\(task.shortID) has ended already: \(safe(task.state.rawValue))"
        case .task(let task) where task.state == .started: return "\(task.shortID) is running: X terminates it"
        case .task: return nil
        case .worker: return "X shuts a worker down; Q cancels one of its consumers"
        case .queue: return "X purges a queue; Enter lists its messages, there x deletes"
        case .message: return nil
        case .timing, .failure: return "Enter lists the tasks, there x revokes"
        case .workflow: return "Enter shows its tasks, there x revokes"
        case .periodic: return nil
        case .entry: return "the log keeps what was done"
        case .nothing(let reason): return reason
        }
    }

    private func whyNotRemoveHard(_ focus: Focus, _ picture: Picture) -> String? {
        if let deed = deed(picture), deed.count != 1 || hasMarks { return deed.count == 0 ? "no task matches" : nil }
        switch focus {
        case .task(let task) where task.state.isFinal: return "\(task.shortID) has ended already: \(safe(task.state.rawValue))"
        case .task: return nil
        case .worker: return whyNotWorker(focus)
        case .queue, .message: return nil
        case .timing, .failure: return "Enter lists the tasks, there X terminates"
        case .workflow: return "Enter shows its tasks, there X terminates"
        case .periodic: return "x removes a schedule entry"
        case .entry: return "the log keeps what was done"
        case .nothing(let reason): return reason
        }
    }

    private var hasMarks: Bool { details.isEmpty && list == .tasks && (self[.tasks].marksAllMatching || !self[.tasks].marks.isEmpty) }

    private func whyNotWorker(_ focus: Focus) -> String? {
        switch focus {
        case .worker(let worker) where worker.state == .offline: return "\(safe(worker.name.short)) is offline"
        case .worker: return nil
        case .nothing(let reason): return reason
        default: return "this key is for workers"
        }
    }

    private func whyNotResize(_ focus: Focus, grows: Bool) -> String? {
        if let reason = whyNotWorker(focus) { return reason }
        guard case .worker(let worker) = focus else { return nil }
        if let pool = worker.pool.value, ["solo", "threads", "thread"].contains(where: { pool.lowercased().contains($0) }) {
            return "a \(safe(pool)) pool keeps its size"
        }
        if !grows, let size = worker.concurrency.value, size <= 1 { return "only one process is left" }
        return nil
    }
}

extension TaskRow {
    /// Enough of the id to tell it from others, fit to be shown.
    var shortID: String { String(safe(id.rawValue).prefix(8)) }
}
