import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacRedis

@Suite(.enabled(if: RedisServer.isThere, Comment(rawValue: RedisServer.missing)), .timeLimit(.minutes(2))) struct RedisResultsTests {
    private static func record(_ id: TaskID, _ state: TaskState = .success, _ result: Value = .null) -> ResultRecord {
        ResultRecord(id: id, state: state, result: result)
    }

    private static func results(_ server: RedisServer, _ query: String = "") throws -> RedisResults {
        try RedisResults(BrokerURL("redis://127.0.0.1:\(server.port)/0" + query))
    }

    /// What Celery stored is read, stored again, and the same to the byte.
    @Test func recordsAreWrittenAsCeleryWritesThem() async throws {
        let server = try await RedisServer.start()
        let results = try Self.results(server)
        var count = 0
        for file in vectorFiles("results") where file.lastPathComponent.hasPrefix("redis.result.json.") {
            let vector = try JSON.decode(Array(Data(contentsOf: file)))
            let raw = try #require(vector["raw"]?.string), key = try #require(vector["key"]?.string)
            try await results.store([ResultRecord(decoding: Array(raw.utf8))], lifetime: .seconds(86_400))
            #expect(try await server.cli("--raw", "GET", key) == raw)
            let life = try await Int(server.cli("TTL", key)) ?? 0
            #expect((86_300...86_400).contains(life))
            count += 1
        }
        #expect(count > 10)
        await results.close()
    }

    @Test func lifetimesAreKept() async throws {
        let server = try await RedisServer.start()
        let results = try Self.results(server)
        try await results.store([Self.record("1")], lifetime: nil)
        try await results.store([Self.record("2")], lifetime: .milliseconds(300))
        #expect(try await server.cli("TTL", "celery-task-meta-1") == "-1")
        #expect(try await server.cli("TTL", "celery-task-meta-2") == "1")
        await results.close()
    }

    @Test(arguments: [#"{"status": "SUCCESS", "result": 1}"#, #"{"status":"SUCCESS"}"#, " {\n \"status\" : \"SUCCESS\"}"])
    func successIsSeenHoweverItIsSpaced(text: String) async throws {
        let server = try await RedisServer.start()
        let results = try Self.results(server, "?global_keyprefix=shop")
        try await server.cli("SET", "shop_celery-task-meta-1", text)
        try await results.store([Self.record("1", .failure)], lifetime: nil)
        #expect(try await server.cli("--raw", "GET", "shop_celery-task-meta-1").contains("SUCCESS"))
        await results.close()
    }

    @Test func waitersHearAgainAfterTheConnectionWasCut() async throws {
        let server = try await RedisServer.start()
        let results = try Self.results(server)
        var updates = results.updates(of: ["1", "2"]).makeAsyncIterator()
        try await results.store([Self.record("1", .started)], lifetime: nil)
        #expect(try await updates.next()?.state == .started)
        for round in 0..<3 {
            try await server.cli("CLIENT", "KILL", "TYPE", "pubsub")
            let other = try Self.results(server)
            try await other.store([Self.record("1", .retry, .integer(round))], lifetime: nil)
            while let record = try await updates.next(), record.result != .integer(round) {}
            await other.close()
        }
        let other = try Self.results(server)
        try await other.store([Self.record("1"), Self.record("2")], lifetime: nil)
        var final: Set<TaskID> = []
        while let record = try await updates.next() { if record.state.isFinal { final.insert(record.id) } }
        #expect(final == ["1", "2"])
        await results.close()
        await other.close()
    }

    @Test func channelsNobodyWaitsForAreLeft() async throws {
        let server = try await RedisServer.start()
        let results = try Self.results(server)
        for number in 0..<20 {
            let id = TaskID("\(number)"), updates = results.updates(of: [id])
            try await results.store([Self.record(id)], lifetime: nil)
            for try await record in updates { #expect(record.id == id) }
        }
        let waiting = Task { for try await _ in results.updates(of: ["never"]) {} }
        waiting.cancel()
        _ = await waiting.result
        let deadline = ContinuousClock.now + .seconds(10)
        var channels = "?"
        while !channels.isEmpty, ContinuousClock.now < deadline { channels = try await server.cli("PUBSUB", "CHANNELS") }
        #expect(channels == "")
        await results.close()
    }

    @Test func serversThatCannotTellAreAskedAgainAndAgain() async throws {
        let server = try await RedisServer.start(["--rename-command", "HELLO", ""])
        let results = try Self.results(server)
        let updates = results.updates(of: ["1"])
        try await results.store([Self.record("1", .success, 3)], lifetime: nil)
        var seen: [Value] = []
        for try await record in updates { seen.append(record.result) }
        #expect(seen == [3])
        await results.close()
    }

    @Test func waitingWithoutAServerFails() async throws {
        let results = try RedisResults(BrokerURL("redis://127.0.0.1:\(freePort())/0"))
        await #expect(throws: TransportError.self) { for try await _ in results.updates(of: ["1"]) {} }
        await results.close()
    }

    @Test func anUnreadableRecordEndsTheWait() async throws {
        let server = try await RedisServer.start()
        let results = try Self.results(server)
        try await server.cli("SET", "celery-task-meta-1", "pickled?")
        await #expect(throws: TransportError.self) { for try await _ in results.updates(of: ["1"]) {} }
        await #expect(throws: TransportError.self) { try await results.record(of: "1") }
        await results.close()
    }
}
