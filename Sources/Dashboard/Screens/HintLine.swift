import CeleriacCore

/// What the keys do here, made from the binding table.
struct HintLine: Hashable {
    struct Hint: Hashable {
        var keys: String
        var words: String
        /// `nil` for keys that only a dialog knows.
        var command: Command?
        /// Cannot act now.
        var isGrey: Bool
    }

    var hints: [Hint]

    /// As many as fit, each with its first column.
    func places(width: Int) -> [(hint: Hint, column: Int)] {
        var column = 1
        var places: [(Hint, Int)] = []
        for hint in hints {
            let next = column + DisplayWidth.columns(of: hint.keys) + 1 + DisplayWidth.columns(of: hint.words)
            if next > width { break }
            places.append((hint, column))
            column = next + 2
        }
        return places
    }

    func render(into grid: inout Grid, at line: Rect) {
        for (hint, column) in places(width: line.columns) {
            let start = line.column + column
            let used = grid.write(hint.keys, row: line.row, column: start, style: Style(hint.isGrey ? .stale : .hintKey))
            grid.write(hint.words, row: line.row, column: start + used + 1, style: Style(hint.isGrey ? .stale : .hint))
        }
    }

    func hint(at column: Int, width: Int) -> Hint? {
        places(width: width).last { $0.column <= column && column < $0.column + DisplayWidth.columns(of: $0.hint.keys + $0.hint.words) + 1 }?.hint
    }
}

extension DashboardState {
    /// Tables of the keymap that apply here, the narrowest first.
    var scopes: [String] {
        if let detail = details.last {
            switch detail.subject {
            case .task, .workflow: return ["tasks", "everywhere"]
            case .worker: return ["workers", "everywhere"]
            case .queue, .message: return ["queues", "everywhere"]
            case .periodic: return ["beat", "everywhere"]
            default: return ["everywhere"]
            }
        }
        switch list {
        case .tasks, .workflows, .errors, .failuresPane: return ["tasks", "everywhere"]
        case .workers, .workersPane: return ["workers", "everywhere"]
        case .queues, .queuesPane: return ["queues", "everywhere"]
        case .beat, .beatPane: return ["beat", "everywhere"]
        default: return ["everywhere"]
        }
    }

    func hintLine(_ picture: Picture, _ keymap: Keymap) -> HintLine {
        if let modal = modals.last { return HintLine(hints: modal.hints) }
        return HintLine(hints: ((whyNotStop == nil || !jobs.isEmpty ? [.stopJob] : []) + hintedCommands).compactMap { command in
            guard let key = keymap.keys(for: command.rawValue, scopes: scopes).first else { return nil }
            let isGrey = command.isActing && whyNot(command, picture) != nil
            return HintLine.Hint(keys: key.label, words: words(for: command, picture), command: command, isGrey: isGrey)
        })
    }

    /// What is worth a hint here, the most useful first.
    private var hintedCommands: [Command] {
        if let detail = details.last {
            switch detail.subject {
            case .task: return [.back, .nextTab, .retry, .clone, .remove, .removeHard, .filter, .copyID, .raw, .wide, .rowLog, .menu, .help]
            case .worker: return [.back, .nextTab, .removeHard, .shrink, .grow, .consumers, .filter, .wide, .menu, .help]
            case .workflow: return [.back, .open, .retry, .remove, .removeHard, .traceback, .filter, .copyID, .raw, .wide, .menu, .help]
            case .periodic: return [.back, .nextTab, .upcoming, .suspendEntry, .trigger, .skip, .editEntry, .remove, .undo, .filter, .raw, .menu, .help]
            case .queue(_, .messages): return [.back, .nextTab, .open] + (peekingMarks ? [.peek] : []) + [.filter, .mark, .editMessage, .moveMessages, .remove, .removeHard, .serveFirst, .undo, .sort, .raw, .wide, .menu, .help, .save]
            case .queue(_, .held): return [.back, .nextTab, .open, .editMessage, .remove, .filter, .nextMatch, .wide, .help]
            case .queue: return [.back, .nextTab, .open, .peek, .removeHard, .undo, .filter, .nextMatch, .wide, .copyRecord, .help]
            case .trash: return [.back, .open, .undo, .filter, .nextMatch, .help]
            case .message: return [.back, .editMessage, .moveMessages, .remove, .filter, .nextMatch, .copyID, .copyRecord, .raw, .wide, .help]
            case .entry, .record: return [.back, .filter, .nextMatch, .wide, .copyRecord, .help]
            }
        }
        switch list {
        case .tasks: return [.open, .filter, .failures, .retry, .remove, .removeHard, .mark, .clone, .newTask, .sort, .menu, .commandLine, .help, .wide, .freeze, .save]
        case .queues: return [.open, .peek, .removeHard, .undo, .filter, .sort, .wide, .refresh, .menu, .commandLine, .help, .freeze, .save]
        case .workers: return [.open, .filter, .removeHard, .shrink, .grow, .consumers, .events, .sort, .menu, .commandLine, .help, .save]
        case .beat: return [.open, .suspendEntry, .trigger, .skip, .editEntry, .addEntry, .remove, .upcoming, .undo, .filter, .pauseBeat, .mark, .sort, .menu, .help, .save]
        case .workflows: return [.open, .filter, .failures, .traceback, .menu, .commandLine, .help, .wide, .freeze, .save]
        case .errors: return [.open, .retry, .filter, .sort, .menu, .commandLine, .help, .wide, .freeze, .save]
        case .log: return [.open, .filter, .commandLine, .help, .save]
        case .messages: return []
        case .failuresPane: return [.open, .retry, .nextPane, isZoomed ? .zoomOut : .zoomIn, .commandLine, .palette, .help, .freeze, .time]
        case .queuesPane, .timingsPane: return [.open, .nextPane, isZoomed ? .zoomOut : .zoomIn, .commandLine, .palette, .help, .freeze, .time]
        case .beatPane: return [.open, .nextPane, isZoomed ? .zoomOut : .zoomIn, .suspendEntry, .trigger, .skip, .upcoming, .commandLine, .help]
        case .workersPane: return [.open, .nextPane, isZoomed ? .zoomOut : .zoomIn, .removeHard, .shrink, .grow, .events, .commandLine, .help]
        }
    }

    private func words(for command: Command, _ picture: Picture) -> String {
        let isWorker = scopes.first == "workers"
        switch command {
        case .removeHard where isWorker: return "shut down"
        case .removeHard where scopes.first == "queues": return "purge"
        case .remove where isAboutMessages: return "delete"
        case .remove where scopes.first == "beat": return "remove"
        case .stopJob where jobs.isEmpty: return "stop looking"
        case .open where details.last?.subject == .trash: return "put back"
        case .suspendEntry: return entryRow(picture)?.entry.isEnabled == false ? "resume" : "suspend"
        case .filter where !isOnList: return "search"
        case .wide where !isOnList: return "wrap"
        default: return command.hint
        }
    }
}

extension Modal {
    /// Keys of a dialog are its own: they are the same whatever the keymap says.
    var hints: [HintLine.Hint] {
        func hint(_ keys: String, _ words: String) -> HintLine.Hint { HintLine.Hint(keys: keys, words: words, command: nil, isGrey: false) }
        switch self {
        case .confirmation(let question):
            switch question.need {
            case .yes: return [hint("y", question.verb)] + (question.form == nil ? [] : [hint("e", "edit first")]) + [hint("Enter", "cancel"), hint("Esc", "cancel")]
            case .text(_, let kind):
                return [hint("Enter", "\(question.verb), once \(kind) is typed")] + (question.form == nil ? [] : [hint("Ctrl-e", "edit first")]) + [hint("Esc", "cancel")]
            }
        case .menu: return [hint("Enter", "choose"), hint("j k", "move"), hint("Esc", "close")]
        case .form: return [hint("Tab", "next field"), hint("Ctrl-s", "check"), hint("Esc", "leave")]
        case .entry(let form): return form.hints.map(hint)
        case .message(let form): return form.hints.map(hint)
        case .palette: return [hint("Enter", "run"), hint("Up Down", "move"), hint("Esc", "close")]
        case .help: return [hint("j k", "scroll"), hint("Esc", "close")]
        case .line(let line):
            switch line.purpose {
            case .filter: return [hint("Enter", "keep"), hint("Esc", "as before"), hint("Up", "history")]
            case .command: return [hint("Enter", "run"), hint("Tab", "complete"), hint("Up", "history"), hint("Esc", "leave")]
            case .target: return [hint("Enter", "go on"), hint("Tab", "complete"), hint("Esc", "leave")]
            case .search: return [hint("Enter", "find"), hint("Esc", "leave")]
            }
        }
    }
}
