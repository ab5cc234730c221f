public import CeleriacCore

extension DashboardState {
    /// What the next draw needs of the cluster's state.
    public func request() -> PictureRequest {
        var request = PictureRequest()
        if let detail = details.last { ask(for: detail.subject, &request) } else { askForLists(&request) }
        if request.workers == nil, header.workersWithoutEvents + header.workersUnsureOfEvents > 0 { request.workers = ListQuery(count: Self.workersAsked) }
        return request
    }

    /// A queue is being named, of those that are known.
    private var isNamingQueue: Bool {
        guard case .line(let line) = modals.last, case .target = line.purpose else { return false }
        return true
    }

    /// Rows of workers asked for at once, so that those without events can be named.
    static let workersAsked = 500

    private func askForLists(_ request: inout PictureRequest) {
        switch view {
        case .overview:
            let isOneLine = layout.isOneLine
            func query(_ list: ListName) -> ListQuery? {
                frame(of: list) == nil && !isOneLine ? nil : self[list].query(window: window(of: list), extra: list == .workersPane ? Self.workersAsked : layout.body.rows)
            }
            request.queues = query(.queuesPane)
            request.workers = query(.workersPane)
            if frame(of: .beatPane) != nil { request.beat = entryQuery(.beatPane) }
            if frame(of: .timingsPane) != nil { request.timings = 100 }
            if frame(of: .failuresPane) != nil || isOneLine { request.failures = 100 }
        case .tasks: request.tasks = self[.tasks].query(window: window(of: .tasks))
        case .queues: request.queues = self[.queues].query(window: window(of: .queues))
        case .workers: request.workers = self[.workers].query(window: window(of: .workers), extra: Self.workersAsked)
        case .beat: request.beat = entryQuery(.beat)
        case .workflows: request.workflows = self[.workflows].query(window: window(of: .workflows))
        case .errors: request.errors = self[.errors].query(window: window(of: .errors))
        case .log: break
        }
    }

    /// The overview shows what is next, unless another order was asked for.
    private func entryQuery(_ list: ListName) -> ListQuery {
        var query = self[list].query(window: window(of: list))
        if list == .beatPane, query.sort == nil { query.sort = "next_run" }
        return query
    }

    private func ask(for subject: Subject, _ request: inout PictureRequest) {
        switch subject {
        case .task(let id, _): request.detail = id
        case .worker(let name, _): request.worker = name
        case .queue(let name, let tab):
            request.queues = ListQuery(count: isNamingQueue ? Self.workersAsked : 1, anchor: name.rawValue)
            request.workers = ListQuery(count: Self.workersAsked)
            if tab == .held, let filter = Self.heldFilter(name) { request.tasks = ListQuery(filter: filter, sort: "eta", count: Self.heldShown) }
        case .workflow(let id): request.workflow = id
        case .periodic(let name, _): request.entry = name
        case .entry, .record, .message, .trash: break
        }
    }

    /// Takes over what the picture tells about cursors: each keeps to its item wherever it went.
    public mutating func settle(_ picture: Picture) {
        header = picture.header
        beat = picture.beatFacts
        freeze(with: picture)
        updateEntryForm { form in
            form.pass(to: picture.now)
            return true
        }
        guard isOnList else { return }
        let picture = shown(picture)
        for list in view == .overview && details.isEmpty ? panes : [self.list] {
            guard let page = ids(of: list, in: picture) else { continue }
            self[list].settle(page, window: window(of: list), selectsFirst: list.selectsFirst)
        }
    }

    /// The picture that the body shows: the frozen one, with the live header.
    func shown(_ picture: Picture) -> Picture {
        guard var frozen else { return picture }
        frozen.header = picture.header
        frozen.beatFacts = picture.beatFacts
        return frozen
    }

    /// A frozen picture takes over only those parts that it has not got yet.
    private mutating func freeze(with picture: Picture) {
        guard var kept = frozen else { return }
        kept.tasks = kept.tasks ?? picture.tasks
        kept.queues = kept.queues ?? picture.queues
        kept.workers = kept.workers ?? picture.workers
        kept.workflows = kept.workflows ?? picture.workflows
        kept.errors = kept.errors ?? picture.errors
        kept.beat = kept.beat ?? picture.beat
        kept.timings = kept.timings ?? picture.timings
        kept.failures = kept.failures ?? picture.failures
        if let detail = picture.detail, kept.detail?.task.id != detail.task.id { kept.detail = detail }
        if let workflow = picture.workflow, kept.workflow?.row.id != workflow.row.id { kept.workflow = workflow }
        if let entry = picture.entry, kept.entry?.row.name != entry.row.name { kept.entry = entry }
        if let worker = picture.worker, kept.worker?.name != worker.name { (kept.worker, kept.workerTasks) = (worker, picture.workerTasks) }
        frozen = kept
    }

    /// Identities of a list's rows in the picture, where it is; `nil` when it was not asked for.
    func ids(of list: ListName, in picture: Picture) -> ListPage<String>? {
        let query = self[list].query(window: window(of: list))
        switch list {
        case .tasks: return picture.tasks.map { found($0.ids(\.id.rawValue), query) }
        case .queues, .queuesPane: return picture.queues.map { found($0.ids(\.name.rawValue), query) }
        case .workers, .workersPane: return picture.workers.map { found($0.ids(\.name.rawValue), query) }
        case .beat, .beatPane: return picture.beat.map { found($0.ids(\.name), query) }
        case .errors: return picture.errors.map { found($0.ids(\.id), query) }
        case .workflows: return picture.workflows.map { found($0.ids(\.id.rawValue), query) }
        case .timingsPane: return picture.timings.map { ListPage(all: $0.map(\.name), query) }
        case .failuresPane: return picture.failures.map { ListPage(all: $0.map(\.id), query) }
        case .messages: return messageIDs(now: picture.now)
        case .log: return ListPage(all: logRows.map { String($0.id) }, query)
        }
    }

    /// Identities of the messages that are listed; `nil` when none are.
    func messageIDs(now: Double) -> ListPage<String>? {
        guard listedQueue != nil else { return nil }
        return moved(messagePage(now: now).ids(\.id), self[.messages].query(window: window(of: .messages)))
    }

    /// A page that is part of a longer list, its anchor moved as far as the page goes.
    private func moved(_ page: ListPage<String>, _ query: ListQuery) -> ListPage<String> {
        var page = page
        page.anchorIndex = query.anchor.flatMap { page.rows.firstIndex(of: $0) }.map { max(0, min(page.rows.count - 1, $0 + query.move)) }
        return page
    }

    /// In a frozen page nobody moves the anchor for us.
    private func found(_ page: ListPage<String>, _ query: ListQuery) -> ListPage<String> {
        frozen == nil ? page : moved(page, query)
    }
}

extension ListPage {
    func ids(_ id: (Row) -> String) -> ListPage<String> {
        ListPage<String>(rows: rows.map(id), first: first, matching: matching, total: total, anchorIndex: anchorIndex)
    }
}

extension ListPage where Row == String {
    /// A page that holds the whole list, its anchor moved as asked.
    init(all rows: [String], _ query: ListQuery) {
        let anchor = query.anchor.flatMap { rows.firstIndex(of: $0) }.map { max(0, min(rows.count - 1, $0 + query.move)) }
        self.init(rows: rows, first: 0, matching: rows.count, total: rows.count, anchorIndex: anchor)
    }
}
