import CeleriacCore

/// The messages that wait in a queue, the one that is served next first.
enum MessagesScreen {
    static let table = Table<MessageRow>(id: \.id, [
        Column("PLACE", field: "position", 5, 7, most: 11, right: true, drop: 0) { row, _ in row.hasPlace ? CellText([Formats.grouped(row.message.position + 1), String(row.message.position + 1)], .dim) : .notApplicable },
        Column("AGE", field: "age", 6, 6, right: true, drop: 3) { row, context in
            CellText(row.age(now: context.now), context, format: Formats.age)
        },
        Column("ID", field: "id", 8, 8, most: 36, drop: 4) { row, _ in row.message.task.map { CellText(identity: $0.id) } ?? .notApplicable },
        Column("TASK", field: "name", 14, 24, most: 60, flexible: true, drop: 0) { row, _ in
            row.message.task.map { CellText(foreign: $0.name) } ?? CellText("no task: " + safe(row.message.problem ?? "?"), .warning)
        },
        Column("ARGS", field: "args", 18, 24, most: 160, flexible: true, drop: 2) { row, _ in CellText(safe(row.message.arguments), .dim) },
        Column("PRIO", field: "priority", 4, 4, right: true, drop: 6) { row, _ in row.message.task.map { CellText(String($0.priority), $0.priority == 0 ? .dim : .text) } ?? .notApplicable },
        Column("ETA", field: "eta", 12, 12, right: true, drop: 5) { row, context in row.message.task?.eta.map { CellText(context.time($0)) } ?? .notApplicable },
        Column("RETRIES", field: "retries", 7, 7, right: true, drop: 8) { row, _ in
            row.message.task.map { CellText(String($0.retries), $0.retries == 0 ? .dim : .retry) } ?? .notApplicable
        },
        // Somebody had it before, or looked at it.
        Column("SEEN", 5, 5, drop: 7) { row, _ in row.message.task?.isRedelivered == true ? CellText("again", .warning) : .notApplicable },
    ])

    /// Sorted by the column of that field; messages without it come last.
    static func sorted(_ rows: [MessageRow], by field: String, ascending: Bool) -> [MessageRow] {
        func sort<Key: Comparable>(_ key: (MessageRow) -> Key?) -> [MessageRow] {
            rows.enumerated().map { (offset: $0.offset, key: key($0.element), row: $0.element) }.sorted { a, b in
                switch (a.key, b.key) {
                case (let x?, let y?) where x != y: ascending ? x < y : x > y
                case (nil, .some): false
                case (.some, nil): true
                default: a.offset < b.offset
                }
            }.map(\.row)
        }
        switch field {
        case "age": return sort { ($0.message.sentAt ?? $0.seenAt).map { -$0 } }
        case "id": return sort { $0.message.task?.id.rawValue }
        case "name": return sort { $0.message.task?.name }
        case "args": return sort { $0.message.arguments }
        case "priority": return sort { $0.message.task?.priority }
        case "eta": return sort { $0.message.task?.eta }
        case "retries": return sort { $0.message.task?.retries }
        default: return sort { $0.hasPlace ? $0.message.position : nil }
        }
    }
}

extension DashboardState {
    /// The queue whose messages are listed, if they are.
    var listedQueue: QueueName? {
        if case .queue(let name, .messages) = details.last?.subject { return name }
        return nil
    }

    /// Keys go to a list with a cursor, not to a text.
    var isOnList: Bool { details.isEmpty || listedQueue != nil }

    var messageLook: MessageLook { listedQueue.flatMap { looks[$0] } ?? MessageLook() }

    /// What the list of messages shows, filtered and sorted as far as they are known.
    func messagePage(now: Double) -> ListPage<MessageRow> {
        let look = messageLook, list = look.list
        var rows = look.shown
        if let filter = list.filter { rows = rows.filter { filter.matches($0.message, now: now) } }
        if let sort = list.sort { rows = MessagesScreen.sorted(rows, by: sort, ascending: list.ascending) }
        if list.filter == nil, list.sort == nil { return ListPage(rows: rows, first: look.first, matching: max(look.total, look.first + rows.count), total: look.total) }
        return ListPage(rows: rows, first: 0, matching: rows.count, total: max(look.total, look.scan?.progress.total ?? 0))
    }

    /// Title of the frame: what is seen of how many, and how old that is.
    func messagesTitle(_ queue: QueueName, now: Double) -> String {
        let look = messageLook, list = look.list
        var words = ["Queue \(safe(queue.rawValue, limit: 60))"]
        if let scan = look.scan {
            let progress = scan.progress, all = Formats.count(max(progress.total, look.total))
            if scan.filter != nil {
                let looked = "\(Formats.count(progress.looked)) of \(all) looked at"
                words.append("\(Formats.count(progress.found)) match" + (scan.isStopped ? "; stopped, \(looked)" : scan.isDone ? " of \(all)" : "; \(looked)"))
            } else {
                words.append("\(scan.isDone ? "" : "looking: ")the first \(Formats.count(progress.looked)) of \(all)")
            }
            if scan.isCut, scan.filter != nil { words.append("\(Formats.count(scan.rows.count)) shown") }
        } else if let at = look.at {
            let age = "\(Formats.age(max(0, now - at))) ago"
            if look.isMarked, look.total > 0 {
                words.append("sampled \(Formats.grouped(look.rows.count)) of \(Formats.grouped(look.total)), redelivered flag set, \(age)")
            } else {
                words.append("\(Formats.count(look.total)) \(look.total == 1 ? "message" : "messages"), \(age)")
            }
        }
        if list.marksAllMatching { words.append("all marked") } else if !list.marks.isEmpty { words.append("\(Formats.count(list.marks.count)) marked") }
        return words.joined(separator: "  ")
    }

    /// Why there are no rows.
    func messagesMissing(_ queue: QueueName, _ picture: Picture) -> [String] {
        let look = messageLook
        if let problem = look.scan?.problem ?? look.problem { return TextView.wrapped([Line("? " + safe(problem))], width: max(20, documentArea.columns - 4)).map(\.text) }
        if let scan = look.scan, !scan.isDone { return ["looking …"] }
        // What was seen holds until the next answer comes.
        if look.isAsking, look.at == nil || look.isOutdated { return ["…"] }
        if let filter = look.list.filter { return ["nothing matches \(safe(filter.text))", "Esc clears the filter"] }
        guard look.at == nil else { return [look.isOutdated ? "…" : "- no message waits"] }
        guard peekingMarks else { return ["…"] }
        let row = picture.queues?.rows.first { $0.name == queue }
        if let reason = row?.traits?.whyNotPeek { return [safe(reason)] }
        if row?.ready.value == 0 { return ["- no message waits"] }
        return ["messages can only be looked at by taking them out and giving them back,", "with the flag redelivered set: p asks, and shows up to \(Self.sampledAtOnce) of them"]
    }

    func renderMessages(_ queue: QueueName, _ picture: Picture, _ context: DrawContext, into grid: inout Grid, at area: Rect) {
        let page = messagePage(now: context.now)
        MessagesScreen.table.render(page, messageLook.list, context, into: &grid, at: area)
        if page.rows.isEmpty { say(messagesMissing(queue, picture), into: &grid, at: area) }
    }
}
