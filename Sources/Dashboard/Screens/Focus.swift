import CeleriacCore

/// The row that a command is about.
enum Focus: Hashable {
    case task(TaskRow), worker(WorkerRow), queue(QueueRow), timing(TimingRow), failure(FailureRow), workflow(WorkflowRow), periodic(EntryRow), entry(LogEntry)
    case message(QueueSample.Message)
    /// There is none, for this reason.
    case nothing(String)
}

extension DashboardState {
    func focus(_ picture: Picture) -> Focus {
        if let detail = details.last, !isOnList { return focus(in: detail, picture) }
        let list = list, state = self[list]
        guard let cursor = state.cursor else {
            if let queue = listedQueue { return .nothing(messageLook.isAsking && messageLook.at == nil ? "the messages are still being asked for" : messagesMissing(queue, picture)[0]) }
            return .nothing(list.selectsFirst ? "there is no \(list.noun) here" : "no \(list.noun) is selected: j or a click selects")
        }
        guard !state.isGone, let found = row(of: list, cursor, picture) else { return .nothing("this \(list.noun) is gone: j selects the next one") }
        return found
    }

    private func row(of list: ListName, _ id: String, _ picture: Picture) -> Focus? {
        switch list {
        case .tasks: picture.tasks?.rows.first { $0.id.rawValue == id }.map(Focus.task)
        case .messages: messageLook.shown.first { $0.id == id }.map { Focus.message($0.message) }
        case .queues, .queuesPane: picture.queues?.rows.first { $0.name.rawValue == id }.map(Focus.queue)
        case .workers, .workersPane: picture.workers?.rows.first { $0.name.rawValue == id }.map(Focus.worker)
        case .timingsPane: picture.timings?.first { $0.name == id }.map(Focus.timing)
        case .failuresPane: picture.failures?.first { $0.id == id }.map(Focus.failure)
        case .errors: picture.errors?.rows.first { $0.id == id }.map(Focus.failure)
        case .beat, .beatPane: picture.beat?.rows.first { $0.name == id }.map(Focus.periodic)
        case .workflows: picture.workflows?.rows.first { $0.id.rawValue == id }.map(Focus.workflow)
        case .log: log.first { String($0.id) == id }.map(Focus.entry)
        }
    }

    /// A line that leads to a task or worker has the keys before the detail that it stands in.
    private func focus(in detail: OpenDetail, _ picture: Picture) -> Focus {
        if case .task(let id) = detail.text.selected, let task = relative(id, picture) { return .task(task) }
        switch detail.subject {
        case .task(let id, _):
            guard let task = picture.detail?.task, task.id == id else { return .nothing("this task is not held any more") }
            return .task(task)
        case .worker(let name, _):
            guard let worker = picture.worker, worker.name == name else { return .nothing("this worker is not known any more") }
            return .worker(worker)
        case .message(let message): return .message(message)
        case .trash: return .nothing("no act is selected: j or a click selects")
        case .queue(_, .held): return .nothing("no task is selected: j or a click selects")
        case .queue(let name, _):
            guard let queue = picture.queues?.rows.first(where: { $0.name == name }) else { return .nothing("this queue is not known any more") }
            return .queue(queue)
        case .workflow:
            return .nothing(picture.workflow == nil ? "no task of this workflow is held any more" : "no task is selected: j or a click selects")
        case .periodic(let name, _):
            guard let detail = picture.entry, detail.row.name == name else { return .nothing("this entry is not in the store any more") }
            return .periodic(detail.row)
        case .entry(let id): return log.first { $0.id == id }.map(Focus.entry) ?? .nothing("this entry is not kept any more")
        case .record: return .nothing("this is a copy of a record: Esc goes back")
        }
    }

    /// A task that stands in the open detail as a line of its own.
    private func relative(_ id: TaskID, _ picture: Picture) -> TaskRow? {
        if let task = picture.task(id) { return task }
        guard case .worker(let name, let tab) = details.last?.subject else { return nil }
        return TaskRow(id: id, state: tab == .active ? .started : .received, worker: name)
    }

    /// What take-away is about in the tasks list: the marked rows, else the row under the cursor.
    func deed(_ picture: Picture) -> Deed? {
        if details.isEmpty, list == .tasks {
            let state = self[.tasks]
            if state.marksAllMatching, let filter = state.filter { return .matching(filter, count: state.matching) }
            if !state.marks.isEmpty { return .tasks(state.marks.sorted().map { TaskID($0) }) }
        }
        if case .task(let task) = focus(picture) { return .tasks([task.id]) }
        return nil
    }
}

extension DashboardState {
    /// What sending again is about: as `deed`, and of a group of failures all its tasks.
    func retryDeed(_ picture: Picture) -> Deed? {
        if let deed = deed(picture) { return deed }
        if case .task(let id, _)? = details.last?.subject { return .tasks([id]) }
        if details.isEmpty, case .failure(let row) = focus(picture), let filter = try? Filter(row.memberFilter) { return .matching(filter, count: row.total) }
        return nil
    }
}

extension Picture {
    /// The task, wherever it stands in this picture: in an open detail, else in the list.
    func task(_ id: TaskID) -> TaskRow? {
        if let detail {
            if detail.task.id == id { return detail.task }
            if let relative = detail.family.first(where: { $0.task.id == id }) { return relative.task }
        }
        if let task = workerTasks?.first(where: { $0.id == id }) { return task }
        if let run = entry?.runs.first(where: { $0.task.id == id }) { return run.task }
        if let task = workflow?.nodes.lazy.compactMap(\.task).first(where: { $0.id == id }) { return task }
        return tasks?.rows.first { $0.id == id }
    }
}
