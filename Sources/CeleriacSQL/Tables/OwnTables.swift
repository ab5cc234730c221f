/// Our tables beside kombu's: who holds what, bindings, and what is broadcast.
enum OwnTables {
    static let statements = [
        """
        CREATE TABLE IF NOT EXISTS celeriac_owner (
        \tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        \tname TEXT NOT NULL,
        \tinstance TEXT NOT NULL,
        \theld_until REAL NOT NULL,
        \tUNIQUE (name, instance)
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS celeriac_claim (
        \tmessage_id INTEGER NOT NULL PRIMARY KEY,
        \tversion INTEGER NOT NULL,
        \towner_id INTEGER NOT NULL,
        \tclaimed_at REAL NOT NULL
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS celeriac_binding (
        \texchange TEXT NOT NULL,
        \ttype TEXT NOT NULL,
        \trouting_key TEXT NOT NULL,
        \tqueue TEXT NOT NULL,
        \tPRIMARY KEY (exchange, type, routing_key, queue)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS celeriac_arrivals (
        \tqueue TEXT NOT NULL PRIMARY KEY,
        \tnumber INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE IF NOT EXISTS celeriac_broadcast (
        \tid INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        \texchange TEXT NOT NULL,
        \trouting_key TEXT NOT NULL,
        \tenvelope TEXT NOT NULL,
        \tsent_at REAL NOT NULL
        )
        """,
        """
        CREATE TABLE IF NOT EXISTS celeriac_listener (
        \tid TEXT NOT NULL PRIMARY KEY,
        \texchange TEXT NOT NULL,
        \tlistens_until REAL NOT NULL
        ) WITHOUT ROWID
        """,
    ]

    // MARK: - Owners and claims

    /// Name, instance, seconds since 1970 → id.
    static let hold = """
        INSERT INTO celeriac_owner (name, instance, held_until) VALUES (?, ?, ?)
        ON CONFLICT (name, instance) DO UPDATE SET held_until = excluded.held_until RETURNING id
        """
    /// Seconds since 1970 → ids.
    static let deadOwners = "SELECT id FROM celeriac_owner WHERE held_until < ?"
    static let deleteOwner = "DELETE FROM celeriac_owner WHERE id = ?"
    /// Message id, its version, owner id, seconds since 1970. An older claim on the message has been forgotten by others than us.
    static let claim = "INSERT OR REPLACE INTO celeriac_claim (message_id, version, owner_id, claimed_at) VALUES (?, ?, ?, ?)"
    /// Message id, version.
    static let deleteClaim = "DELETE FROM celeriac_claim WHERE message_id = ? AND version = ?"
    /// Owner id → message ids.
    static let claimsOfOwner = "SELECT message_id FROM celeriac_claim WHERE owner_id = ? ORDER BY message_id"
    static let deleteClaims = "DELETE FROM celeriac_claim WHERE owner_id = ?"
    /// Queue id.
    static let deleteClaimsOfQueue = "DELETE FROM celeriac_claim WHERE message_id IN (SELECT id FROM kombu_message WHERE queue_id = ?)"
    /// Message id: whatever version.
    static let forgetClaim = "DELETE FROM celeriac_claim WHERE message_id = ?"
    /// → the lowest id that is claimed.
    static let firstClaimed = "SELECT min(message_id) FROM celeriac_claim"
    static let countClaims = "SELECT count(*) FROM celeriac_claim"
    /// Limit → message id, version.
    static let heldMessages = "SELECT message_id, version FROM celeriac_claim ORDER BY claimed_at LIMIT ?"
    /// Message id → queue name, payload.
    static let heldMessage = "SELECT q.name, CAST(m.payload AS TEXT) FROM kombu_message m JOIN kombu_queue q ON q.id = m.queue_id WHERE m.id = ?"
    /// Text → queue name, payload of held messages that hold it.
    static let heldWith = """
        SELECT q.name, CAST(m.payload AS TEXT) FROM celeriac_claim c JOIN kombu_message m ON m.id = c.message_id JOIN kombu_queue q ON q.id = m.queue_id
        WHERE instr(m.payload, ?) > 0
        """

    // MARK: - Bindings

    /// Exchange, type, routing key, queue.
    static let bind = "INSERT OR IGNORE INTO celeriac_binding (exchange, type, routing_key, queue) VALUES (?, ?, ?, ?)"
    /// Exchange → type, routing key, queue.
    static let bindings = "SELECT type, routing_key, queue FROM celeriac_binding WHERE exchange = ? ORDER BY queue, routing_key"
    static let unbindQueue = "DELETE FROM celeriac_binding WHERE queue = ?"

    // MARK: - Arrivals

    /// Queue name, number of messages: how many we ever put into it.
    static let countArrivals = """
        INSERT INTO celeriac_arrivals (queue, number) VALUES (?, ?) ON CONFLICT (queue) DO UPDATE SET number = number + excluded.number
        """
    static let arrivals = "SELECT queue, number FROM celeriac_arrivals"
    static let deleteArrivals = "DELETE FROM celeriac_arrivals WHERE queue = ?"

    // MARK: - Broadcasts

    /// Exchange, seconds since 1970 → number of listeners.
    static let countListeners = "SELECT count(*) FROM celeriac_listener WHERE exchange = ? AND listens_until > ?"
    /// Listener, exchange, seconds since 1970.
    static let listen = "INSERT OR REPLACE INTO celeriac_listener (id, exchange, listens_until) VALUES (?, ?, ?)"
    static let stopListening = "DELETE FROM celeriac_listener WHERE id = ?"
    /// Seconds since 1970.
    static let deleteDeafListeners = "DELETE FROM celeriac_listener WHERE listens_until < ?"
    /// Exchange, routing key, envelope, seconds since 1970.
    static let broadcast = "INSERT INTO celeriac_broadcast (exchange, routing_key, envelope, sent_at) VALUES (?, ?, ?, ?)"
    /// → the highest id ever given to a broadcast.
    static let lastBroadcast = "SELECT seq FROM sqlite_sequence WHERE name = 'celeriac_broadcast'"
    static let firstBroadcast = "SELECT min(id) FROM celeriac_broadcast"
    /// Id, exchange, limit → id, routing key, envelope.
    static let broadcasts = "SELECT id, routing_key, envelope FROM celeriac_broadcast WHERE id > ? AND exchange = ? ORDER BY id LIMIT ?"
    /// Seconds since 1970, number to keep at most.
    static let pruneBroadcasts = """
        DELETE FROM celeriac_broadcast WHERE id < max(
            coalesce((SELECT id FROM celeriac_broadcast WHERE sent_at >= ? ORDER BY id LIMIT 1), 9223372036854775807),
            (SELECT coalesce(max(id), 0) FROM celeriac_broadcast) - ?)
        """
}
