import CeleriacCore

/// The tables of Celery's SQLAlchemy result backend (celery.backends.database.models, 5.7), and what is done with them.
enum ResultTables {
    static let statements = [
        """
        CREATE TABLE IF NOT EXISTS celery_taskmeta (
        \tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        \ttask_id VARCHAR(155),
        \tstatus VARCHAR(50),
        \tresult BLOB,
        \tdate_done DATETIME,
        \ttraceback TEXT,
        \tchildren BLOB,
        \tname VARCHAR(155),
        \targs BLOB,
        \tkwargs BLOB,
        \tworker VARCHAR(155),
        \tretries INTEGER,
        \tqueue VARCHAR(155),
        \tstamps BLOB,
        \tUNIQUE (task_id)
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS celery_tasksetmeta (
        \tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        \ttaskset_id VARCHAR(155),
        \tresult BLOB,
        \tdate_done DATETIME,
        \tUNIQUE (taskset_id)
        )
        """,
        "CREATE INDEX IF NOT EXISTS ix_celery_taskmeta_date_done ON celery_taskmeta (date_done)",
        "CREATE INDEX IF NOT EXISTS ix_celery_tasksetmeta_date_done ON celery_tasksetmeta (date_done)",
        // Ours: what a record says of its group and parent, for which Celery's table has no columns.
        """
        CREATE TABLE IF NOT EXISTS celeriac_kin (
        \ttask_id TEXT NOT NULL PRIMARY KEY,
        \tgroup_id TEXT,
        \tparent_id TEXT
        ) WITHOUT ROWID
        """,
    ]

    /// What Celery before 5.7, or 4, did not write.
    static let additions = [
        ("children", "BLOB"), ("name", "VARCHAR(155)"), ("args", "BLOB"), ("kwargs", "BLOB"), ("worker", "VARCHAR(155)"), ("retries", "INTEGER"),
        ("queue", "VARCHAR(155)"), ("stamps", "BLOB"),
    ].map { TableSet.Addition(table: "celery_taskmeta", column: $0.0, type: $0.1) }

    /// Task id, status, result, date done, traceback, children, name, args, kwargs, worker, retries, queue. A stored SUCCESS stays as it is.
    static let store = """
        INSERT INTO celery_taskmeta (task_id, status, result, date_done, traceback, children, name, args, kwargs, worker, retries, queue)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, result = excluded.result, date_done = excluded.date_done, traceback = excluded.traceback,
            children = excluded.children, name = excluded.name, args = excluded.args, kwargs = excluded.kwargs, worker = excluded.worker,
            retries = excluded.retries, queue = excluded.queue
        WHERE celery_taskmeta.status IS NOT 'SUCCESS'
        """

    /// Task id, group id, parent id.
    static let storeKin = "INSERT OR REPLACE INTO celeriac_kin (task_id, group_id, parent_id) VALUES (?, ?, ?)"

    /// Task ids as `list` has them → their rows, columns as `store` has them, then group id and parent id.
    /// - Parameter hasKin: whether our table is there; where only Python has been it is not.
    static func records(hasKin: Bool) -> String {
        """
        SELECT t.task_id, t.status, t.result, t.date_done, t.traceback, t.children, t.name, t.args, t.kwargs, t.worker, t.retries, t.queue,
            \(hasKin ? "k.group_id, k.parent_id" : "NULL, NULL")
        FROM celery_taskmeta t \(hasKin ? kin : "") WHERE t.task_id IN (\(listed))
        """
    }

    /// Task ids as `list` has them → task id, status, date done, worker, exception (the result, in the states that have one), group id.
    static func outcomes(hasKin: Bool) -> String {
        """
        SELECT t.task_id, t.status, t.date_done, t.worker, CASE WHEN t.status IN ('RETRY', 'FAILURE', 'REVOKED') THEN t.result END, \(hasKin ? "k.group_id" : "NULL")
        FROM celery_taskmeta t \(hasKin ? kin : "") WHERE t.task_id IN (\(listed))
        """
    }

    /// Any number of task ids as one argument, a JSON array: the statement is the same however many there are, and prepared once.
    static func list(_ ids: [TaskID]) -> String { String(decoding: JSON.encode(.array(ids.map { .string($0.rawValue) })), as: UTF8.self) }

    private static let listed = "SELECT value FROM json_each(?)"
    private static let kin = "LEFT JOIN celeriac_kin k ON k.task_id = t.task_id"

    /// Task id each.
    static let forget = ["DELETE FROM celery_taskmeta WHERE task_id = ?", "DELETE FROM celeriac_kin WHERE task_id = ?"]
    /// Date and time.
    static let removeExpired = ["DELETE FROM celery_taskmeta WHERE date_done < ?", "DELETE FROM celery_tasksetmeta WHERE date_done < ?"]
    static let removeOrphans = "DELETE FROM celeriac_kin WHERE task_id NOT IN (SELECT task_id FROM celery_taskmeta WHERE task_id IS NOT NULL)"

    /// Group id, result, date done.
    static let saveGroup = """
        INSERT INTO celery_tasksetmeta (taskset_id, result, date_done) VALUES (?, ?, ?)
        ON CONFLICT (taskset_id) DO UPDATE SET result = excluded.result, date_done = excluded.date_done
        """
    static let group = "SELECT result FROM celery_tasksetmeta WHERE taskset_id = ?"
    static let forgetGroup = "DELETE FROM celery_tasksetmeta WHERE taskset_id = ?"
}
