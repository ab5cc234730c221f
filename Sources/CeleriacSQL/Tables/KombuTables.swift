import CeleriacCore

/// kombu's tables as SQLAlchemy makes them for SQLite (kombu.transport.sqlalchemy.models, 5.7), so that Python shares the queues, and what is done with them.
enum KombuTables {
    static let statements = [
        """
        CREATE TABLE IF NOT EXISTS kombu_queue (
        \tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        \tname VARCHAR(200),
        \tUNIQUE (name)
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS kombu_message (
        \tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        \tvisible BOOLEAN,
        \ttimestamp DATETIME,
        \tpayload TEXT NOT NULL,
        \tversion SMALLINT NOT NULL,
        \tqueue_id INTEGER,
        \tCONSTRAINT "FK_kombu_message_queue" FOREIGN KEY(queue_id) REFERENCES kombu_queue (id)
        )
        """,
        "CREATE INDEX IF NOT EXISTS ix_kombu_message_timestamp ON kombu_message (timestamp)",
        "CREATE INDEX IF NOT EXISTS ix_kombu_message_timestamp_id ON kombu_message (timestamp, id)",
        "CREATE INDEX IF NOT EXISTS ix_kombu_message_visible ON kombu_message (visible)",
        // Ours: Python leaves what it has done as invisible rows for ever, which must not be walked through.
        "CREATE INDEX IF NOT EXISTS celeriac_ready ON kombu_message (queue_id, timestamp, id) WHERE visible = 1",
    ]

    // MARK: - Queues

    static let queueID = "SELECT id FROM kombu_queue WHERE name = ?"
    static let insertQueue = "INSERT INTO kombu_queue (name) VALUES (?)"
    static let queueNames = "SELECT name FROM kombu_queue WHERE name IS NOT NULL ORDER BY name"
    static let deleteQueue = "DELETE FROM kombu_queue WHERE id = ?"

    // MARK: - Messages

    // SQLite keeps any value in any column: what is not asked for as a text might be none.

    /// Timestamp, payload, queue id.
    static let insertMessage = "INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) VALUES (1, ?, ?, 1, ?)"
    /// Queue id → a row when a message waits.
    static let anyWaiting = "SELECT 1 FROM kombu_message WHERE queue_id = ? AND visible = 1 LIMIT 1"
    /// Queue id, limit → id, timestamp, in the order of claims: what our index holds, so that no row is read.
    static let waiting = "SELECT id, CAST(timestamp AS TEXT) FROM kombu_message WHERE queue_id = ? AND visible = 1 ORDER BY timestamp, id LIMIT ?"
    static let payload = "SELECT CAST(payload AS TEXT) FROM kombu_message WHERE id = ?"
    /// Id → version, payload; nothing when it is hidden already. kombu also writes the time, for nobody to read; ours stands in the claim, and the column goes
    /// on telling the priority.
    static let hide = "UPDATE kombu_message SET visible = 0, version = version + 1 WHERE id = ? AND visible = 1 RETURNING version, CAST(payload AS TEXT)"
    /// Payload, id.
    static let show = "UPDATE kombu_message SET visible = 1, payload = ? WHERE id = ?"
    /// Id → payload, timestamp, queue id, queue name.
    static let message = """
        SELECT CAST(m.payload AS TEXT), CAST(m.timestamp AS TEXT), m.queue_id, q.name FROM kombu_message m LEFT JOIN kombu_queue q ON q.id = m.queue_id WHERE m.id = ?
        """
    static let deleteMessage = "DELETE FROM kombu_message WHERE id = ?"
    static let countWaiting = "SELECT count(*) FROM kombu_message WHERE queue_id = ? AND visible = 1"
    static let deleteWaiting = "DELETE FROM kombu_message WHERE queue_id = ? AND visible = 1"
    static let deleteMessages = "DELETE FROM kombu_message WHERE queue_id = ?"

    // MARK: - Priorities

    /// What orders a message before or after others: kombu serves the null of its own messages first, then the earlier times, which nobody else looks at. So a
    /// time just after 1970 makes Python serve our less urgent messages later too, 0 being the most urgent as on Redis.
    static func timestamp(priority: Int) -> String? {
        let priority = PrioritySteps.clamped(priority)
        return priority == 0 ? nil : "1970-01-01 00:00:0\(priority).000000"
    }

    /// Those that say a priority.
    static let priorityTimestamps = Set((1...9).compactMap { timestamp(priority: $0) })

    // MARK: - Looking

    /// → queue name, number of waiting messages; queues without any are left out.
    static let waitingCounts = """
        SELECT q.name, c.number FROM (SELECT queue_id, count(*) AS number FROM kombu_message INDEXED BY celeriac_ready WHERE visible = 1 GROUP BY queue_id) c
        JOIN kombu_queue q ON q.id = c.queue_id
        """
    /// The same where our index is missing.
    static let plainWaitingCounts = """
        SELECT q.name, count(*) FROM kombu_message m JOIN kombu_queue q ON q.id = m.queue_id WHERE m.visible = 1 GROUP BY m.queue_id
        """
    /// Queue name → id, payload of the message served next.
    static let oldest = """
        SELECT m.id, CAST(m.payload AS TEXT) FROM kombu_message m JOIN kombu_queue q ON q.id = m.queue_id
        WHERE q.name = ? AND m.visible = 1 ORDER BY m.timestamp, m.id LIMIT 1
        """
    /// → the highest id ever given to a message.
    static let lastMessage = "SELECT seq FROM sqlite_sequence WHERE name = 'kombu_message'"
    /// Id → queue name, number of messages that came after it and are still there.
    static let present = """
        SELECT q.name, count(*) FROM kombu_message m JOIN kombu_queue q ON q.id = m.queue_id WHERE m.id > ? GROUP BY m.queue_id
        """
    /// Queue id, limit, offset → id, timestamp, payload as a blob, the one served next first.
    static let page = "\(waitingRows) ORDER BY timestamp, id LIMIT ? OFFSET ?"
    /// Text → queue name, id, timestamp, payload of the waiting messages that hold it.
    static let waitingWith = """
        SELECT q.name, m.id, CAST(m.timestamp AS TEXT), CAST(m.payload AS TEXT) FROM kombu_message m JOIN kombu_queue q ON q.id = m.queue_id
        WHERE m.visible = 1 AND instr(m.payload, ?) > 0
        """
    /// Queue name, timestamp twice, id → number of waiting messages served before that one.
    static let position = """
        SELECT count(*) FROM kombu_message m JOIN kombu_queue q ON q.id = m.queue_id
        WHERE q.name = ? AND m.visible = 1 AND (coalesce(m.timestamp, '') < coalesce(?, '') OR (coalesce(m.timestamp, '') = coalesce(?, '') AND m.id < ?))
        """

    // MARK: - Editing

    private static let waitingRows = "SELECT id, timestamp, CAST(payload AS BLOB) FROM kombu_message WHERE queue_id = ? AND visible = 1"
    /// Queue id, limit → id, timestamp, payload as a blob, the one served next first.
    static let front = "\(waitingRows) ORDER BY timestamp, id LIMIT ?"
    /// Needle or null, queue id, highest id, limit → id, timestamp, payload as a blob, null without the needle.
    private static let walked = """
        SELECT id, timestamp, CASE WHEN ?1 IS NULL OR instr(CAST(payload AS BLOB), ?1) > 0 THEN CAST(payload AS BLOB) END FROM kombu_message
        WHERE queue_id = ?2 AND visible = 1 AND id <= ?3
        """
    /// Those after timestamp and id with the same timestamp; with a later one; with any.
    static let walkAlike = "\(walked) AND timestamp IS ?5 AND id > ?6 ORDER BY timestamp, id LIMIT ?4"
    static let walkLater = "\(walked) AND timestamp > ?5 ORDER BY timestamp, id LIMIT ?4"
    static let walkTimed = "\(walked) AND timestamp IS NOT NULL ORDER BY timestamp, id LIMIT ?4"
    static let firstMessage = "SELECT min(id) FROM kombu_message"
    static let highestMessage = "SELECT max(id) FROM kombu_message"
    /// Timestamp, whether it is a text, payload as a blob (empty ones come as null), queue id.
    static let insertBytes = """
        INSERT INTO kombu_message (visible, timestamp, payload, version, queue_id) VALUES (1, ?1, CASE WHEN ?2 THEN CAST(coalesce(?3, X'') AS TEXT) ELSE ?3 END, 1, ?4)
        """
    /// Id, timestamp, whether it is a text, payload as a blob, version, queue id. Nothing when the id is taken.
    static let insertRow = """
        INSERT OR IGNORE INTO kombu_message (id, visible, timestamp, payload, version, queue_id)
        VALUES (?1, 1, ?2, CASE WHEN ?3 THEN CAST(coalesce(?4, X'') AS TEXT) ELSE ?4 END, ?5, ?6)
        """
    /// Id, queue id, payload as a blob.
    static let deleteUnchanged = "DELETE FROM kombu_message WHERE id = ? AND queue_id = ? AND visible = 1 AND CAST(payload AS BLOB) = coalesce(?, X'')"
    /// Whether it is a text, new payload as a blob, id, queue id, old payload as a blob.
    static let updateUnchanged = """
        UPDATE kombu_message SET payload = CASE WHEN ?1 THEN CAST(coalesce(?2, X'') AS TEXT) ELSE ?2 END, version = version + 1
        WHERE id = ?3 AND queue_id = ?4 AND visible = 1 AND CAST(payload AS BLOB) = coalesce(?5, X'')
        """
}
