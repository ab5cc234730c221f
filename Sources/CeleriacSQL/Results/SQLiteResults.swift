public import CeleriacBroker
public import CeleriacCore
import Foundation
import GRDB

/// Results in one SQLite file, in the tables of Celery's SQLAlchemy backend (`db+sqlite:///…`, 5.7), JSON serializer.
///
/// What Celery's tables have no column for is not kept: `parent` and `group` of a record. Nothing expires by itself: see `removeExpired`. Chords are counted in
/// a table of our own, by the workers of this library alone.
public final class SQLiteResults: ResultStore {
    public let countsChords = true
    let access: FileAccess
    private let watch: ResultWatch
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    public var endpoint: String { access.endpoint }

    /// Opens the file that `url` names; makes it, and its tables, when missing. Blocks the thread for a moment.
    /// - Parameter url: `db+sqlite:///relative.db`, `db+sqlite:////absolute.db`, with `db+` or not.
    public convenience init(_ url: BrokerURL) throws(TransportError) {
        try self.init(url, now: secondsSince1970)
    }

    init(_ url: BrokerURL, now: @escaping @Sendable () -> Double) throws(TransportError) {
        access = try FileAccess(url, .results, creates: true)
        watch = ResultWatch(access)
        self.now = now
        try access.open()
    }

    public func close() async {
        access.close()
        watch.close()
    }

    // MARK: - Records

    /// - Parameter lifetime: of no use here.
    public func store(_ records: [ResultRecord], lifetime: Duration?) async throws(TransportError) {
        guard !records.isEmpty else { return }
        let rows = records.map(ResultRow.init)
        try await access.write("store", .results) { database in
            for row in rows { try database.run(ResultTables.store, StatementArguments(row.arguments)) }
        }
    }

    public func record(of id: TaskID) async throws(TransportError) -> ResultRecord? {
        try await records(of: [id])[id]
    }

    public func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: ResultRecord] {
        var found: [TaskID: ResultRecord] = [:]
        for (id, record) in try await access.records(of: ids) {
            do throws(MessageError) { found[id] = try record.get() } catch { throw access.unreadable(error) }
        }
        return found
    }

    public func updates(of ids: [TaskID]) -> AsyncThrowingStream<ResultRecord, any Error> { watch.updates(of: ids) }

    public func forget(_ ids: [TaskID]) async throws(TransportError) {
        guard !ids.isEmpty else { return }
        try await access.write("forget") { database in
            for id in ids { try database.run(ResultTables.forget, [id.rawValue]) }
        }
    }

    // MARK: - Groups

    /// - Parameter lifetime: of no use here.
    public func saveGroup(_ id: String, members: Value, lifetime: Duration?) async throws(TransportError) {
        let (payload, date) = (ResultRow.payload(members), SQLTime.text(now()))
        try await access.write("save group", .results) { try $0.run(ResultTables.saveGroup, [id, payload, date]) }
    }

    public func group(_ id: String) async throws(TransportError) -> Value? {
        let payload = try await access.read("group") { try $0.first(Data.self, ResultTables.group, [id]) }
        do throws(MessageError) { return try ResultRecord.decoded(payload, part: "group") } catch { throw access.unreadable(error) }
    }

    public func forgetGroup(_ id: String) async throws(TransportError) {
        try await access.write("forget group") { try $0.run(ResultTables.forgetGroup, [id]) }
    }

    // MARK: - Expiry

    @discardableResult
    public func removeExpired(before date: Double) async throws(TransportError) -> Int {
        guard let time = SQLTime.text(date) else { return 0 }
        return try await access.write("remove expired") { database in
            var removed = 0
            for statement in ResultTables.removeExpired {
                try database.run(statement, [time])
                removed += database.changesCount
            }
            for statement in ChordTables.removeExpired { try database.run(statement, [date]) }
            return removed
        }
    }
}

extension FileAccess {
    /// Ids in one statement: SQLite takes 999 arguments, in old versions too.
    private static let step = 500

    /// What is stored of `ids`, each readable or not.
    func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: Result<ResultRecord, MessageError>] {
        try await read("look up") { database in
            var found: [TaskID: Result<ResultRecord, MessageError>] = [:]
            for start in stride(from: 0, to: ids.count, by: Self.step) {
                let some = ids[start..<min(start + Self.step, ids.count)]
                let sql = ResultTables.records(count: some.count)
                for row in try database.rows(sql, StatementArguments(some.map(\.rawValue))) {
                    found[TaskID(row[0] as String? ?? "")] = Result { () throws(MessageError) in try ResultRecord(row) }
                }
            }
            return found
        }
    }

    func unreadable(_ error: MessageError) -> TransportError {
        TransportError(.garbled, operation: "look up", endpoint: endpoint, cause: error.description)
    }
}
