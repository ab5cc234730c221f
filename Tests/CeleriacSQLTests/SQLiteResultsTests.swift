import CeleriacBroker
import CeleriacCore
import Foundation
import GRDB
import OrderedCollections
import Testing

@testable import CeleriacSQL

@Suite struct SQLiteResultsTests {
    let file: TemporaryFile
    let clock = HandClock()
    let results: SQLiteResults

    init() throws {
        file = try TemporaryFile()
        results = try SQLiteResults(file.url, now: clock.now)
    }

    private func record(_ id: TaskID, _ state: TaskState, _ result: Value = .null, done: String? = nil) -> ResultRecord {
        var record = ResultRecord(id: id, state: state, result: result)
        record.dateDone = done
        return record
    }

    @Test func aFullRecordComesBackAsItWas() async throws {
        var full = record(
            "t1", .failure, ["exc_type": "ValueError", "exc_message": ["no such order"], "exc_module": "builtins"], done: "2026-11-22T12:38:02.470464+00:00")
        full.traceback = "Traceback…"
        full.children = [[["c1", .null], .null]]
        full.name = "shop.fail"
        full.args = [1, "zwölf"]
        full.kwargs = ["k": .null]
        full.worker = "celery@w1"
        full.retries = 2
        full.queue = "celery"
        full.group = "g1"
        full.parent = "p1"
        try await results.store([full], lifetime: nil)
        #expect(try await results.record(of: "t1") == full)
        #expect(try await results.record(of: "t2") == nil)
    }

    @Test func timesAreKeptAsSQLAlchemyKeepsThem() async throws {
        try await results.store([record("a", .success, 1, done: "2026-11-22T13:38:02+01:00"), record("b", .started)], lifetime: nil)
        let dates = try await DatabaseQueue(path: file.path).read {
            try Row.fetchAll($0, sql: "SELECT date_done FROM celery_taskmeta ORDER BY task_id").map { $0[0] as String? }
        }
        #expect(dates == ["2026-11-22 12:38:02.000000", nil])
    }

    @Test func noChildrenAreNullInTheColumnAndNoneInTheRecord() async throws {
        var childless = record("a", .success)
        childless.children = []
        try await results.store([childless, record("b", .success)], lifetime: nil)
        let stored = try await DatabaseQueue(path: file.path).read { try Int.fetchOne($0, sql: "SELECT count(children) FROM celery_taskmeta") }
        #expect(stored == 0)
        #expect(try await results.record(of: "b")?.children == [])
    }

    @Test func aSuccessIsNeverOverwrittenAndEverythingElseIs() async throws {
        try await results.store([record("t1", .started), record("t1", .retry, "again"), record("t1", .success, 1), record("t1", .failure, 2)], lifetime: nil)
        try await results.store([record("t1", .started)], lifetime: nil)
        let stored = try #require(try await results.record(of: "t1"))
        #expect(stored.state == .success)
        #expect(stored.result == 1)
    }

    @Test func manyAreLookedUpAtOnce() async throws {
        let ids = (0..<1200).map { TaskID("t\($0)") }
        try await results.store(ids.enumerated().map { record($0.element, .success, .integer($0.offset)) }, lifetime: nil)
        let found = try await results.records(of: ids + ["other"])
        #expect(found.count == 1200)
        #expect(found["t777"]?.result == 777)
        try await results.forget(Array(ids.dropFirst()))
        #expect(try await results.records(of: ids).count == 1)
    }

    @Test func picklesAreCalledByTheirName() async throws {
        try await DatabaseQueue(path: file.path).write { database in
            try database.execute(sql: "INSERT INTO celery_taskmeta (task_id, status, result) VALUES ('p', 'SUCCESS', x'80044b052e')")
        }
        let results = results
        let error = await #expect(throws: TransportError.self) { try await results.record(of: "p") }
        #expect(error?.kind == .garbled)
        #expect(error?.cause.contains("pickle") == true)
    }

    @Test func groupsAndOutcomesAreToldOfWhatHasARecord() async throws {
        var failed = record("m", .failure, ["exc_type": "ValueError", "exc_message": ["no"], "exc_module": "builtins"], done: "2026-01-01T00:00:00+00:00")
        failed.group = "g"
        failed.worker = "celery@w1"
        try await results.store([failed, record("alone", .success, 1)], lifetime: nil)
        let outcomes = try await results.outcomes(of: ["m", "alone", "unknown"]).sorted { $0.id.rawValue > $1.id.rawValue }
        #expect(outcomes == [StoredOutcome(failed), StoredOutcome(record("alone", .success))])
        #expect(outcomes.first?.group == "g")
        #expect(outcomes.first?.exception == "ValueError('no')")
        try await results.forget(["m"])
        #expect(try await results.outcomes(of: ["m"]).isEmpty)
    }

    @Test func aReaderThatMayNotMakeAnythingWaitsForTheFile() async throws {
        let later = try TemporaryFile()
        let reader = try SQLiteResults(later.url, creates: false)
        let error = await #expect(throws: TransportError.self) { try await reader.record(of: "t1") }
        #expect(error?.kind == .unreachable)
        try await DatabaseQueue(path: later.path).write { try $0.execute(sql: "CREATE TABLE other (x)") }
        #expect(try await reader.record(of: "t1") == nil)
        #expect(try await reader.chords(["g"]) == [ChordFacts(group: "g")])
        try await SQLiteResults(later.url).store([record("t1", .success, 4)], lifetime: nil)
        #expect(try await reader.record(of: "t1")?.result == 4)
    }

    @Test func updatesTellWhatIsThereThenEachChangeThenEnd() async throws {
        try await results.store([record("done", .success, 1), record("later", .started)], lifetime: nil)
        let results = results
        let states = try await within {
            var states: [String] = []
            for try await update in results.updates(of: ["done", "later", "unknown"]) {
                states.append("\(update.id) \(update.state.rawValue)")
                switch states.count {
                case 2: try await results.store([ResultRecord(id: "later", state: .retry)], lifetime: nil)
                case 3: try await results.store([ResultRecord(id: "later", state: .failure)], lifetime: nil)
                case 4: try await results.store([ResultRecord(id: "unknown", state: .success)], lifetime: nil)
                default: break
                }
            }
            return states
        }
        #expect(Set(states.prefix(2)) == ["done SUCCESS", "later STARTED"])
        #expect(states.dropFirst(2) == ["later RETRY", "later FAILURE", "unknown SUCCESS"])
    }

    @Test func updatesHearAnotherProgram() async throws {
        let (results, path) = (results, file.path)
        let update = try await within {
            async let first = results.updates(of: ["t1"]).first { _ in true }
            try await DatabaseQueue(path: path).write { database in
                try database.execute(sql: "INSERT INTO celery_taskmeta (task_id, status, result) VALUES ('t1', 'SUCCESS', CAST('7' AS BLOB))")
            }
            return try await first
        }
        #expect(update?.result == 7)
    }

    @Test func aGroupIsKeptAndForgotten() async throws {
        let members: Value = [["g1", .null], [[["t1", .null], .null]]]
        try await results.saveGroup("g1", members: ["old"], lifetime: nil)
        try await results.saveGroup("g1", members: members, lifetime: nil)
        #expect(try await results.group("g1") == members)
        try await results.forgetGroup("g1")
        #expect(try await results.group("g1") == nil)
    }

    @Test func onlyWhatEndedBeforeIsRemoved() async throws {
        try await results.store(
            [
                record("old", .success, done: "2026-01-01T00:00:00+00:00"), record("new", .success, done: "2026-01-03T00:00:00+00:00"),
                record("running", .started),
            ],
            lifetime: nil)
        #expect(try await results.removeExpired(before: try #require(ISOTime.parse("2026-01-02T00:00:00Z"))) == 1)
        #expect(Set(try await results.records(of: ["old", "new", "running"]).keys) == ["new", "running"])
    }
}
