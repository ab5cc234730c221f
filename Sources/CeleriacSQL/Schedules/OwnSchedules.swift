import CeleriacBroker
import CeleriacCore
import GRDB

/// Our own tables of entries.
enum OwnScheduleTables {
    static let statements = [
        """
        CREATE TABLE IF NOT EXISTS celeriac_schedule (
        \tname TEXT NOT NULL PRIMARY KEY,
        \tdefinition TEXT NOT NULL,
        \tlast_run REAL,
        \truns INTEGER NOT NULL,
        \tnext_due REAL
        ) WITHOUT ROWID
        """,
        // How many writes there have been (1), and how many of them were edits (2).
        "CREATE TABLE IF NOT EXISTS celeriac_schedule_change (id INTEGER NOT NULL PRIMARY KEY, number INTEGER NOT NULL)",
    ]

    /// → name, definition, last run and number of runs.
    static let entries = "SELECT name, definition, last_run, runs FROM celeriac_schedule"
    /// Name → the same.
    static let entry = entries + " WHERE name = ?"
    /// Name, definition, last run, number of runs, when it is due again.
    static let insert = "INSERT INTO celeriac_schedule (name, definition, last_run, runs) VALUES (?, ?, ?, ?)"
    /// New name, definition, old name. Beat has to say anew when it is due.
    static let update = "UPDATE celeriac_schedule SET name = ?, definition = ?, next_due = NULL WHERE name = ?"
    /// Last run, number of runs, when it is due again, name.
    static let record = "UPDATE celeriac_schedule SET last_run = ?, runs = ?, next_due = ? WHERE name = ?"
    static let delete = "DELETE FROM celeriac_schedule WHERE name = ?"
    static let ran = "INSERT INTO celeriac_schedule_change (id, number) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET number = number + 1"
    static let edited = "INSERT INTO celeriac_schedule_change (id, number) VALUES (1, 1), (2, 1) ON CONFLICT (id) DO UPDATE SET number = number + 1"
    /// 1 or 2 → what is another after each change, or each edit.
    static let mark = "SELECT number FROM celeriac_schedule_change WHERE id = ?"
}

/// Entries in our own tables: the definition as RedBeat has it, with members of our own.
struct OwnSchedules: ScheduleLayout {
    let features: ScheduleFeatures = [
        .interval, .relativeInterval, .crontab, .solar, .clocked, .recurrence, .zones, .oneOff, .start, .end, .note, .leadership, .anyOption,
    ]
    let tables = TableSet.schedules
    let missingHint = "is it the right file?"

    func entries(_ database: Database) throws -> [StoredEntry] { try database.rows(OwnScheduleTables.entries).compactMap(stored) }

    func entry(_ name: String, _ database: Database) throws -> StoredEntry? { try database.rows(OwnScheduleTables.entry, [name]).first.flatMap(stored) }

    func insert(_ entry: ScheduleEntry, now: Double, _ database: Database) throws {
        try database.run(OwnScheduleTables.insert, [entry.name, try text(entry, over: nil), entry.lastRun, entry.runs])
        try database.run(OwnScheduleTables.edited)
    }

    func update(_ current: StoredEntry, read: ScheduleEntry, to entry: ScheduleEntry, now: Double, _ database: Database) throws {
        let old = try database.rows(OwnScheduleTables.entry, [current.entry.name]).first.flatMap { Array($0.databaseValues)[1].text }
        try database.run(OwnScheduleTables.update, [entry.name, try text(entry, over: old), current.entry.name])
        if !entry.hasRunAs(read) { try database.run(OwnScheduleTables.record, [entry.lastRun, entry.runs, nil, entry.name]) }
        try database.run(OwnScheduleTables.edited)
    }

    func delete(_ name: String, now: Double, _ database: Database) throws {
        try database.run(OwnScheduleTables.delete, [name])
        try database.run(OwnScheduleTables.edited)
    }

    func record(_ run: RecordedRun, now: Double, _ database: Database) throws {
        if run.disables, let current = try entry(run.name, database) {
            var entry = current.entry
            entry.isEnabled = false
            try update(current, read: current.entry, to: entry, now: now, database)
        }
        try database.run(OwnScheduleTables.record, [run.lastRun, run.runs, run.nextDue, run.name])
        try database.run(OwnScheduleTables.ran)
    }

    func mark(_ database: Database) throws -> String { try number(1, database) }
    func editMark(_ database: Database) throws -> String { try number(2, database) }

    private func number(_ id: Int, _ database: Database) throws -> String {
        try database.rows(OwnScheduleTables.mark, [id]).first.map { Array($0.databaseValues).fingerprint } ?? ""
    }

    // MARK: - Rows

    private func stored(_ row: Row) -> StoredEntry? {
        let values = Array(row.databaseValues)
        guard let name = values[0].text else { return nil }
        let definition = values[1].text ?? ""
        var (entry, problem) = ScheduleEntry.read((try? JSON.decode(definition)) ?? .null, name: name, isOurs: true)
        entry.lastRun = values[2].number
        entry.runs = max(0, values[3].integer ?? 0)
        return StoredEntry(entry, version: EntryVersion(definition: definition, runs: values[2...3].map(\.self).fingerprint).text, problem: problem)
    }

    private func text(_ entry: ScheduleEntry, over old: String?) throws -> String {
        guard let definition = entry.definition(over: old.flatMap { try? JSON.decode($0) }, isOurs: true) else {
            throw BeatColumns.Refusal(words: "such a schedule")
        }
        return String(decoding: JSON.encode(definition, asciiOnly: false), as: UTF8.self)
    }
}
