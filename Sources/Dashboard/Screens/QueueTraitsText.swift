import CeleriacCore
import OrderedCollections

extension DashboardState {
    /// How the queue was made and where its dead letters go; what cannot be known says so.
    func traitLines(_ queue: QueueRow, _ standing: BrokerStanding?) -> [Line] {
        guard standing != nil || queue.traits != nil else { return [] }
        var lines: [Line] = []
        if let traits = queue.traits {
            lines.append(field("Type", kind(traits)))
            lines.append(traits.policies.isEmpty ? field("Policy", .notApplicable) : field("Policy", safe(traits.policies.joined(separator: ", "))))
        } else {
            lines.append(field("Type", "?", .stale))
        }
        lines += deadLetterLines(queue)
        if let traits = queue.traits { lines += argumentLines(traits) }
        if let hint = standing?.hint { lines += [.empty, Line("? " + safe(hint), .info)] }
        return lines
    }

    private func kind(_ traits: QueueTraits) -> String {
        var words = [safe(traits.type), traits.isDurable ? "durable" : "gone when the broker restarts"]
        if traits.isAutoDelete { words.append("deleted with its last consumer") }
        if let members = traits.members, members > 1 { words.append("\(traits.membersOnline ?? 0) of \(members) members online") }
        return words.joined(separator: ", ")
    }

    private func argumentLines(_ traits: QueueTraits) -> [Line] {
        let given = traits.arguments.map { (shown: $0.key, name: $0.key, value: $0.value) } + traits.policyArguments.map { (shown: "policy " + $0.key, name: $0.key, value: $0.value) }
        guard !given.isEmpty else { return [] }
        let labels = given.map { safe("\($0.shown) \($0.value.string ?? JSON.text($0.value))") }
        let width = min(40, labels.map { DisplayWidth.columns(of: $0) }.max() ?? 0)
        let lines = zip(given, labels).map { argument, label in
            Line([Span(DisplayWidth.pad(label, to: max(width, DisplayWidth.columns(of: label))) + "  ", .dim), Span(ArgumentWords.words(argument.name, argument.value) ?? "")])
        }
        return [.empty, heading("Arguments")] + lines
    }

    func deadLetterLines(_ queue: QueueRow) -> [Line] {
        let letters = queue.deadLetters ?? DeadLetters()
        var lines: [Line] = []
        func place(_ label: String, _ place: DeadLetters.Place, _ way: String) -> Line {
            let count = place.ready.map { Formats.count($0) } ?? "?"
            return field(label, CellText("\(count) in \(safe(place.queue.rawValue))\(way)", (place.ready ?? 0) > 0 ? .warning : .text), target: .queue(place.queue))
        }
        if let exchange = letters.exchange {
            let way = exchange.isEmpty ? "" : ", over the exchange \(safe(exchange))"
            switch letters.places {
            case nil: lines.append(field("Dead letters", "?\(way)", .stale))
            case []?: lines.append(field("Dead letters", "lost: no queue is bound\(exchange.isEmpty ? "" : " to the exchange \(safe(exchange))")", .bad))
            case let places?: lines += places.enumerated().map { place($0.offset == 0 ? "Dead letters" : "", $0.element, way) }
            }
        } else if queue.traits != nil {
            lines.append(field("Dead letters", "- dropped: no exchange takes them", .dim))
        }
        if let poison = letters.poison { lines.append(place("Poison", poison, ", set aside by workers")) }
        return lines
    }
}

