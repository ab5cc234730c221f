public import CeleriacCore

/// Why a workflow stands where it does, for the one cell that says it: what the operator asks first.
public enum WorkflowReason: Hashable, Sendable {
    /// A body that was not sent.
    case chord(ChordVerdict)
    /// The worst task, which ended badly.
    case failed(TaskRow)
    /// The task that is waited for.
    case waits(TaskRow)

    /// A chord that is stuck, else who failed with what, else what is waited for; `nil` when all has gone well.
    public init?(_ row: WorkflowRow) {
        let endedBadly = row.state == .failure || row.state == .revoked || row.state == .rejected
        if let chord = row.chord, row.isStuck {
            self = .chord(chord)
        } else if let worst = row.worst, endedBadly {
            self = .failed(worst)
        } else if let chord = row.chord, !chord.isFired {
            self = .chord(chord)
        } else if let worst = row.worst, !row.isFinished {
            self = .waits(worst)
        } else {
            return nil
        }
    }

    /// In words made safe to show, the longest first; at least one.
    public var texts: [String] {
        switch self {
        case .chord(let verdict): return [verdict.words, verdict.brief]
        case .failed(let task):
            let name = safe(task.name ?? "?", limit: 80)
            guard let exception = task.exception else { return [name] }
            // The type says most of it where there is no room for the words.
            let type = String(exception.prefix { $0 != "(" })
            return ["\(name): \(safe(exception))", "\(name): \(safe(type))"]
        case .waits(let task):
            let place = task.worker.map { " on " + safe($0.short, limit: 40) } ?? ""
            return [safe(task.name ?? "?", limit: 80) + place]
        }
    }

    var role: Role {
        switch self {
        case .chord(let verdict): verdict.role
        case .failed(let task): task.state.role
        case .waits: .dim
        }
    }
}

extension WorkflowRow {
    /// All members of a chord in it are counted, and nobody sends the body.
    public var isStuck: Bool { if case .stuck? = chord { true } else { false } }
}
