import CeleriacBroker
import CeleriacCore
import CeleriacRedis
import Foundation
import TestSupport
import Testing

/// RedBeat's keys, as RedBeat and whoever else fill them.
@Suite(.timeLimit(.minutes(1)), .enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing))) struct RedBeatTests {
    let server: RedisServer
    let store: RedBeatSchedules

    init() async throws {
        server = try await RedisServer.start()
        store = try RedBeatSchedules(BrokerURL("redbeat+redis://127.0.0.1:\(server.port)/0"))
    }

    private static let definition = #"{"name": "n", "task": "t", "args": [1,2], "kwargs": {}, "options": {}, "schedule": {"__type__": "interval", "every": 60, "relative": false}, "enabled": true}"#

    private func put(_ name: String, _ definition: String, meta: String? = nil) async throws {
        try await server.cli("HSET", "redbeat:" + name, "definition", definition)
        if let meta { try await server.cli("HSET", "redbeat:" + name, "meta", meta) }
        try await server.cli("ZADD", "redbeat::schedule", "5", "redbeat:" + name)
    }

    private func add(_ name: String) async throws {
        guard case .done = try await store.save(ScheduleEntry(name, task: "t", schedule: .interval(IntervalSchedule(every: 1))), replacing: nil) else {
            throw Program.Missing(description: "\(name): conflict")
        }
    }

    @Test func whatRedBeatWroteIsReadAndKept() async throws {
        let written = vectors("beat", prefix: "redbeat.entry.")
        #expect(written.count >= 8)
        for vector in written {
            let hash = try #require(vector.content["hash"]), key = try #require(vector.content["key"]?.string)
            let definition = try #require(hash["definition"]?.string), name = String(key.dropFirst("redbeat:".count))
            try await put(name, definition, meta: hash["meta"]?.string)
            let read = try #require(try await store.entry(name))
            #expect(read.problem == nil, "\(vector.name)")
            #expect(read.entry.lastRun != nil)
            var entry = read.entry
            entry.isEnabled.toggle()
            guard case .done(let stored) = try await store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
            entry.isEnabled.toggle()
            guard case .done = try await store.save(entry, replacing: stored) else { throw Program.Missing(description: "conflict") }
            // There and back again, it says what it said, in the same words.
            #expect(try await server.cli("HGET", key, "definition") == definition, "\(vector.name)")
            #expect(try await server.cli("HGET", key, "meta") == hash["meta"]?.string)
            #expect(Double(try await server.cli("ZSCORE", "redbeat::schedule", key)).map { abs($0 - Date().timeIntervalSince1970) < 5 } == true)
        }
        await store.close()
    }

    @Test func membersThatNobodyKnowsStay() async throws {
        try await put("n", Self.definition.replacing("\"enabled\"", with: "\"own\": {\"a\": [1]}, \"enabled\""))
        try await server.cli("HSET", "redbeat:n", "extra", "kept")
        let read = try #require(try await store.entry("n"))
        var entry = read.entry
        entry.task = "u"
        entry.name = "m"
        guard case .done = try await store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
        let definition = try JSON.decode(try await server.cli("HGET", "redbeat:m", "definition"))
        #expect(definition["own"] == ["a": [1]])
        #expect(definition["task"] == "u")
        #expect(definition["name"] == "m")
        #expect(try await server.cli("HGET", "redbeat:m", "extra") == "kept")
        #expect(try await server.cli("EXISTS", "redbeat:n") == "0")
        #expect(try await server.cli("ZRANGE", "redbeat::schedule", "0", "-1") == "redbeat:m")
        await store.close()
    }

    @Test func brokenEntriesSayWhyAndCanBeMended() async throws {
        let broken: [(String, meta: String?)] = [
            ("{", nil), ("5", nil), ("null", nil), ("{}", nil), (Self.definition.replacing("\"relative\"", with: "\"x\""), nil),
            (Self.definition.replacing("interval", with: "moon"), nil), (Self.definition.replacing("60", with: "-1"), nil), (Self.definition.replacing("60", with: "1e999"), nil),
            (Self.definition.replacing("[1,2]", with: "5"), nil), (Self.definition, "{"), (Self.definition, #"{"last_run_at": 5}"#),
            (Self.definition, #"{"last_run_at": {"__type__": "datetime", "year": 2026, "month": 2, "day": 31}}"#),
            (Self.definition, #"{"last_run_at": {"__type__": "datetime", "year": 2026, "month": 2, "day": 3, "timezone": "../../etc/passwd"}}"#),
            (Self.definition, #"{"last_run_at": {"__type__": "datetime", "year": 99999999999999999999, "month": 2, "day": 3}}"#),
        ]
        try await put("sound", Self.definition)
        for (definition, meta) in broken {
            try await server.cli("DEL", "redbeat:n")
            try await put("n", definition, meta: meta)
            let entries = try await store.entries()
            #expect(entries.map(\.entry.name) == ["n", "sound"])
            #expect(entries.first?.problem != nil, "\(definition) \(meta ?? "")")
            #expect(entries.last?.problem == nil)
            let read = try #require(entries.first)
            var entry = ScheduleEntry("n", task: "t", schedule: .interval(IntervalSchedule(every: 1)))
            entry.lastRun = 5
            guard case .done(let mended) = try await store.save(entry, replacing: read) else { throw Program.Missing(description: "conflict") }
            #expect(mended.problem == nil, "\(definition) \(meta ?? "")")
            #expect(mended.entry == entry)
        }
        // Who neither has a hash nor is one is no entry.
        try await server.cli("SET", "redbeat:text", "x")
        for member in ["redbeat:text", "redbeat:gone", "elsewhere", "redbeat::schedule", "redbeat:", ""] { try await server.cli("ZADD", "redbeat::schedule", "1", member) }
        #expect(try await store.entries().map(\.entry.name) == ["n", "sound"])
        #expect(try await store.entry(":schedule") == nil)
        await #expect(throws: TransportError.self) { try await store.entry("text") }
        await store.close()
    }

    @Test func tensOfThousandsAreListed() async throws {
        let script = """
            for n = 1, 20000 do
              redis.call('HSET', 'redbeat:e' .. n, 'definition', ARGV[1])
              redis.call('ZADD', 'redbeat::schedule', n, 'redbeat:e' .. n)
            end
            """
        try await server.cli("EVAL", script, "0", Self.definition)
        let entries = try await store.entries()
        #expect(entries.count == 20000)
        #expect(entries.allSatisfy { $0.problem == nil })
        await store.close()
    }

    @Test func redBeatsOwnKeysAreNoEntries() async throws {
        for name in [":schedule", ":statics", ":lock"] {
            let error = await #expect(throws: TransportError.self) {
                try await store.save(ScheduleEntry(name, task: "t", schedule: .interval(IntervalSchedule(every: 1))), replacing: nil)
            }
            #expect(error?.kind == .refused)
        }
        #expect(try await server.cli("KEYS", "*") == "")
        await store.close()
    }

    @Test func theEntryThatChangedIsNamed() async throws {
        var changes = store.changes().makeAsyncIterator()
        #expect(await changes.next() == .anything)
        try await add("n")
        #expect(await changes.next() == .entry("n"))
        // Neither the lock nor what others keep there is told.
        try await server.cli("SET", "redbeat::lock", "x")
        try await server.cli("SET", "other", "x")
        try await add("m")
        #expect(await changes.next() == .entry("m"))
        try await server.cli("ZREM", "redbeat::schedule", "redbeat:m")
        #expect(await changes.next() == .anything)
        try await server.cli("FLUSHALL")
        #expect(await changes.next() == .anything)
        await store.close()
    }

    @Test func aReadOnlyStoreReadsAndListens() async throws {
        try await put("n", Self.definition)
        let reader = try RedBeatSchedules(BrokerURL("redbeat+redis://127.0.0.1:\(server.port)/0"), permission: .passive)
        let read = try #require(try await reader.entry("n"))
        #expect(try await reader.entries() == [read])
        #expect(try await reader.leader() == nil)
        var changes = reader.changes().makeAsyncIterator()
        #expect(await changes.next() == .anything)
        let error = await #expect(throws: TransportError.self) { try await reader.remove(read) }
        #expect(error?.kind == .readOnly)
        await reader.close()
        await store.close()
    }

    @Test func aServerThatComesBackIsListenedToAgain() async throws {
        var changes = store.changes().makeAsyncIterator()
        #expect(await changes.next() == .anything)
        try await server.cli("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        // Whatever happened meanwhile.
        #expect(await changes.next() == .anything)
        try await add("n")
        #expect(await changes.next() == .entry("n"))
        await store.close()
    }
}
