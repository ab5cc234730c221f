public import CeleriacBroker
public import CeleriacCore
import GRDB

extension SQLiteResults: GroupInspection {
    public func outcomes(of ids: [TaskID]) async throws(TransportError) -> [StoredOutcome] {
        try await access.read("look up groups") { database in
            guard try database.tableExists("celery_taskmeta") else { return [] }
            let hasKin = try database.tableExists("celeriac_kin")
            return try database.rows(ResultTables.outcomes(hasKin: hasKin), [ResultTables.list(ids)]).map(Self.outcome)
        }
    }

    /// What cannot be read of it counts as not told.
    private static func outcome(_ row: Row) -> StoredOutcome {
        var record = ResultRecord(id: TaskID(row[0] as String), state: (row[1] as String?).map { TaskState(rawValue: $0) } ?? .pending)
        record.dateDone = (row[2] as String?).flatMap(SQLTime.isoText)
        record.worker = (row[3] as String?).map { WorkerName($0) }
        if let result = try? ResultRecord.decoded(row[4], part: "result") { record.result = result }
        record.group = row[5]
        return StoredOutcome(record)
    }

    public func chords(_ groups: [String]) async throws(TransportError) -> [ChordFacts] {
        try await access.read("look up chords") { database in
            guard try database.tableExists("celeriac_chord") else { return groups.map { ChordFacts(group: $0) } }
            return try groups.map { group in
                guard let chord = try database.rows(ChordTables.chord, [group]).first else { return ChordFacts(group: group) }
                if chord[4] as Bool { return ChordFacts(group: group, claim: .done) }
                let members = try String.fetchAll(database.cachedStatement(sql: ChordTables.members), arguments: [group]).map { TaskID($0) }
                return ChordFacts(
                    group: group, size: (chord[0] as Int?).map { $0 + (chord[1] as Int) }, counted: members.count, members: members,
                    claim: chord[2] as String? == nil ? .none : .taken)
            }
        }
    }
}
