import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import Testing

@testable import CeleriacSQL

@Suite struct SQLErrorTests {
    @Test func refusalsAreInSQLitesWords() throws {
        let database = try DatabaseQueue()
        let error = #expect(throws: DatabaseError.self) { try database.write { try $0.execute(sql: "DELETE FROM nowhere") } }
        #expect(TransportError(try #require(error), operation: "purge", endpoint: "sqlite:///x").cause == "no such table: nowhere")
    }

    @Test func aMissingFolderIsNamed() throws {
        let error = #expect(throws: TransportError.self) { try SQLiteStore(BrokerURL("sqlite:////nonexistent/folder/queue.db")) }
        #expect(error?.kind == .unreachable)
        #expect(error?.cause == "unable to open database file")
        #expect(error?.hint == "there is no folder /nonexistent/folder")
    }

    @Test func aFileOfAnotherKindIsSaidToBeOne() throws {
        let file = try TemporaryFile()
        let text = String(repeating: "no database, for sure. ", count: 1000)
        try text.write(toFile: file.path, atomically: true, encoding: .utf8)
        let error = #expect(throws: TransportError.self) { try SQLiteStore(file.url) }
        #expect(error?.kind == .garbled)
        #expect(error?.cause == "file is not a database")
        #expect(error?.hint?.contains(file.path) == true)
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == text, "it was not touched")
    }

    @Test func aFolderInPlaceOfAFileIsAnError() throws {
        let file = try TemporaryFile()
        try FileManager.default.createDirectory(atPath: file.path, withIntermediateDirectories: false)
        let error = #expect(throws: TransportError.self) { try SQLiteStore(file.url) }
        #expect(error?.kind == .unreachable)
        #expect(error?.cause == "unable to open database file")
    }

    @Test func aFullDiskIsToldInSQLitesWordsAndNothingIsHalfWritten() async throws {
        let file = try TemporaryFile()
        let store = try SQLiteStore(file.url)
        try await store.publish([message("before")])
        // SQLite's own limit stands for the disk's: the same error at the same place.
        let full = try FileAccess(file.url, .queues, creates: true)
        _ = try await full.file.open(.queues, creates: true).pool.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1") }
        let many = (0..<500).map { message("m\($0)" + String(repeating: "x", count: 200)) }
        let error = await #expect(throws: TransportError.self) { try await store.publish(many) }
        #expect(error?.kind == .refused)
        #expect(error?.cause == "database or disk is full")
        #expect(error?.hint?.contains("free some space") == true)
        #expect(try await store.sizes(of: ["q"]) == ["q": 1])
    }

    @Test func aDashboardThatMayNotActMakesNoFile() async throws {
        let file = try TemporaryFile()
        let broker = try SQLiteBroker(file.url, permission: .readOnly)
        let error = await #expect(throws: TransportError.self) { try await broker.facts(known: [], now: 0) }
        #expect(error?.kind == .unreachable)
        #expect(error?.hint?.contains(file.path) == true)
        #expect(!FileManager.default.fileExists(atPath: file.path))
    }
}
