import CeleriacCore

extension DashboardState {
    /// What can be done with the row under the cursor, with the reasons why not.
    mutating func openActionMenu(_ picture: Picture, _ now: Double) {
        var commands: [Command] = []
        let title: String
        switch focus(picture) {
        case .nothing(let reason) where !isRecord: return tell(reason)
        case .task(let task):
            commands = [.open, .traceback, .family, .retry, .clone, .remove, .removeHard]
            title = "Task \(task.shortID)"
        case .worker(let worker):
            commands = [.open, .shrink, .grow, .consumers, .events, .removeHard]
            title = "Worker \(safe(worker.name.short, limit: 40))"
        case .queue(let queue): (commands, title) = ([.open, .peek, .removeHard], "Queue \(safe(queue.name.rawValue, limit: 40))")
        case .message(let message):
            commands = [.open, .editMessage, .moveMessages, .serveFirst, .serveLast, .remove, .removeHard]
            title = "Message " + (message.task.map { String(safe($0.id.rawValue).prefix(8)) } ?? "of no task")
        case .timing(let row): (commands, title) = ([.open], safe(row.name, limit: 40))
        case .failure(let row): (commands, title) = ([.open, .retry], safe(row.exception, limit: 40))
        case .workflow(let row): (commands, title) = ([.open, .info, .traceback], "Workflow \(String(safe(row.id.rawValue).prefix(8)))")
        case .periodic(let row):
            commands = [.open, .upcoming, .suspendEntry, .trigger, .skip, .editEntry, .remove]
            title = "Entry \(safe(row.name, limit: 40))"
        case .entry: (commands, title) = ([.open], "Log entry")
        case .nothing: title = "Record"
        }
        commands += [.copyID, .copyRecord, .raw, .rowLog]
        let items = commands.map { Menu.Item(menuTitle($0, picture), .command($0), whyNot: whyNot($0, picture)) }
        modals.append(.menu(Menu(title, items, openedAt: now)))
    }

    private func menuTitle(_ command: Command, _ picture: Picture) -> String {
        switch (command, focus(picture)) {
        case (.remove, .task): "revoke…"
        case (.retry, .task): "retry…"
        case (.retry, .failure): "retry all of them…"
        case (.clone, _): "send another one like it…"
        case (.removeHard, .task): "terminate with a signal…"
        case (.removeHard, .worker): "shut down…"
        case (.shrink, _): "shrink the pool…"
        case (.peek, _): peekingMarks ? "look at a sample of its messages…" : "look at its messages"
        case (.remove, .message): "delete…"
        case (.removeHard, .message), (.removeHard, .queue): "purge the queue…"
        case (.moveMessages, _): "move to another queue…"
        case (.serveFirst, _): "serve first: to the front…"
        case (.serveLast, _): "serve last: to the end…"
        case (.remove, .periodic): "remove…"
        case (.suspendEntry, .periodic(let row)): row.entry.isEnabled ? "suspend…" : "resume…"
        case (.trigger, _): "send its task now…"
        case (.skip, _): "leave out the next run…"
        case (.editEntry, _): "edit…"
        case (.grow, _): "grow the pool…"
        case (.consumers, _): "start or stop consuming a queue…"
        case (.events, _): "switch task events on or off…"
        case (.open, .timing), (.open, .failure): "list its tasks"
        case (.open, .workflow): "its tasks as a tree"
        case (.info, .workflow): "summary of its worst task"
        case (.traceback, .workflow): "traceback of its worst task"
        default: command.title
        }
    }

    mutating func openSettings(_ now: Double) {
        var items = TimeMode.allCases.map { Menu.Item("times: \($0 == .utc ? "UTC" : $0.rawValue)", note: $0 == timeMode ? "now" : "", .time($0)) }
        items += themes.map { Menu.Item("theme: \(safe($0, limit: 40))", note: $0 == theme ? "now" : "", .theme($0)) }
        items.append(Menu.Item("wide columns, or wrap in a text", .command(.wide)))
        modals.append(.menu(Menu("Settings", items, openedAt: now)))
    }

    mutating func openSaveMenu(_ now: Double) {
        let items = [Menu.Item("CSV", note: "one line a row", .save(.csv)), Menu.Item("JSON", note: "one array", .save(.json))]
        modals.append(.menu(Menu("Save all rows that match", items, openedAt: now)))
    }

    mutating func choose(_ choice: Menu.Choice, _ picture: Picture, _ now: Double) -> [Effect] {
        switch choice {
        case .command(let command): return reduce(command, picture, now)
        case .sort(let field): sort(by: field, ascending: field == self[list].sort ? !self[list].ascending : Self.startsAscending(field))
        case .terminate(let deed, let signal):
            if let reason = whyNotAct(picture) { tell(reason) } else { askToRevoke(deed, signal: signal, picture, now) }
        case .stopJob(let id): return stop(id)
        case .retry(let deed, let terms):
            if let reason = whyNotAct(picture) { tell(reason) } else { askToRetry(deed, terms, picture, now) }
        case .save(let kind):
            if let effect = saveMessages(kind, now) { return [effect] }
            return [.save(view: view.rawValue, kind: kind)]
        case .time(let mode): timeMode = mode
        case .theme(let name):
            theme = name
            return [.theme(name)]
        }
        return []
    }
}
