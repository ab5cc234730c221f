import CeleriacBroker
import CeleriacCore
import Foundation
import TestSupport
import Testing

@testable import CeleriacRedis

@Suite(.enabled(if: RedisServer.isThere && CeleryApp.isThere, Comment(rawValue: CeleryApp.missing)), .timeLimit(.minutes(2))) struct PidboxTests {
    private func answers(_ stream: AsyncThrowingStream<ControlReply, any Error>) async throws -> [ControlReply] {
        var replies: [ControlReply] = []
        for try await reply in stream { replies.append(reply) }
        return replies
    }

    private func request(_ method: String, _ arguments: Value) throws -> ControlRequest {
        ControlRequest(method, arguments: try #require(arguments.object))
    }

    /// Nothing of ours is left: no reply list, no binding of a reply queue.
    private func isSwept(_ server: RedisServer) async throws -> Bool {
        try await server.cli("--scan", "--pattern", "*pidbox*") == ""
    }

    @Test(arguments: ["", "?global_keyprefix=shop:&sep=:&control_exchange=ctl"]) func workersAnswerAndNothingIsLeft(query: String) async throws {
        let server = try await RedisServer.start()
        let address = "redis://127.0.0.1:\(server.port)/1"
        let settings =
            query.isEmpty ? "" : "broker_transport_options={'global_keyprefix': 'shop:', 'sep': ':'}, control_exchange='ctl'"
        let app = try CeleryApp(broker: address, settings: settings)
        let workers = try [await app.worker("w1@test"), await app.worker("w2@test")]
        let broker = try RedisBroker(BrokerURL(address + query), permission: .readOnly)

        // A worker calls itself ready a moment before it listens to the control channel.
        let deadline = ContinuousClock.now + .seconds(60)
        while try await answers(broker.ask(ControlRequest("ping"), timeout: .seconds(20))).count < 2, ContinuousClock.now < deadline {}

        let start = ContinuousClock.now
        let pongs = try await answers(broker.ask(ControlRequest("ping"), timeout: .seconds(20)))
        #expect(Set(pongs) == [ControlReply(worker: "w1@test", value: ["ok": "pong"]), ControlReply(worker: "w2@test", value: ["ok": "pong"])])
        #expect(ContinuousClock.now - start < .seconds(10), "all had answered, so there was nothing to wait for")

        let one = try await answers(broker.ask(ControlRequest("stats", destination: ["w2@test"]), timeout: .seconds(20)))
        #expect(one.map(\.worker) == ["w2@test"])
        #expect(one.first?.value["pool"]?["implementation"]?.string == "celery.concurrency.solo:TaskPool")

        // Nobody of that name: whoever listens might have been it, so the timeout has to pass.
        let nobody = try await answers(broker.ask(ControlRequest("ping", destination: ["w9@test"]), timeout: .milliseconds(200)))
        #expect(nobody.isEmpty)
        #expect(try await isSwept(server))

        let many = try await withThrowingTaskGroup(of: [ControlReply].self) { group in
            for _ in 0..<20 { group.addTask { try await answers(broker.ask(ControlRequest("active"), timeout: .seconds(20))) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(many.count == 40)

        for try await reply in try broker.ask(request("conf", ["with_defaults": true]), timeout: .seconds(20)) {
            #expect(reply.value["broker_url"] != nil)
            break
        }
        let cancelled = Task { try await answers(broker.ask(ControlRequest("ping", destination: ["w9@test"]), timeout: .seconds(60))) }
        let connection = try await connect(address)
        defer { connection.close() }
        while try await connection.send(RedisCommand("KEYS", "*reply*")).items?.isEmpty ?? true {}
        cancelled.cancel()
        _ = await cancelled.result
        await broker.close()
        #expect(try await isSwept(server))
        withExtendedLifetime(workers) {}
    }

    @Test func withoutWorkersAnAskEndsAtOnce() async throws {
        let server = try await RedisServer.start()
        let broker = try RedisBroker(BrokerURL("redis://127.0.0.1:\(server.port)/0"), permission: .act)
        let start = ContinuousClock.now
        #expect(try await answers(broker.ask(ControlRequest("ping"), timeout: .seconds(30))).isEmpty)
        #expect(try await broker.send(ControlRequest("shutdown")) == 0)
        #expect(ContinuousClock.now - start < .seconds(10))
        await broker.close()
        #expect(try await isSwept(server))
    }

    @Test func aRequestWithoutReplyIsObeyed() async throws {
        let server = try await RedisServer.start()
        let address = "redis://127.0.0.1:\(server.port)/0"
        let app = try CeleryApp(broker: address)
        let worker = try await app.worker()
        let broker = try RedisBroker(BrokerURL(address), permission: .act)
        #expect(try await broker.send(request("rate_limit", ["task_name": "shop.add", "rate_limit": "7/m"])) == 1)
        let registered = try await answers(broker.ask(ControlRequest("registered"), timeout: .seconds(20)))
        #expect(registered.first?.value.array?.contains("shop.add [rate_limit=7/m]") == true)
        await broker.close()
        withExtendedLifetime(worker) {}
    }

    @Test func permissionsAreKept() async throws {
        let server = try await RedisServer.start()
        let url = try BrokerURL("redis://127.0.0.1:\(server.port)/0")
        for (permission, method, isAllowed) in [
            (Permission.readOnly, "ping", true), (.readOnly, "revoke", false), (.readOnly, "memsample", false), (.readOnly, "shutdown", false),
            (.passive, "ping", false),
            (.act, "revoke", true),
        ] {
            let broker = RedisBroker(try RedisEndpoint(url), options: RedisOptions(), permission: permission)
            let asked = await Result.catching { try await answers(broker.ask(ControlRequest(method), timeout: .seconds(1))) }
            let sent = await Result.catching { try await broker.send(ControlRequest(method)) }
            for error in [asked.error, sent.error] { #expect((error as? TransportError)?.kind == (isAllowed ? nil : .readOnly), "\(permission) \(method)") }
            await broker.close()
        }
    }

    /// What reaches the server, as it counts itself, when all is asked that can be asked.
    @Test(arguments: [
        (Permission.passive, ["hello", "client|setname", "select", "psubscribe", "subscribe", "llen", "hlen", "zrange", "scan", "smembers", "lindex"]),
        (
            Permission.readOnly,
            [
                "hello", "client|setname", "select", "psubscribe", "subscribe", "llen", "hlen", "zrange", "scan", "smembers", "lindex", "sadd", "publish",
                "brpop", "srem", "del",
            ]
        ),
    ]) func commandsStayWithinThePermission(permission: Permission, allowed: [String]) async throws {
        let server = try await RedisServer.start()
        let address = "redis://127.0.0.1:\(server.port)/1"
        let app = try CeleryApp(broker: address)
        let worker = try await app.worker("w1@test", ["--without-heartbeat"])
        worker.stop()
        try await server.cli("CONFIG", "RESETSTAT")
        let broker = try RedisBroker(BrokerURL(address), permission: permission)
        var feed = broker.events().makeAsyncIterator()
        while let element = await feed.next() {
            if case .link(.live) = element { break }
        }
        for method in ControlGuard.reading { _ = try? await answers(broker.ask(ControlRequest(method), timeout: .milliseconds(1))) }
        _ = try? await broker.send(ControlRequest("shutdown"))
        _ = try await broker.facts(known: ["celery"], now: 1)
        await broker.close()
        let statistics = try await server.cli("INFO", "commandstats").split(whereSeparator: \.isNewline).compactMap { $0.split(separator: ":").first }
        let counted = Set(statistics.filter { $0.hasPrefix("cmdstat_") }.map { String($0.dropFirst("cmdstat_".count)) })
        #expect(counted.subtracting(allowed).subtracting(["config|resetstat", "info", "ping"]).isEmpty, "\(counted)")
        #expect(counted.contains("sadd") == (permission == .readOnly))
    }
}

extension Result where Failure == any Error {
    static func catching(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    var error: (any Error)? { if case .failure(let error) = self { error } else { nil } }
}
