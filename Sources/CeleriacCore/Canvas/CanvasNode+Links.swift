import OrderedCollections

extension CanvasNode {
    /// The signatures under an option that may hold one, several or none.
    static func list(_ value: Value?) -> [Value] {
        switch value {
        case nil, .null?: []
        case .array(let elements)?: elements
        case let single?: [single]
        }
    }

    func append(_ signature: Value, to option: String) {
        var list = Self.list(options[option])
        if !list.contains(signature) { list.append(signature) }
        options[option] = .array(list)
    }

    func extend(_ option: String, by signatures: [Value]) { options[option] = .array(Self.list(options[option]) + signatures) }

    /// Adds a success callback: to the body of a chord; to the first member of a group, which has no result of its own to hand on.
    func link(_ callback: Value) throws(CanvasError) {
        switch shape {
        case .group:
            let copy = try CanvasNode(callback).clone()
            copy.isImmutable = true
            guard let first = members.first else { throw CanvasError(.linkOnGroup, cause: "an empty group has no task to link to") }
            try first.link(copy.value)
        case .chord:
            guard let body else { throw CanvasError.chordWithoutBody }
            try body.link(callback)
        default: append(callback, to: "link")
        }
    }

    /// Adds an error callback: to every member of a group; to the body of a chord, and to its header when `onHeaders`.
    func linkError(_ errback: Value, onHeaders: Bool) throws(CanvasError) {
        switch shape {
        case .group: for member in members { try member.linkError(errback, onHeaders: onHeaders) }
        case .chord:
            // A frozen header counts as one group, in which Celery looks for no further chords.
            if onHeaders {
                let copy = try CanvasNode(errback).clone(options: ["immutable": true]).value
                for part in header.map({ [$0] }) ?? members { try part.linkError(copy, onHeaders: onHeaders) }
            }
            if header == nil { for part in members where part.shape == .chord { try part.linkError(errback, onHeaders: onHeaders) } }
            guard let body else { throw CanvasError.chordWithoutBody }
            try body.linkError(errback, onHeaders: onHeaders)
        default: append(errback, to: "link_error")
        }
    }

    /// Copies of a chain's steps, the chain's own callbacks linked to the last, its error callbacks to all.
    func unchained(onHeaders: Bool) throws(CanvasError) -> [CanvasNode] {
        let steps = members.map { $0.clone() }
        for callback in Self.list(options["link"]) { try steps.last?.link(callback) }
        for errback in Self.list(options["link_error"]) { for step in steps { try step.linkError(errback, onHeaders: onHeaders) } }
        return steps
    }

    /// A chord whose body is a chain led by a task, as a chord with only that task for body, and the rest of the chain after it: each member of the header
    /// carries a copy of the body.
    func bodyUnrolled(onHeaders: Bool) throws(CanvasError) -> [CanvasNode] {
        let chord = clone()
        guard let body = chord.body else { throw CanvasError.chordWithoutBody }
        let steps = try body.unchained(onHeaders: onHeaders)
        let ownToChains: Set<String> = ["chord", "group_id", "group_index", "link", "link_error", "parent_id", "root_id", "task_id"]
        chord.body = steps[0].clone(options: body.options.filter { !ownToChains.contains($0.key) })
        return [chord] + steps.dropFirst()
    }

    /// Does that to all chords that are steps of this chain, or of chains in it.
    func unrollChords(onHeaders: Bool) throws(CanvasError) {
        var pending = Array(members.reversed())
        var steps: [CanvasNode] = []
        while var step = pending.popLast() {
            if step.shape == .chain {
                step = step.clone()
                try step.unrollChords(onHeaders: onHeaders)
            }
            if step.shape == .chord, step.body?.isChainLedByTask == true {
                pending += try step.bodyUnrolled(onHeaders: onHeaders).reversed()
            } else {
                steps.append(step)
            }
        }
        members = steps
    }

    /// Takes the chord off the members of headers that are not sent yet: it stands in the chord itself, and comes back when that is applied.
    func stripHeaderLinks() {
        switch shape {
        case .chord:
            if let header {
                header.clearChord()
                header.stripHeaderLinks()
            } else {
                for part in members {
                    part.clearChord()
                    part.stripHeaderLinks()
                }
            }
            body?.stripHeaderLinks()
        case .group, .chain: for member in members { member.stripHeaderLinks() }
        case .task, .map, .chunks: break
        }
    }

    private func clearChord() {
        options.removeValue(forKey: "chord")
        switch shape {
        case .group: for member in members { member.clearChord() }
        case .chain: members.last?.clearChord()
        case .chord: body?.clearChord()
        case .task, .map, .chunks: break
        }
    }

    /// How many completions it adds to a chord of whose header it is a member.
    var completions: Int {
        switch shape {
        case .task, .map, .chunks: 1
        case .group: members.reduce(0) { $0 + $1.completions }
        case .chain: members.reversed().lazy.map(\.completions).first { $0 > 0 } ?? 0
        case .chord: body?.completions ?? 0
        }
    }
}

extension CanvasError {
    static let chordWithoutBody = CanvasError(.chordWithoutBody, cause: "a chord has no body")
}
