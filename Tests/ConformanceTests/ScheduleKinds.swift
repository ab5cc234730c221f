import CeleriacBroker
import CeleriacCore
import CeleriacFiles
import CeleriacRedis
import CeleriacSQL
import Foundation
import GRDB
import TestSupport
import Testing

/// A kind of schedule store that has to pass the suite.
struct ScheduleKind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Makes an empty place for entries.
    let place: @Sendable () async throws -> SchedulePlace

    static let all: [ScheduleKind] = [memory, sqlite, django, sqlalchemy, file] + (RedisServer.isThere ? [redBeat] : [])

    static let memory = ScheduleKind(testDescription: "memory") {
        let schedules = MemorySchedules()
        return SchedulePlace { schedules }
    }
}

extension ScheduleKind {
    static let redBeat = ScheduleKind(testDescription: "RedBeat") {
        let server = try await SharedServer.redis.server()
        // A place of its own on a server for all.
        let url = try BrokerURL("redbeat+redis://127.0.0.1:\(server.port)/2?redbeat_key_prefix=\(freshUUID()):")
        return SchedulePlace(server) { try RedBeatSchedules(url) }
    }

    static let file = ScheduleKind(testDescription: "TOML file") {
        let path = "\(sqliteFolder)/\(freshUUID()).toml"
        try "".write(toFile: path, atomically: true, encoding: .utf8)
        return SchedulePlace { FileSchedules(path) }
    }

    static let sqlite = ScheduleKind(testDescription: "SQLite") {
        let url = BrokerURL(scheme: "sqlite", path: "\(sqliteFolder)/\(freshUUID()).db")
        return SchedulePlace { try SQLiteSchedules(url) }
    }
    static let django = beat("django-celery-beat", .django)
    static let sqlalchemy = beat("sqlalchemy-celery-beat", .sqlalchemy)

    /// Tables as these packages made them.
    private static func beat(_ package: String, _ layout: SQLiteSchedules.Layout) -> ScheduleKind {
        ScheduleKind(testDescription: package) {
            let path = "\(sqliteFolder)/\(freshUUID()).db"
            let schema = try String(contentsOf: vectorsFolder.appendingPathComponent("schemas/\(package).sql"), encoding: .utf8)
            try await DatabaseQueue(path: path).write { try $0.execute(sql: schema) }
            return SchedulePlace { try SQLiteSchedules(BrokerURL(scheme: "sqlite", path: path), layout: layout) }
        }
    }
}

/// A place where entries are kept, and handles onto it, as different processes would have them.
struct SchedulePlace: Sendable {
    private let server: (any Sendable)?
    let open: @Sendable () throws -> any ScheduleStore

    /// - Parameter server: kept alive as long as the place.
    init(_ server: (any Sendable)? = nil, open: @escaping @Sendable () throws -> any ScheduleStore) {
        self.server = server
        self.open = open
    }

    /// To be the last that is done with them: the place has to live until then.
    func close(_ stores: any ScheduleStore...) async {
        for store in stores { await store.close() }
        withExtendedLifetime(server) {}
    }
}

extension ScheduleStore {
    /// Adds or edits; what is stored then.
    @discardableResult
    func put(_ entry: ScheduleEntry, over expected: StoredEntry? = nil) async throws -> StoredEntry {
        let write = try await save(entry, replacing: expected)
        return try #require(write.done, "\(entry.name): \(write)")
    }

    /// Reads, edits and writes until nobody came in between.
    func edit(_ name: String, _ change: (inout ScheduleEntry) -> Void) async throws {
        while true {
            let found = try await entry(name)
            let read = try #require(found)
            var entry = read.entry
            change(&entry)
            if try await save(entry, replacing: read).done != nil { return }
        }
    }
}

extension ScheduleWrite {
    var done: StoredEntry? { if case .done(let entry) = self { entry } else { nil } }
    var isConflict: Bool { done == nil }
    /// What stood in the way; `nil` also when nothing is there.
    var obstacle: StoredEntry? { if case .conflict(let entry) = self { entry } else { nil } }
}
