import CeleriacCore

extension DashboardState {
    /// Keys while a filter, a command or a search is typed.
    mutating func answer(_ line: LineEdit, _ key: Key, _ picture: Picture, _ now: Double) -> [Effect] {
        var line = line
        switch key {
        case .escape:
            if case .filter(let list, let before) = line.purpose { narrow(list, to: before) }
            return []
        case .backspace where line.input.text.isEmpty:
            if case .filter(let list, _) = line.purpose { narrow(list, to: nil) }
            return []
        case .enter: return enter(line, picture, now)
        case .tab where line.purpose != .search:
            line.complete(with: offers(line, picture))
            if case .filter(let list, _) = line.purpose { line.problem = narrow(list, toText: line.input.text) }
        default:
            guard line.input.take(key) else { break }
            (line.completions, line.completion) = ([], nil)
            if case .filter(let list, _) = line.purpose { line.problem = narrow(list, toText: line.input.text) }
        }
        modals.append(.line(line))
        return []
    }

    private func offers(_ line: LineEdit, _ picture: Picture) -> [String] {
        switch line.purpose {
        case .command: completions(of: line.input.text, picture)
        case .target(let taking): targets(of: taking, line.input.text, picture)
        case .filter, .search: filterCompletions(of: line.input.text)
        }
    }

    private mutating func enter(_ line: LineEdit, _ picture: Picture, _ now: Double) -> [Effect] {
        let text = line.input.text.trimmed
        switch line.purpose {
        case .filter(let list, _):
            if let problem = narrow(list, toText: text) {
                var line = line
                line.problem = problem
                modals.append(.line(line))
            } else if !text.isEmpty {
                filterHistory = remembered(text, in: filterHistory)
            }
        case .target(let taking):
            if let problem = askToMove(taking, to: text, picture, now) {
                var line = line
                line.problem = problem
                modals.append(.line(line))
            }
        case .search:
            guard !isOnList, !text.isEmpty else { return [] }
            details[details.count - 1].text.search = text
            details[details.count - 1].text.match = nil
            _ = move(.nextMatch, picture)
        case .command:
            guard !text.isEmpty else { return [] }
            commandHistory = remembered(text, in: commandHistory)
            return run(text, picture, now)
        }
        return []
    }

    /// Filters as it is typed; what is no filter yet leaves the list as it was. Answers with the reason then.
    private mutating func narrow(_ list: ListName, toText text: String) -> String? {
        if text.trimmed.isEmpty {
            narrow(list, to: nil)
            return nil
        }
        do throws(FilterError) {
            narrow(list, to: try Filter(text))
            return nil
        } catch {
            return error.description
        }
    }

    /// Newest last, none twice, at most a hundred.
    private func remembered(_ text: String, in history: [String]) -> [String] {
        (history.filter { $0 != text } + [text]).suffix(100)
    }
}

extension LineEdit {
    /// Puts the next of the completions in; round and round.
    mutating func complete(with found: [String]) {
        if completion == nil { completions = found }
        guard !completions.isEmpty else { return }
        let next = completion.map { ($0 + 1) % completions.count } ?? 0
        completion = next
        input.set(completions[next])
    }
}
