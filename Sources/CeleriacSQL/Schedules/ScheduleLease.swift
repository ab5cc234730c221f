import CeleriacBroker
import CeleriacCore
import GRDB

/// Who leads, in a table of our own beside whatever keeps the entries.
enum ScheduleLease {
    private static let create = "CREATE TABLE IF NOT EXISTS celeriac_schedule_lease (id INTEGER NOT NULL PRIMARY KEY, owner TEXT NOT NULL, held_until REAL NOT NULL)"
    /// → owner, seconds since 1970.
    private static let holder = "SELECT owner, held_until FROM celeriac_schedule_lease WHERE id = 1"
    /// Owner, seconds since 1970.
    private static let hold = """
        INSERT INTO celeriac_schedule_lease (id, owner, held_until) VALUES (1, ?, ?)
        ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, held_until = excluded.held_until
        """
    /// Owner.
    private static let release = "DELETE FROM celeriac_schedule_lease WHERE id = 1 AND owner = ?"

    static func take(_ owner: String, until end: Double, now: Double, _ database: Database) throws -> Leadership {
        try database.execute(sql: create)
        if let leader = try leader(now: now, database), leader.owner != owner { return .following(leader.remaining ?? 0) }
        try database.run(hold, [owner, end])
        return .leading
    }

    static func release(_ owner: String, _ database: Database) throws {
        guard try database.tableExists("celeriac_schedule_lease") else { return }
        try database.run(release, [owner])
    }

    static func leader(now: Double, _ database: Database) throws -> ScheduleLeader? {
        guard try database.tableExists("celeriac_schedule_lease"), let row = try database.rows(holder).first else { return nil }
        let values = Array(row.databaseValues)
        guard let owner = values[0].text, let end = values[1].number, end > now else { return nil }
        return ScheduleLeader(owner: owner, remaining: end - now)
    }
}
