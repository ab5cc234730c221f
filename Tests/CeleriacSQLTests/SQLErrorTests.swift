import CeleriacBroker
import GRDB
import Testing

@testable import CeleriacSQL

@Suite struct SQLErrorTests {
    @Test func refusalsAreInSQLitesWords() throws {
        let database = try DatabaseQueue()
        let error = #expect(throws: DatabaseError.self) { try database.write { try $0.execute(sql: "DELETE FROM nowhere") } }
        #expect(TransportError(try #require(error), operation: "purge", endpoint: "sqlite:///x").cause == "no such table: nowhere")
    }
}
