import CeleriacBroker
import CeleriacCore
import TestSupport
import Testing

@testable import CeleriacRedis

/// Groups and chords as Celery 5.7 leaves them in Redis (keys measured: Tests/Vectors/traces/redis.trace.chord.json).
@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing))) struct GroupInspectionTests {
    private func backend(_ server: RedisServer) throws -> RedisResultBackend { try RedisResultBackend(try BrokerURL("redis://127.0.0.1:\(server.port)/0")) }

    @Test func recordsTellTheGroupAndHowItEnded() async throws {
        let server = try await RedisServer.start(), backend = try backend(server)
        let done = #"{"status": "SUCCESS", "result": -427, "traceback": null, "children": [], "date_done": "2026-11-22T13:06:29.545397+00:00", "group_id": "G", "task_id": "a"}"#
        let failed = #"{"status": "FAILURE", "result": {"exc_type": "Refused", "exc_message": ["no"], "exc_module": "shop"}, "traceback": "…", "children": [], "date_done": null, "task_id": "b"}"#
        let long = #"{"status": "SUCCESS", "result": ""# + String(repeating: "x", count: 100_000) + #"", "traceback": null, "children": [], "date_done": null, "group_id": "H", "task_id": "c"}"#
        for (id, record) in [("a", done), ("b", failed), ("c", long), ("d", "\u{80}\u{4}not JSON")] { try await server.cli("SET", "celery-task-meta-\(id)", record) }

        let outcomes = try await backend.outcomes(of: ["a", "b", "c", "d", "nobody"])
        #expect(outcomes.map(\.id) == ["a", "b", "c", "d"])
        #expect(outcomes.map(\.group) == ["G", nil, "H", nil])
        #expect(outcomes.map(\.state) == [.success, .failure, nil, nil])
        #expect(outcomes[1].exception == "Refused('no')")
        await backend.close()
    }

    @Test func countersOfChordsAreReadAndNothingElseIsTouched() async throws {
        let server = try await RedisServer.start(), backend = try backend(server)
        let key = "celery-taskset-meta-"
        try await server.cli("SET", key + "waits.s", "3")
        try await server.cli("SET", key + "waits.t", "1")
        try await server.cli("ZADD", key + "waits.j", "0", #"[1, "a", "SUCCESS", 1]"#, "1", #"[1, "b", "SUCCESS", 2]"#)
        try await server.cli("SADD", key + "waits.d", "a:0", "b:1")
        try await server.cli("SET", key + "unordered.s", "2")
        try await server.cli("RPUSH", key + "unordered.j", "x", "y")
        try await server.cli("SET", key + "unordered.c", "878adcbc888a4dfab4bec38d89cc0ec3")
        try await server.cli("SET", key + "over.c", "done")
        let before = try await server.cli("DBSIZE")

        let chords = try await backend.chords(["waits", "unordered", "over", "unknown"])
        #expect(chords.map(\.group) == ["waits", "unordered", "over", "unknown"])
        #expect(chords.map(\.size) == [4, 2, nil, nil])
        #expect(chords.map(\.counted) == [2, 2, 0, 0])
        #expect(chords.map(\.claim) == [.none, .taken, .done, .none])
        #expect(Set(chords[0].members ?? []) == ["a", "b"])
        let after = try await server.cli("DBSIZE")
        #expect(before == after)
        await backend.close()
    }
}
