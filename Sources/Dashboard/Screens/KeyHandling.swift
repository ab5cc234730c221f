public import CeleriacCore

extension DashboardState {
    /// Turns one key into new state and what is to be done outside.
    ///
    /// - Parameters:
    ///   - picture: what was on screen when the key was pressed.
    ///   - now: seconds since 1970.
    public mutating func handle(_ key: Key, keymap: Keymap, picture: Picture, now: Double) -> [Effect] {
        let picture = shown(picture)
        notice = nil
        let effects = take(key, keymap, picture, now)
        return effects + messagesWanted()
    }

    private mutating func take(_ key: Key, _ keymap: Keymap, _ picture: Picture, _ now: Double) -> [Effect] {
        // Ctrl-c leaves from anywhere; a letter that a keymap gives it can still be typed.
        let isTyped = if case .character = key { !modals.isEmpty } else { false }
        if !isTyped, keymap.command(for: key, scopes: ["everywhere"]) == Command.quit.rawValue { return [.quit] }
        if case .mouse(let event, let row, let column) = key { return point(event, row: row, column: column, keymap, picture, now) }
        if !modals.isEmpty { return answer(key, keymap, picture, now) }
        guard let command = keymap.command(for: key, scopes: scopes).flatMap(Command.init(rawValue:)) else {
            explain(key)
            return []
        }
        return reduce(command, picture, now)
    }

    /// A key without a command says where to look.
    private mutating func explain(_ key: Key) {
        switch key {
        case .character(let digit) where digit.isASCII && digit.isNumber: tell("there is no view \(digit)")
        case .mouse: break
        default: tell("\(safe(key.label, limit: 12)) does nothing here: ? lists the keys")
        }
    }

    /// Carries out a command, whichever way it was asked for, or says why not.
    mutating func reduce(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect] {
        if let reason = whyNot(command, picture) {
            tell(reason)
            return []
        }
        if move(command, picture) { return [] }
        if let effects = switchView(command, picture, now) { return effects }
        if let effects = actOnMessages(command, picture, now) ?? actOnEntries(command, picture, now) ?? actOnCalls(command, picture, now) ?? act(command, picture, now) { return effects }
        return look(command, picture, now)
    }

    /// Commands that go somewhere else; `nil` for others.
    private mutating func switchView(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect]? {
        switch command {
        case .overview: show(.overview)
        case .tasks: show(.tasks)
        case .queues: show(.queues)
        case .workers: show(.workers)
        case .beat: show(.beat)
        case .workflows: show(.workflows)
        case .errors: show(.errors)
        case .log: show(.log)
        case .lastView: show(previousView)
        case .nextPane, .previousPane: turnPane(command == .nextPane ? 1 : -1)
        case .zoomIn: isZoomed = view == .overview && details.isEmpty
        case .zoomOut: isZoomed = false
        case .nextTab, .previousTab: return turnTab(command == .nextTab ? 1 : -1)
        case .open: return open(picture, now)
        case .back: goBack()
        case .leave: return leave()
        case .quit: return [.quit]
        case .info: return openTask(.summary, picture)
        case .traceback: return openTask(.traceback, picture)
        case .family: return openWorkflow(picture)
        case .upcoming: return openUpcoming(picture)
        case .rowLog: showLogOfRow(picture)
        default: return nil
        }
        return []
    }

    mutating func show(_ new: ViewName) {
        details = []
        if new != view { (previousView, view) = (view, new) }
        isZoomed = false
    }

    private mutating func turnPane(_ step: Int) {
        if !details.isEmpty { _ = turnTab(step); return }
        guard view == .overview else { return tell("this view has one pane") }
        let panes = panes, here = panes.firstIndex(of: pane) ?? 0
        pane = panes[(here + step + panes.count) % panes.count]
    }

    private mutating func turnTab(_ step: Int) -> [Effect] {
        guard var detail = details.popLast() else {
            tell("tabs are in details: Enter opens one")
            return []
        }
        detail.turn(step)
        details.append(detail)
        return questions(about: detail.subject)
    }

    /// Esc: the innermost thing goes first.
    private mutating func goBack() {
        if !isOnList {
            details.removeLast()
        } else if self[list].filter != nil {
            narrow(list, to: nil)
        } else if isZoomed {
            isZoomed = false
        } else if self[list].isRanging {
            self[list].isRanging = false
        } else if !details.isEmpty {
            details.removeLast()
        } else if !list.selectsFirst {
            self[list].unselect()
        }
    }

    private mutating func leave() -> [Effect] {
        if details.isEmpty, !isZoomed { return [.quit] }
        if details.isEmpty { isZoomed = false } else { details.removeLast() }
        return []
    }

    /// Filters a list, live or frozen.
    mutating func narrow(_ list: ListName, to filter: Filter?) {
        self[list].show(filter)
        thaw(list)
    }

    /// A frozen list is taken anew when another order or filter is asked for.
    mutating func thaw(_ list: ListName) {
        guard frozen != nil else { return }
        switch list {
        case .tasks: frozen?.tasks = nil
        case .queues, .queuesPane: frozen?.queues = nil
        case .workers, .workersPane: frozen?.workers = nil
        case .beat, .beatPane: frozen?.beat = nil
        case .workflows: frozen?.workflows = nil
        case .errors: frozen?.errors = nil
        case .log, .messages, .timingsPane, .failuresPane: break
        }
    }
}
