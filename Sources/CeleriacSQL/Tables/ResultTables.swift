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

    /// `count` task ids → their rows, columns as `store` has them.
    static func records(count: Int) -> String {
        """
        SELECT task_id, status, result, date_done, traceback, children, name, args, kwargs, worker, retries, queue FROM celery_taskmeta
        WHERE task_id IN (\(Array(repeating: "?", count: count).joined(separator: ", ")))
        """
    }

    static let forget = "DELETE FROM celery_taskmeta WHERE task_id = ?"
    /// Date and time.
    static let removeExpired = ["DELETE FROM celery_taskmeta WHERE date_done < ?", "DELETE FROM celery_tasksetmeta WHERE date_done < ?"]

    /// Group id, result, date done.
    static let saveGroup = """
        INSERT INTO celery_tasksetmeta (taskset_id, result, date_done) VALUES (?, ?, ?)
        ON CONFLICT (taskset_id) DO UPDATE SET result = excluded.result, date_done = excluded.date_done
        """
    static let group = "SELECT result FROM celery_tasksetmeta WHERE taskset_id = ?"
    static let forgetGroup = "DELETE FROM celery_tasksetmeta WHERE taskset_id = ?"
}
