import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB

/// A walk through the rows of one queue, in the order in which they are served, without any lock.
actor SQLiteWalk: QueueWalk {
    nonisolated let total: Int
    nonisolated let isOldestFirst = true
    private let access: FileAccess
    private let permission: Permission
    private let queue: QueueName
    private let needle: [UInt8]
    private let start: Start
    private var position = Position()

    struct Start: Sendable {
        /// `nil`: there is no such queue.
        var queueID: Int64?
        var total = 0
        /// The highest id there was: what comes later is not met.
        var last: Int64 = 0
    }

    /// Of the row that was looked at last.
    private struct Position: Sendable {
        /// Any value: Python's are not all ours.
        var timestamp = DatabaseValue.null
        var id = Int64.min
    }

    /// Bytes that a piece holds at most, unless its first message alone has more.
    private static let pieceBytes = 32 << 20

    init(_ access: FileAccess, _ permission: Permission, _ queue: QueueName, needle: [UInt8]) async throws(TransportError) {
        self.access = access
        self.permission = permission
        self.queue = queue
        self.needle = needle
        start = try await access.read("walk") { database in
            guard let queueID = try database.queueID(queue.rawValue) else { return Start() }
            return Start(
                queueID: queueID, total: try database.first(Int.self, KombuTables.countWaiting, [queueID]) ?? 0,
                last: try database.first(Int64.self, KombuTables.highestMessage) ?? 0)
        }
        total = start.total
    }

    func next(limit: Int) async throws(TransportError) -> WalkPiece? {
        guard limit > 0, let queueID = start.queueID else { return nil }
        let (begin, last, page) = (position, start.last, page(queueID))
        let (piece, end) = try await access.read("walk") { database in
            var piece = WalkPiece(messages: [], passed: 0), position = begin, left = Self.pieceBytes
            // Those of the same order, then those of later ones.
            for isLater in [false, true] where piece.passed < limit && left > 0 {
                let rows = try page.rows(database, after: begin, isLater: isLater, last: last, limit: limit - piece.passed)
                while left > 0, let row = try rows.next() {
                    piece.passed += 1
                    position = Position(timestamp: row[1], id: row[0])
                    guard let message = page.message(row) else { continue }
                    left -= message.bytes.count
                    piece.messages.append(message)
                }
            }
            return (piece, position)
        }
        position = end
        return piece.passed == 0 ? nil : piece
    }

    func front(limit: Int) async throws(TransportError) -> [KeptMessage] {
        guard limit > 0, let queueID = start.queueID else { return [] }
        let page = page(queueID)
        return try await access.read("walk") { database in
            let rows = try Row.fetchCursor(database.cachedStatement(sql: KombuTables.front), arguments: [queueID, limit])
            var messages: [KeptMessage] = [], left = Self.pieceBytes
            while left > 0, let row = try rows.next() {
                guard let message = page.message(row) else { continue }
                left -= message.bytes.count
                messages.append(message)
            }
            return messages
        }
    }

    func remove(_ messages: [KeptMessage], areFront: Bool) async throws(TransportError) -> Set<KeptMessage> {
        try ControlGuard.check("remove", permission, access.endpoint)
        let places = messages.compactMap { message in place(of: message).map { (message, $0) } }
        guard !places.isEmpty else { return [] }
        return try await access.write("remove") { database in
            var removed: Set<KeptMessage> = []
            for (message, place) in places where try database.remove(message, place) { removed.insert(message) }
            return removed
        }
    }

    func replace(_ old: KeptMessage, with new: KeptMessage) async throws(TransportError) -> Bool {
        try ControlGuard.check("replace", permission, access.endpoint)
        guard let place = place(of: old) else { return false }
        let new = PreparedMessage(new)
        return try await access.write("replace", .messages) { try $0.replace(old, place, with: new) }
    }

    /// It holds nothing.
    func close() async {}

    private func page(_ queueID: Int64) -> RowPage { RowPage(queue: queue, queueID: queueID, mark: access.file.path.mark, needle: needle.isEmpty ? nil : Data(needle)) }

    private func place(of message: KeptMessage) -> RowPlace? {
        guard message.queue == queue, let place = RowPlace(message.place), place.mark == access.file.path.mark, place.queueID == start.queueID else { return nil }
        return place
    }

    /// Reads rows of one queue.
    private struct RowPage: Sendable {
        let queue: QueueName
        let queueID: Int64
        let mark: String
        let needle: Data?

        func rows(_ database: Database, after position: Position, isLater: Bool, last: Int64, limit: Int) throws -> RowCursor {
            switch (isLater, position.timestamp.isNull) {
            case (false, _): try rows(database, KombuTables.walkAlike, [needle, queueID, last, limit, position.timestamp, position.id])
            case (true, true): try rows(database, KombuTables.walkTimed, [needle, queueID, last, limit])
            case (true, false): try rows(database, KombuTables.walkLater, [needle, queueID, last, limit, position.timestamp])
            }
        }

        private func rows(_ database: Database, _ sql: String, _ arguments: StatementArguments) throws -> RowCursor {
            try Row.fetchCursor(database.cachedStatement(sql: sql), arguments: arguments)
        }

        /// - Parameter row: id, timestamp, payload.
        /// - Returns: `nil` when it has not the needle.
        func message(_ row: Row) -> KeptMessage? { KeptMessage(row, queue, queueID: queueID, mark: mark) }
    }
}

extension KeptMessage {
    /// - Parameter row: id, timestamp, payload as a blob; `nil` without a payload.
    init?(_ row: Row, _ queue: QueueName, queueID: Int64, mark: String) {
        guard let payload = row[2] as Data? else { return nil }
        let timestamp: DatabaseValue = row[1]
        self.init(queue: queue, place: RowPlace(mark: mark, queueID: queueID, id: row[0], timestamp: timestamp.text).text, bytes: Array(payload))
    }
}
