public import CeleriacBroker
public import CeleriacCore
import GRDB

extension SQLiteResults: GroupInspection {
    public func groups(of ids: [TaskID]) async throws(TransportError) -> [TaskID: String?] {
        try await access.read("look up groups") { database in
            guard try database.tableExists("celeriac_kin") else { return [:] }
            var groups: [TaskID: String?] = [:]
            for some in ids.inSteps {
                for row in try database.rows(ResultTables.groups(count: some.count), StatementArguments(some.map(\.rawValue))) {
                    groups.updateValue(row[1], forKey: TaskID(row[0] as String))
                }
            }
            return groups
        }
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
