import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB

/// A result record as its columns have it.
struct ResultRow: Sendable {
    let arguments: [(any DatabaseValueConvertible & Sendable)?]
    /// Of our own table; `nil` when there is nothing to say.
    let kin: (task: String, group: String?, parent: String?)?

    init(_ record: ResultRecord) {
        // Empty ones are null in the column.
        let hasChildren = !record.children.isNull && record.children.array?.isEmpty != true
        arguments = [
            record.id.rawValue, record.state.rawValue, Self.payload(record.result), record.doneAt.flatMap { SQLTime.text($0) }, record.traceback,
            hasChildren ? Self.payload(record.children) : nil, record.name, record.args.map { Self.payload($0) }, record.kwargs.map { Self.payload($0) },
            record.worker?.rawValue, record.retries, record.queue?.rawValue,
        ]
        kin = record.group == nil && record.parent == nil ? nil : (record.id.rawValue, record.group, record.parent?.rawValue)
    }

    /// What the JSON serializer makes of a value, in a binary column.
    static func payload(_ value: Value) -> Data { Data(JSON.encode(value)) }
}

extension ResultRecord {
    /// - Throws: `MessageError`, of kind `unreadableContent` for what is compressed or by another serializer than JSON.
    init(_ row: Row) throws(MessageError) {
        self.init(id: TaskID(row[0] as String? ?? ""), state: (row[1] as String?).map { TaskState(rawValue: $0) } ?? .pending)
        result = try Self.decoded(row[2], part: "result") ?? .null
        dateDone = (row[3] as String?).flatMap(SQLTime.isoText)
        traceback = row[4]
        children = try Self.decoded(row[5], part: "children") ?? []
        name = row[6]
        args = try Self.decoded(row[7], part: "arguments")
        kwargs = try Self.decoded(row[8], part: "arguments")
        worker = (row[9] as String?).map { WorkerName($0) }
        retries = row[10]
        queue = (row[11] as String?).map { QueueName($0) }
        group = row[12]
        parent = (row[13] as String?).map { TaskID($0) }
    }

    /// The value of a payload column; `nil` when it is null.
    static func decoded(_ payload: Data?, part: String) throws(MessageError) -> Value? {
        guard let payload else { return nil }
        let bytes = Array(payload)
        do throws(JSONError) { return try JSON.decode(bytes) } catch {
            // Reading it as a whole record fails too, but says what it looks like.
            _ = try ResultRecord(decoding: bytes)
            throw MessageError(.notJSON(error), part: part, cause: error.description)
        }
    }
}

/// Times as SQLAlchemy keeps them in SQLite: UTC without saying so, microseconds always, `2026-11-22 12:38:02.470464`.
enum SQLTime {
    /// - Parameter seconds: since 1970.
    /// - Returns: `nil` outside the years 1…9999.
    static func text(_ seconds: Double) -> String? {
        guard let iso = ISOTime.text(seconds) else { return nil }
        let time = iso.dropLast("+00:00".count).replacing("T", with: " ")
        return time.contains(".") ? String(time) : time + ".000000"
    }

    /// As key-value backends write it, with the offset.
    static func isoText(_ text: String) -> String? {
        text.isEmpty ? nil : text.replacing(" ", with: "T") + "+00:00"
    }
}
