public import CeleriacBroker
public import CeleriacCore
import Foundation
import GRDB

/// Results in one SQLite file, in the tables of Celery's SQLAlchemy backend (`db+sqlite:///…`, 5.7), JSON serializer.
///
/// What those have no column for, parent and group of a record, is in a table of our own, which Python does not fill; so is the counting of chords, by the
/// workers of this library alone. Nothing expires by itself: see `removeExpired`.
public final class SQLiteResults: ResultStore {
    public let countsChords = true
    let access: FileAccess
    private let watch: ResultWatch
    /// Seconds since 1970.
    let now: @Sendable () -> Double

    public var endpoint: String { access.endpoint }

    /// Opens the file that `url` names. Blocks the thread for a moment.
    /// - Parameters:
    ///   - url: `db+sqlite:///relative.db`, `db+sqlite:////absolute.db`, with `db+` or not.
    ///   - creates: makes the file and its tables when missing. Without it nothing is opened before the first call, which fails as long as there is no file.
    public convenience init(_ url: BrokerURL, creates: Bool = true) throws(TransportError) {
        try self.init(url, creates: creates, now: secondsSince1970)
    }

    init(_ url: BrokerURL, creates: Bool = true, now: @escaping @Sendable () -> Double) throws(TransportError) {
        access = try FileAccess(url, .results, creates: creates)
        watch = ResultWatch(access)
        self.now = now
        if creates { try access.open() }
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
            for row in rows {
                try database.run(ResultTables.store, StatementArguments(row.arguments))
                if let kin = row.kin { try database.run(ResultTables.storeKin, [kin.task, kin.group, kin.parent]) }
            }
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
            for id in ids { for statement in ResultTables.forget { try database.run(statement, [id.rawValue]) } }
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
            if removed > 0 { try database.run(ResultTables.removeOrphans) }
            for statement in ChordTables.removeExpired { try database.run(statement, [date]) }
            return removed
        }
    }
}

extension FileAccess {
    /// What is stored of `ids`, each readable or not.
    func records(of ids: [TaskID]) async throws(TransportError) -> [TaskID: Result<ResultRecord, MessageError>] {
        try await read("look up") { database in
            guard try database.tableExists("celery_taskmeta") else { return [:] }
            let hasKin = try database.tableExists("celeriac_kin")
            var found: [TaskID: Result<ResultRecord, MessageError>] = [:]
            for row in try database.rows(ResultTables.records(hasKin: hasKin), [ResultTables.list(ids)]) {
                found[TaskID(row[0] as String? ?? "")] = Result { () throws(MessageError) in try ResultRecord(row) }
            }
            return found
        }
    }

    func unreadable(_ error: MessageError) -> TransportError {
        TransportError(.garbled, operation: "look up", endpoint: endpoint, cause: error.description)
    }
}
