import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import CeleriacSQL

@Suite struct SchemaTests {
    /// The statements that made tables and indexes, ours left out; white space counts as one.
    private func schema(of path: String) throws -> Set<String> {
        let statements = try DatabaseQueue(path: path).read { try String.fetchAll($0, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL") }
        return Set(statements.map(normalized).filter { !$0.contains("celeriac_") && !$0.contains("sqlite_sequence") })
    }

    private func normalized(_ sql: String) -> String { sql.split { $0.isWhitespace }.joined(separator: " ") }

    private func vector(_ name: String) throws -> Set<String> {
        let text = try String(contentsOf: vectorsFolder.appendingPathComponent("schemas/\(name)"), encoding: .utf8)
        return Set(text.split(separator: ";").map { normalized(String($0)) }.filter { !$0.isEmpty })
    }

    @Test func queuesAreSQLAlchemys() throws {
        let file = try TemporaryFile()
        let store = try SQLiteStore(file.url)
        #expect(try schema(of: file.path) == vector("kombu-sqla-sqlite.sql"))
        _ = store
    }

    @Test func resultsAreSQLAlchemys() throws {
        let file = try TemporaryFile()
        let results = try SQLiteResults(file.url)
        #expect(try schema(of: file.path) == vector("celery-results-db.plain.sql"))
        _ = results
    }

    @Test func anOldResultTableGetsTheMissingColumns() async throws {
        let file = try TemporaryFile()
        try await DatabaseQueue(path: file.path).write { database in
            try database.execute(
                sql: """
                    CREATE TABLE celery_taskmeta (id INTEGER NOT NULL, task_id VARCHAR(155), status VARCHAR(50), result BLOB, date_done DATETIME,
                        traceback TEXT, PRIMARY KEY (id), UNIQUE (task_id));
                    INSERT INTO celery_taskmeta VALUES (1, 'old', 'SUCCESS', CAST('5' AS BLOB), '2026-01-02 03:04:05.000006', NULL)
                    """)
        }
        let results = try SQLiteResults(file.url)
        let record = try #require(try await results.record(of: "old"))
        #expect(record.result == 5)
        #expect(record.dateDone == "2026-01-02T03:04:05.000006+00:00")
        #expect(record.name == nil)
    }
}
