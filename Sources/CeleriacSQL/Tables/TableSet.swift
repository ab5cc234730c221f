import GRDB

/// Tables that belong together and are made together.
struct TableSet: Hashable, Sendable {
    /// Each makes something unless it is there.
    let statements: [String]
    /// Columns that older writers of a table did not have, in SQL.
    let additions: [Addition]

    struct Addition: Hashable, Sendable {
        let table: String
        let column: String
        let type: String
        /// What the column is to hold in rows that are there already, unless null or its default.
        var filling: String?
    }

    static let queues = TableSet(statements: KombuTables.statements + OwnTables.statements, additions: [])
    /// Others made what is there.
    static let none = TableSet(statements: [], additions: [])
    static let schedules = TableSet(statements: OwnScheduleTables.statements, additions: [])
    static let results = TableSet(statements: ResultTables.statements + ChordTables.statements, additions: ResultTables.additions + ChordTables.additions)

    func create(_ database: Database) throws {
        for statement in statements { try database.execute(sql: statement) }
        for addition in additions {
            let columns = try database.columns(in: addition.table).map(\.name)
            if !columns.contains(addition.column) {
                try database.execute(sql: "ALTER TABLE \(addition.table) ADD COLUMN \(addition.column) \(addition.type)")
                if let filling = addition.filling { try database.execute(sql: filling) }
            }
        }
    }
}
