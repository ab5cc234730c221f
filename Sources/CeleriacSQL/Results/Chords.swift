public import CeleriacBroker
import CeleriacCore
import GRDB

extension SQLiteResults {
    /// Seconds within which the one who completed a chord has to send its body, before another may: twice Celery's time for joining results.
    private static let claimTime = 6.0

    public func openChord(_ group: String, size: Int, lifetime: Duration?) async throws(TransportError) {
        let time = now()
        try await access.write("open chord") { try $0.run(ChordTables.open, [group, size, time]) }
    }

    public func extendChord(_ group: String, by count: Int) async throws(TransportError) {
        let time = now()
        try await access.write("extend chord") { try $0.run(ChordTables.extend, [group, count, time]) }
    }

    public func count(_ part: ChordPart, lifetime: Duration?) async throws(TransportError) -> ChordCount {
        let time = now()
        let token = freshUUID()
        let result = String(decoding: JSON.encode(part.result), as: UTF8.self)
        let counted = try await access.write("count chord") { database -> CountedChord in
            try database.run(ChordTables.touch, [part.group, time])
            guard let chord = try database.rows(ChordTables.chord, [part.group]).first else { return .waiting }
            if chord[4] as Bool { return .late }
            try database.run(ChordTables.part, [part.group, part.task.rawValue, part.index, part.state.rawValue, result])
            if database.changesCount == 1 { try database.run(ChordTables.countPart, [part.group]) }
            let counted = try database.first(Int.self, ChordTables.counted, [part.group]) ?? 0
            guard let size = chord[0] as Int?, counted >= size + (chord[1] as Int) else { return .waiting }
            // Whoever claimed it may have died; then this part is told again, by whoever runs its task again.
            if chord[2] as String? != nil, chord[3] as Double? ?? 0 > time { return .late }
            try database.run(ChordTables.claim, [token, time + Self.claimTime, part.group])
            let parts = try database.rows(ChordTables.parts, [part.group]).map { row in
                StoredPart(task: row[0], index: row[1], state: row[2], result: row[3])
            }
            return .complete(parts)
        }
        switch counted {
        case .waiting: return .waiting
        case .late: return .late
        case .complete(let stored):
            var parts: [ChordPart] = []
            for stored in stored {
                guard let result = try? JSON.decode(stored.result) else {
                    throw TransportError(.garbled, operation: "count chord", endpoint: endpoint, cause: "the stored result of \(stored.task) is no JSON")
                }
                parts.append(
                    ChordPart(group: part.group, task: TaskID(stored.task), index: stored.index, state: TaskState(rawValue: stored.state), result: result))
            }
            return .complete(token: token, parts: parts, members: try await self.group(part.group))
        }
    }

    public func closeChord(_ group: String, token: String, isSent: Bool) async throws(TransportError) {
        let time = now()
        // Sent or failed: what comes after this is late.
        try await access.write("close chord") { database in
            try database.run(ChordTables.close, [time, group, token])
            if database.changesCount == 1 { try database.run(ChordTables.deleteParts, [group]) }
        }
    }
}

private enum CountedChord: Sendable {
    case waiting
    case late
    case complete([StoredPart])
}

private struct StoredPart: Sendable {
    let task: String
    let index: Int?
    let state: String
    /// JSON.
    let result: String
}
