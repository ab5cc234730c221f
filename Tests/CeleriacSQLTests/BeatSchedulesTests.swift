import CeleriacBroker
import CeleriacCore
import CeleriacSQL
import Foundation
import GRDB
import OrderedCollections
import TestSupport
import Testing

/// The tables of django-celery-beat and sqlalchemy-celery-beat, as these packages and whoever else fill them.
@Suite struct BeatSchedulesTests {
    /// A file with the tables of one package, empty or with the rows that its beat wrote.
    final class Place: Sendable {
        let path: String
        let database: DatabaseQueue
        let store: SQLiteSchedules
        let isDjango: Bool

        init(_ layout: SQLiteSchedules.Layout, isFilled: Bool = false) async throws {
            isDjango = layout == .django
            let name = isDjango ? "django" : "sqlalchemy"
            path = FileManager.default.temporaryDirectory.appendingPathComponent("beat-\(UUID().uuidString).db").path
            var configuration = Configuration()
            configuration.foreignKeysEnabled = false
            database = try DatabaseQueue(path: path, configuration: configuration)
            store = try SQLiteSchedules(BrokerURL(scheme: "sqlite", path: path), layout: layout)
            let schema = try String(contentsOf: vectorsFolder.appendingPathComponent("schemas/\(name)-celery-beat.sql"), encoding: .utf8)
            try await database.write { try $0.execute(sql: schema) }
            guard isFilled else { return }
            let vector = try #require(vectors("beat", prefix: "\(name)-beat.rows").first)
            for (table, rows) in vector.content["tables"]?.object ?? [:] {
                for row in rows.array ?? [] {
                    let members = row.object ?? [:]
                    let names = members.keys.joined(separator: ", "), marks = members.keys.map { _ in "?" }.joined(separator: ", ")
                    let values = members.values.map { value -> (any DatabaseValueConvertible)? in value.string ?? value.integer ?? value.double }
                    try await run("INSERT INTO \(table) (\(names)) VALUES (\(marks))", StatementArguments(values))
                }
            }
        }

        deinit { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }

        var task: String { isDjango ? "django_celery_beat_periodictask" : "celery_periodictask" }
        var changed: String { isDjango ? "django_celery_beat_periodictasks" : "celery_periodictaskchanged" }
        var interval: String { isDjango ? "django_celery_beat_intervalschedule" : "celery_intervalschedule" }

        func run(_ sql: String, _ arguments: StatementArguments = []) async throws { try await database.write { try $0.execute(sql: sql, arguments: arguments) } }
        func text(_ sql: String) async throws -> String? { try await database.read { try String.fetchOne($0, sql: sql) } }
        /// All columns of a task, as text.
        func row(_ name: String) async throws -> [String: String] {
            try await database.read { [task] database in
                let row = try Row.fetchOne(database, sql: "SELECT * FROM \(task) WHERE name = ?", arguments: [name])
                return Dictionary(uniqueKeysWithValues: (row.map { Array($0) } ?? []).map { ($0.0, $0.1.description) })
            }
        }
    }

    @Test(arguments: [SQLiteSchedules.Layout.django, .sqlalchemy]) func whatTheirBeatWroteIsRead(layout: SQLiteSchedules.Layout) async throws {
        let place = try await Place(layout, isFilled: true)
        let entries = try await place.store.entries()
        #expect(entries.map(\.entry.name) == ["celery.backend_cleanup", "every-second", "nightly", "relative", "sunset", "with-options"])
        #expect(entries.allSatisfy { $0.problem == nil })
        #expect(entries[0].entry.options == ["expires": 43200])
        #expect(entries[1].entry.schedule == .interval(IntervalSchedule(every: 1)))
        #expect(entries[1].entry.runs == 16)
        #expect(entries[1].entry.lastRun.map { ISOTime.text($0)?.hasPrefix("2026-11-22T13:22:") } == true)
        #expect(entries[2].entry.zone == "UTC")
        #expect(entries[4].entry.schedule == SolarSchedule(.sunset, latitude: 52.5, longitude: 13.4).map { .solar($0) })
        #expect(entries[5].entry.options["headers"] == ["x-own": "yes"])
        #expect(entries[5].entry.options["queue"] == "beatq")
        await place.store.close()
    }

    @Test(arguments: [SQLiteSchedules.Layout.django, .sqlalchemy]) func anEditLeavesAloneWhatItDoesNotSay(layout: SQLiteSchedules.Layout) async throws {
        let place = try await Place(layout, isFilled: true)
        // As nobody would write it.
        try await place.run("UPDATE \(place.task) SET args = '[ 77,77 ]', headers = '{ }', exchange = '' WHERE name = 'every-second'")
        let before = try await place.row("every-second"), read = try #require(try await place.store.entry("every-second"))
        var entry = read.entry
        entry.options["priority"] = 7
        guard case .done(let stored) = try await place.store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
        #expect(stored.entry == entry)
        let after = try await place.row("every-second")
        #expect(Set(before.keys.filter { before[$0] != after[$0] }) == ["priority", "date_changed"])
        // Its schedule is another's too: a new one is found or made for it.
        entry.schedule = .interval(IntervalSchedule(every: 90))
        guard case .done = try await place.store.save(entry, replacing: stored) else { throw Program.Missing(description: "conflict") }
        #expect(try await place.store.entry("with-options")?.entry.schedule == .interval(IntervalSchedule(every: 1)))
        #expect(try await place.text("SELECT count(*) FROM \(place.interval)") == "3")
        var other = try #require(try await place.store.entry("with-options"))
        entry = other.entry
        entry.schedule = .interval(IntervalSchedule(every: 90))
        guard case .done(let again) = try await place.store.save(entry, replacing: other) else { throw Program.Missing(description: "conflict") }
        other = again
        #expect(try await place.text("SELECT count(*) FROM \(place.interval)") == "3")
        await place.store.close()
    }

    @Test(arguments: [SQLiteSchedules.Layout.django, .sqlalchemy]) func eachEditRaisesTheTimeOfTheLast(layout: SQLiteSchedules.Layout) async throws {
        let place = try await Place(layout)
        var read: StoredEntry?
        var last = ""
        // Another's clock may go ahead.
        for future in [nil, "2100-01-01 00:00:00", "2100-01-01 00:00:00.999999", "x"] as [String?] {
            if let future {
                try await place.run("UPDATE \(place.changed) SET last_update = ?", [future])
                last = future == "x" ? "" : future
            }
            for seconds in [1.0, 2, 3] {
                let entry = ScheduleEntry("n", task: "t", schedule: .interval(IntervalSchedule(every: seconds)))
                guard case .done(let stored) = try await place.store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
                read = stored
                let time = try await place.text("SELECT last_update FROM \(place.changed)") ?? ""
                #expect(time > last)
                #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?/) != nil)
                last = time
            }
        }
        if let read, case .done = try await place.store.remove(read) {} else { Issue.record("conflict") }
        #expect(try await place.text("SELECT last_update FROM \(place.changed)") ?? "" > last)
        await place.store.close()
    }

    @Test(arguments: [SQLiteSchedules.Layout.django, .sqlalchemy]) func brokenRowsSayWhyAndCanBeMended(layout: SQLiteSchedules.Layout) async throws {
        let place = try await Place(layout, isFilled: true)
        let faults = [
            "args = '['", "args = '{}'", "args = x'00ff'", "kwargs = '[]'", "headers = '5'", "last_run_at = 'yesterday'", "last_run_at = 5", "start_time = 'x'", "task = ''",
            place.isDjango ? "interval_id = NULL" : "schedule_id = 99", place.isDjango ? "interval_id = 'x'" : "discriminator = 'x'", "total_run_count = 9e300",
            "priority = 'high'", "enabled = 'x'", "expires = -1", "expire_seconds = 1.5",
        ]
        for fault in faults {
            // Some tables refuse some of it.
            try? await place.run("UPDATE \(place.task) SET \(fault) WHERE name = 'every-second'")
            let entries = try await place.store.entries()
            #expect(entries.count == 6)
            let read = try #require(entries.first { $0.entry.name == "every-second" })
            var entry = ScheduleEntry("every-second", task: "t", args: [1], schedule: .interval(IntervalSchedule(every: 1)))
            entry.lastRun = 1
            guard case .done(let mended) = try await place.store.save(entry, replacing: read) else { throw Program.Missing(description: "\(fault): conflict") }
            #expect(mended.problem == nil, "\(fault)")
            #expect(mended.entry == entry, "\(fault)")
        }
        for (fault, word) in [("every = 'x'", "schedule"), ("every = -1", "interval"), ("period = 'weeks'", "period"), ("period = NULL", "")] {
            try? await place.run("UPDATE \(place.interval) SET \(fault)")
            let problem = try await place.store.entry("every-second")?.problem
            if let problem { #expect(problem.contains(word), "\(fault): \(problem)") }
            try await place.run("UPDATE \(place.interval) SET every = id, period = 'seconds'")
        }
        await place.store.close()
    }

    @Test func withoutTablesTheErrorSaysHowToMakeThem() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("beat-\(UUID().uuidString).db").path
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) } }
        try await DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE t (x)") }
        let store = try SQLiteSchedules(BrokerURL(scheme: "sqlite", path: path), layout: .django)
        let error = await #expect(throws: TransportError.self) { try await store.entries() }
        #expect(error?.hint?.contains("migrate") == true)
        #expect(error?.operation == "list")
        await store.close()
        let gone = try SQLiteSchedules(BrokerURL(scheme: "sqlite", path: path + "x"), layout: .sqlalchemy)
        let missing = await #expect(throws: TransportError.self) { try await gone.entries() }
        #expect(missing?.kind == .unreachable)
        #expect(!FileManager.default.fileExists(atPath: path + "x"))
        await gone.close()
    }

    @Test func djangoForgetsTheLastRunOfWhatIsDisabled() async throws {
        let place = try await Place(.django, isFilled: true)
        let read = try #require(try await place.store.entry("every-second"))
        var entry = read.entry
        entry.isEnabled = false
        guard case .done(let stored) = try await place.store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
        #expect(stored.entry.lastRun == nil)
        #expect(stored.entry.runs == 16)
        await place.store.close()
    }
}
