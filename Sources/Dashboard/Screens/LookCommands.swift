import CeleriacCore

extension DashboardState {
    /// Commands that change what is shown and how, and those that the runner carries out without asking.
    mutating func look(_ command: Command, _ picture: Picture, _ now: Double) -> [Effect] {
        switch command {
        case .help: modals.append(.help(HelpState()))
        case .filter: startFilter()
        case .commandLine: modals.append(.line(LineEdit(purpose: .command, input: InputLine(history: commandHistory))))
        case .palette: modals.append(.palette(Palette()))
        case .menu: openActionMenu(picture, now)
        case .mark: toggleMark(picture)
        case .markRange: toggleRange(picture)
        case .markAll: markAll(picture)
        case .markNone where listedQueue != nil: look(at: listedQueue ?? "") { $0.unmark() }
        case .markNone: (self[list].marks, self[list].marksAllMatching, self[list].isRanging) = ([], false, false)
        case .sort: openSortMenu(now)
        case .sortLeft: turnSort(-1)
        case .sortRight: turnSort(1)
        case .sortReverse: sort(by: self[list].sort, ascending: !self[list].ascending)
        case .settings: openSettings(now)
        case .wide: widen()
        case .follow: follow(picture)
        case .freeze: frozen = frozen == nil ? picture : nil
        case .refresh: return refresh()
        case .redraw: return [.redraw]
        case .suspend: return [.suspend]
        case .failures: toggleFailures()
        case .copyID: return copyID(picture)
        case .copyRecord: return record(picture).map { [.copy($0.text)] } ?? []
        case .raw:
            guard let record = record(picture) else { return [] }
            details.append(OpenDetail(.record(of: record.title, text: record.text)))
        case .time: timeMode = timeMode.neighbour(1); tell("times are \(timeMode == .utc ? "UTC" : timeMode.rawValue)")
        case .save: openSaveMenu(now)
        case .left, .right: return turn(command)
        default: break
        }
        return []
    }

    private mutating func turn(_ command: Command) -> [Effect] {
        guard var detail = details.popLast() else { return [] }
        detail.turn(command == .left ? -1 : 1)
        details.append(detail)
        return questions(about: detail.subject)
    }

    private mutating func startFilter() {
        if isOnList {
            let before = self[list].filter
            guard !ListName.panes.contains(list) else { return tell("panes show all there is: Enter, or 2 to 7, opens a list that filters") }
            modals.append(.line(LineEdit(purpose: .filter(list, before: before), input: InputLine(before?.text ?? "", history: filterHistory))))
        } else {
            modals.append(.line(LineEdit(purpose: .search, input: InputLine())))
        }
    }

    /// Identity of the row under the cursor; else says why there is none.
    private mutating func markable(_ picture: Picture) -> String? {
        switch focus(picture) {
        case .task(let task): return task.id.rawValue
        case .periodic(let row): return row.name
        case .message: return self[list].cursor
        case .nothing(let reason): tell(reason)
        default: break
        }
        return nil
    }

    private mutating func toggleMark(_ picture: Picture) {
        guard let id = markable(picture) else { return }
        self[list].marksAllMatching = false
        if self[list].marks.remove(id) == nil { self[list].marks.insert(id) }
        step(1, picture)
    }

    private mutating func toggleRange(_ picture: Picture) {
        if self[list].isRanging {
            self[list].isRanging = false
            return tell("\(Formats.plural(self[list].marks.count, list.noun)) marked")
        }
        guard let id = markable(picture) else { return }
        self[list].isRanging = true
        self[list].marks.insert(id)
        tell("rows are marked as the cursor passes them: V again ends")
    }

    private mutating func markAll(_ picture: Picture) {
        if self[list].filter != nil {
            self[list].marksAllMatching = true
            tell("all \(Formats.grouped(self[list].matching)) that match are marked, those not shown as well: U unmarks")
        } else if let page = ids(of: list, in: picture) {
            let start = max(0, self[list].top - page.first)
            self[list].marks.formUnion(page.rows.dropFirst(start).prefix(window(of: list)))
            tell("\(Formats.plural(self[list].marks.count, list.noun)) marked: U unmarks")
        }
    }

    private mutating func widen() {
        if isOnList {
            self[list].isWide.toggle()
        } else {
            details[details.count - 1].text.wraps.toggle()
            details[details.count - 1].text.column = 0
        }
    }

    /// Back to the newest rows, or hold the one shown first.
    private mutating func follow(_ picture: Picture) {
        guard !list.selectsFirst else { return tell("the cursor follows its \(list.noun) wherever it goes") }
        if self[list].cursor == nil {
            step(1, picture)
        } else {
            self[list].unselect()
            tell("the newest \(list.noun)s are shown as they come")
        }
    }

    private mutating func refresh() -> [Effect] {
        if listedQueue != nil { return [.refresh] + refreshMessages() }
        if case .task(let id, .message) = details.last?.subject {
            foundMessages.set(id, .asking)
            return [.refresh, .findMessage(id)]
        }
        guard case .task(let id, _) = details.last?.subject else {
            if case .worker(let name, _) = details.last?.subject, permission != .passive { return [.refresh, .inspect(name)] }
            return [.refresh]
        }
        results.set(id, .asking)
        return [.refresh, .fetchResult(id)]
    }

    /// Shows failures only; again: all as before.
    private mutating func toggleFailures() {
        let wanted = try? Filter("state:failure")
        // Failed workflows are what is looked for among workflows, and entries whose last run failed among entries.
        let target: ViewName = view == .workflows || view == .beat ? view : .tasks
        let list: ListName = target == .workflows ? .workflows : target == .beat ? .beat : .tasks
        let isOn = self.list == list && self[list].filter == wanted
        show(target)
        narrow(list, to: isOn ? nil : wanted)
    }
}
