/// Our tables in which workers of one file count the finished members of a chord's header.
enum ChordTables {
    static let statements = [
        """
        CREATE TABLE IF NOT EXISTS celeriac_chord (
        \tgroup_id TEXT NOT NULL PRIMARY KEY,
        \tsize INTEGER,
        \textra INTEGER NOT NULL DEFAULT 0,
        \ttoken TEXT,
        \tclaimed_until REAL,
        \tis_done INTEGER NOT NULL DEFAULT 0,
        \ttouched_at REAL NOT NULL,
        \tcounted INTEGER NOT NULL DEFAULT 0
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS celeriac_chord_part (
        \tid INTEGER NOT NULL PRIMARY KEY,
        \tgroup_id TEXT NOT NULL,
        \ttask_id TEXT NOT NULL,
        \tposition INTEGER,
        \tstate TEXT NOT NULL,
        \tresult TEXT NOT NULL,
        \tUNIQUE (group_id, task_id)
        )
        """,
    ]

    /// How many parts there are, which was counted anew for each part before.
    static let additions = [
        TableSet.Addition(
            table: "celeriac_chord", column: "counted", type: "INTEGER NOT NULL DEFAULT 0",
            filling: "UPDATE celeriac_chord SET counted = (SELECT count(*) FROM celeriac_chord_part p WHERE p.group_id = celeriac_chord.group_id)")
    ]

    /// Group id, size, seconds since 1970.
    static let open = """
        INSERT INTO celeriac_chord (group_id, size, touched_at) VALUES (?, ?, ?)
        ON CONFLICT (group_id) DO UPDATE SET size = excluded.size, token = NULL, claimed_until = NULL, is_done = 0, touched_at = excluded.touched_at
        """
    /// Group id, number, seconds since 1970.
    static let extend = """
        INSERT INTO celeriac_chord (group_id, extra, touched_at) VALUES (?, ?, ?)
        ON CONFLICT (group_id) DO UPDATE SET extra = extra + excluded.extra, touched_at = excluded.touched_at
        """
    /// Group id, seconds since 1970.
    static let touch = """
        INSERT INTO celeriac_chord (group_id, touched_at) VALUES (?, ?) ON CONFLICT (group_id) DO UPDATE SET touched_at = excluded.touched_at
        """
    /// Group id → size (null before the chord is opened), extra, token, claimed until, whether it is done.
    static let chord = "SELECT size, extra, token, claimed_until, is_done FROM celeriac_chord WHERE group_id = ?"
    /// Group id, task id, position, state, result. A member that was counted is not counted again: then nothing changes.
    static let part = "INSERT OR IGNORE INTO celeriac_chord_part (group_id, task_id, position, state, result) VALUES (?, ?, ?, ?, ?)"
    /// Group id, after each new part.
    static let countPart = "UPDATE celeriac_chord SET counted = counted + 1 WHERE group_id = ?"
    /// Group id → number of parts.
    static let counted = "SELECT counted FROM celeriac_chord WHERE group_id = ?"
    /// Group id → task id, position, state, result, in header order.
    static let parts = """
        SELECT task_id, position, state, result FROM celeriac_chord_part WHERE group_id = ? ORDER BY position IS NULL, position, id
        """
    static let members = "SELECT task_id FROM celeriac_chord_part WHERE group_id = ? ORDER BY position IS NULL, position, id"
    /// Token, seconds since 1970, group id.
    static let claim = "UPDATE celeriac_chord SET token = ?, claimed_until = ? WHERE group_id = ?"
    /// Seconds since 1970, group id, token. The parts go with it.
    static let close = "UPDATE celeriac_chord SET is_done = 1, counted = 0, touched_at = ? WHERE group_id = ? AND token = ?"
    static let deleteParts = "DELETE FROM celeriac_chord_part WHERE group_id = ?"
    /// Seconds since 1970.
    static let removeExpired = [
        "DELETE FROM celeriac_chord_part WHERE group_id IN (SELECT group_id FROM celeriac_chord WHERE touched_at < ?)",
        "DELETE FROM celeriac_chord WHERE touched_at < ?",
    ]
}
