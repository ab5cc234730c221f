import CeleriacCore

extension DashboardState {
    /// Gives a key to the innermost thing that lies over the view.
    mutating func answer(_ key: Key, _ keymap: Keymap, _ picture: Picture, _ now: Double) -> [Effect] {
        guard let modal = modals.popLast() else { return [] }
        switch modal {
        case .confirmation(let question): return answer(question, key, picture, now)
        case .menu(let menu): return answer(menu, key, keymap, picture, now)
        case .form(let form): answer(form, key, picture, now)
        case .entry(let form): return answer(form, key, now)
        case .message(let form): return answer(form, key, picture, now)
        case .palette(let palette): return answer(palette, key, picture, now)
        case .help(let help): answer(help, key, keymap)
        case .line(let line): return answer(line, key, picture, now)
        }
        return []
    }

    private mutating func answer(_ question: Confirmation, _ key: Key, _ picture: Picture, _ now: Double) -> [Effect] {
        var question = question
        guard !question.isTooEarly(now) else { modals.append(.confirmation(question)); return [] }
        switch question.take(key) {
        case .undecided: modals.append(.confirmation(question))
        case .cancel(let words): tell(words)
        case .edit: question.form.map { modals.append(.message($0)) }
        case .act:
            if let reason = whyNot(question.effect, picture) {
                tell(reason)
            } else if case .saveEntry = question.effect {
                // Its form waits for what the store says.
                updateEntryForm { form in
                    (form.isSaving, form.refusal) = (true, nil)
                    return true
                }
                return [question.effect]
            } else if question.effect.isOfForm, case .message? = modals.last {
                updateMessageForm { form in
                    (form.isBusy, form.refusal) = (true, nil)
                    return true
                }
                return [question.effect]
            } else {
                unmark(question.effect)
                // A form that led here has served.
                modals = []
                if case .peek(let queue, let first) = question.effect { return openMessages(of: queue, from: first) }
                return [question.effect]
            }
        }
        return []
    }

    /// Marks have served when their action is on its way.
    private mutating func unmark(_ effect: Effect) {
        switch effect {
        case .revoke, .revokeMatching, .retry: (self[.tasks].marks, self[.tasks].marksAllMatching, self[.tasks].isRanging) = ([], false, false)
        case .begin(let act): if looks[act.queue] != nil { look(at: act.queue) { $0.unmark() } }
        case .entries: (self[.beat].marks, self[.beat].marksAllMatching, self[.beat].isRanging) = ([], false, false)
        default: break
        }
    }

    private mutating func answer(_ menu: Menu, _ key: Key, _ keymap: Keymap, _ picture: Picture, _ now: Double) -> [Effect] {
        var menu = menu
        let isTooEarly = now >= menu.openedAt && now < menu.openedAt + Confirmation.grace
        guard !isTooEarly, !menu.items.isEmpty else { modals.append(.menu(menu)); return [] }
        switch key {
        case .escape, .character("q"), .function(10): return []
        case .enter:
            let item = menu.items[min(menu.selected, menu.items.count - 1)]
            if let reason = item.whyNot {
                tell(reason)
                modals.append(.menu(menu))
                return []
            }
            return choose(item.choice, picture, now)
        default: break
        }
        switch keymap.command(for: key, scopes: ["everywhere"]).flatMap(Command.init(rawValue:)) {
        case .up: menu.selected = max(0, menu.selected - 1)
        case .down: menu.selected = min(menu.items.count - 1, menu.selected + 1)
        case .top, .pageUp, .halfUp: menu.selected = 0
        case .bottom, .pageDown, .halfDown: menu.selected = menu.items.count - 1
        default: break
        }
        modals.append(.menu(menu))
        return []
    }

    /// Tab moves, Ctrl-s checks, Esc leaves; no other key does anything but edit.
    private mutating func answer(_ form: ConsumerForm, _ key: Key, _ picture: Picture, _ now: Double) {
        var form = form
        switch key {
        case .escape: return tell("nothing was changed")
        case .tab: form.field = form.field.neighbour(1)
        case .backTab: form.field = form.field.neighbour(-1)
        case .control("s"):
            form.check()
            if let reason = form.problem ?? whyNotAct(picture) { form.problem = reason; break }
            modals.append(.form(form))
            return askToConsume(form, QueueName(form.queue.text), now)
        case .left, .right, .character(" "):
            if form.field == .action { form.adds.toggle() } else { _ = form.queue.take(key) }
        default: if form.field == .queue, key != .up, key != .down { _ = form.queue.take(key) }
        }
        modals.append(.form(form))
    }

    private mutating func answer(_ help: HelpState, _ key: Key, _ keymap: Keymap) {
        var help = help
        let lines = helpLines(keymap), window = max(1, helpArea.inner.rows)
        switch keymap.command(for: key, scopes: ["everywhere"]).flatMap(Command.init(rawValue:)) {
        case .back, .leave, .help: return
        case .up: help.text.scroll(by: -1, of: lines.count, window: window)
        case .down: help.text.scroll(by: 1, of: lines.count, window: window)
        case .pageUp, .halfUp: help.text.scroll(by: -window, of: lines.count, window: window)
        case .pageDown, .halfDown: help.text.scroll(by: window, of: lines.count, window: window)
        case .top: help.text.top = 0
        case .bottom: help.text.scroll(by: lines.count, of: lines.count, window: window)
        default: break
        }
        modals.append(.help(help))
    }
}

extension ConsumerForm {
    /// Finds out whether it says something that can be done.
    mutating func check() {
        let name = QueueName(queue.text)
        problem = nil
        if queue.text.trimmed.isEmpty {
            problem = "the queue's name is missing"
        } else if let consumed, adds, consumed.contains(name) {
            problem = "it consumes \(safe(name.rawValue)) already"
        } else if let consumed, !adds, !consumed.contains(name) {
            problem = "it does not consume \(safe(name.rawValue))"
        }
    }
}

extension String {
    /// Without blanks at either end.
    var trimmed: String {
        var text = Substring(self)
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension Effect {
    /// The form of a message stays open until it is known what became of it.
    fileprivate var isOfForm: Bool {
        switch self {
        case .send, .editMessage, .sendInstead: true
        default: false
        }
    }
}
