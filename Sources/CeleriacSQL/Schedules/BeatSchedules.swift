import CeleriacBroker
import CeleriacCore
import GRDB
import OrderedCollections

/// Entries in the tables of django-celery-beat or sqlalchemy-celery-beat, as they are: beat and Django's admin see each edit, since `last_update` is raised.
struct BeatSchedules: ScheduleLayout {
    let sql: BeatTables
    let tables = TableSet.none

    var features: ScheduleFeatures { [.interval, .crontab, .solar, .clocked, .zones, .oneOff, .start, .end, .note, .leadership, .lateRecords] }
    var missingHint: String {
        sql.package == .django ? "make the tables with: manage.py migrate django_celery_beat" : "start sqlalchemy-celery-beat once: it makes its tables"
    }

    func entries(_ database: Database) throws -> [StoredEntry] { try database.rows(sql.tasks).compactMap(BeatRow.stored) }

    func entry(_ name: String, _ database: Database) throws -> StoredEntry? { try database.rows(sql.oneTask, [name]).first.flatMap(BeatRow.stored) }

    func insert(_ entry: ScheduleEntry, now: Double, _ database: Database) throws {
        let columns = try BeatColumns(entry, sql)
        var written = columns.task
        for (name, value) in try reference(columns, database) { written[name] = value }
        written["last_run_at"] = entry.lastRun.map(time) ?? .null
        written["total_run_count"] = .integer(entry.runs)
        written["date_changed"] = time(now)
        try database.run(sql.insert(Array(written.keys)), arguments(written.values))
        try raiseLastUpdate(now: now, database)
    }

    func update(_ current: StoredEntry, read: ScheduleEntry, to entry: ScheduleEntry, now: Double, _ database: Database) throws {
        let columns = try BeatColumns(entry, sql)
        // Of a broken row nothing is known to be as it was read.
        let before = current.problem == nil ? try? BeatColumns(read, sql) : nil
        var written = columns.task.filter { before?.task[$0.key] != $0.value }
        if before?.sort != columns.sort || before?.schedule != columns.schedule {
            for (name, value) in try reference(columns, database) { written[name] = value }
        }
        if !entry.hasRunAs(read) {
            written["last_run_at"] = entry.lastRun.map(time) ?? .null
            written["total_run_count"] = .integer(entry.runs)
        } else if sql.package == .django, read.isEnabled, !entry.isEnabled {
            // As Django's model does, lest it is overdue when it is enabled again.
            written["last_run_at"] = .null
        }
        written["date_changed"] = time(now)
        try database.run(sql.update(Array(written.keys)), arguments(written.values) + [current.entry.name])
        try raiseLastUpdate(now: now, database)
    }

    func delete(_ name: String, now: Double, _ database: Database) throws {
        try database.run(sql.delete, [name])
        try raiseLastUpdate(now: now, database)
    }

    func record(_ run: RecordedRun, now: Double, _ database: Database) throws {
        var written: OrderedDictionary<String, BeatColumn> = [
            "last_run_at": time(run.lastRun), "total_run_count": .integer(max(0, run.runs)), "date_changed": time(now),
        ]
        if run.disables { written["enabled"] = .integer(0) }
        try database.run(sql.update(Array(written.keys)), arguments(written.values) + [run.name])
        if run.disables { try raiseLastUpdate(now: now, database) }
    }

    func mark(_ database: Database) throws -> String { try database.rows(sql.mark).first.map { Array($0.databaseValues).fingerprint } ?? "" }

    /// What beats of these packages look at too.
    func editMark(_ database: Database) throws -> String { try database.rows(sql.editMark).first.map { Array($0.databaseValues).fingerprint } ?? "" }

    // MARK: - Parts

    /// Finds the row of the schedule, or makes it.
    private func reference(_ columns: BeatColumns, _ database: Database) throws -> [(name: String, value: BeatColumn)] {
        let names = Array(columns.schedule.keys), values = arguments(columns.schedule.values)
        let id =
            try database.first(Int64.self, sql.schedule(columns.sort, names), values)
            ?? database.first(Int64.self, sql.insertSchedule(columns.sort, names), values)
        guard let id else { throw DatabaseError(resultCode: .SQLITE_INTERNAL, message: "an inserted row has no number") }
        return sql.reference(columns.sort, id: id)
    }

    /// Beat reloads when it is later than it was; never mind the clocks of others.
    private func raiseLastUpdate(now: Double, _ database: Database) throws {
        let before = try database.rows(sql.lastUpdate).first.flatMap { Array($0.databaseValues).first?.time }
        let next = before.map { max(now, $0 + 1e-6) } ?? now
        try database.run(sql.raiseLastUpdate, [sql.text(next) ?? sql.text(now)])
    }

    private func time(_ seconds: Double) -> BeatColumn { sql.text(seconds).map { .text($0) } ?? .null }

    private func arguments(_ values: some Sequence<BeatColumn>) -> StatementArguments {
        StatementArguments(
            values.map { value -> (any DatabaseValueConvertible)? in
                switch value {
                case .null: nil
                case .integer(let number): number
                case .number(let number): number
                case .text(let text): text
                }
            })
    }
}
